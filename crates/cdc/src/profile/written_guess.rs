//! From the way in which partners write values to a type and the functions that read them.

use super::guess::{Guess, WrittenReading as Reading, doubtful, guess, hinted};
use super::shape::Shape;
use super::written::Written;
use sluice_contract::{QuestionKind, Step, TimePattern, WrittenAnswer};

const DATES: &str = "text, dates";
const ASK_DATES: &str = "The texts are dates of which no day is over 12: day or month may come first";
const ASK_NUMBERS: &str = "The texts are numbers with a comma before three digits, which are thousands or a fraction";
const ASK_COMMA: &str =
    "The texts are numbers with a comma before their fraction, or something else with a comma in it";
const DECIDE_BOOLEAN: &str = "The texts are two words alone, as booleans have them; with the answer type=boolean another text goes to quarantine";

/// The guess, or what the texts are in the way of whoever wrote them. Rows of databases are left as they are.
pub(crate) fn of_rows(found: Guess, shape: &Shape) -> Guess {
    let texts = &shape.texts;
    if found.data_type != "string" || found.open || texts.count != shape.values() {
        return found;
    }
    match texts.written.reading(texts.count) {
        None => found,
        Some(Written::Boolean(is_true, is_false)) => {
            let step = Step::ParseBoolean { is_true: is_true.to_owned(), is_false: is_false.to_owned() };
            let reading = Reading { answer: None, data_type: "boolean".to_owned(), steps: vec![step] };
            let words = format!("text, {is_true} and {is_false}");
            Guess { readings: vec![reading], ..hinted("string", &words, DECIDE_BOOLEAN) }
        }
        Some(Written::Dates { day_first, month_first, other, has_time }) => {
            let reading = |answer, pattern: Option<String>| of_pattern(answer, &pattern?, has_time);
            let readings = [
                reading(WrittenAnswer::DayFirst, day_first.or(other)),
                reading(WrittenAnswer::MonthFirst, month_first),
            ];
            let mut readings: Vec<Reading> = readings.into_iter().flatten().collect();
            match (readings.pop(), readings.is_empty()) {
                (None, _) => found,
                (Some(one), true) => Guess { steps: one.steps, ..guess(one.data_type, DATES) },
                (Some(last), false) => {
                    readings.push(last);
                    asked(readings, DATES, ASK_DATES, QuestionKind::Dates)
                }
            }
        }
        Some(Written::Numbers { certain: Some((marks, data_type)), .. }) => {
            Guess { steps: vec![Step::ParseNumber(marks)], ..guess(data_type, "text, numbers in groups") }
        }
        Some(Written::Numbers { point, comma, .. }) => {
            let ask = if point.is_some() { ASK_NUMBERS } else { ASK_COMMA };
            let of = |answer, found: Option<_>| {
                let (marks, data_type) = found?;
                Some(Reading { answer: Some(answer), data_type, steps: vec![Step::ParseNumber(marks)] })
            };
            let readings = [of(WrittenAnswer::DecimalPoint, point), of(WrittenAnswer::DecimalComma, comma)];
            asked(readings.into_iter().flatten().collect(), "text, numbers", ask, QuestionKind::Numbers)
        }
    }
}

fn of_pattern(answer: WrittenAnswer, pattern: &str, has_time: bool) -> Option<Reading> {
    Some(if has_time {
        let steps = vec![Step::ParseTimestamp(vec![TimePattern::timestamp(pattern).ok()?])];
        Reading { answer: Some(answer), data_type: "timestamp_ntz".to_owned(), steps }
    } else {
        let steps = vec![Step::ParseDate(vec![TimePattern::date(pattern).ok()?])];
        Reading { answer: Some(answer), data_type: "date".to_owned(), steps }
    })
}

/// A text until somebody says how it is read.
fn asked(readings: Vec<Reading>, arrives_as: &str, ask: &str, about: QuestionKind) -> Guess {
    Guess { readings, ..doubtful("string", arrives_as, ask).about(about) }
}
