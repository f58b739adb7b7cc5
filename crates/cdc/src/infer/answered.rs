//! Answers that a person gave for all tables alike, as far as this table asks for them.

use super::names::ColumnNames;
use super::proposal::{BY_APPENDING, BY_SNAPSHOTS, InferredColumn};
use crate::definitions::TableDefinition;
use crate::format::{ProposedSequence, SourceSettings};
use crate::profile::guess::{Guess, WrittenReading, mysql_time};
use crate::profile::{ColumnProfile, Profile};
use sluice_contract::{OnboardAnswers, QuestionKind, SnapshotPattern, TableName, WrittenAnswer};

/// Digits of a decimal at most.
const PRECISION_MAX: u8 = 38;

/// The answers, and the table that asks.
pub(crate) struct Answered<'a> {
    pub(crate) answers: &'a OnboardAnswers,
    pub(crate) table: &'a TableName,
    pub(crate) profile: &'a Profile,
    /// What its columns are called in the contract.
    pub(crate) names: &'a ColumnNames,
    /// The table as its source defines it.
    pub(crate) definition: Option<&'a TableDefinition>,
    /// Keys of folders that no column of the files has.
    pub(crate) folders: &'a [String],
}

impl<'a> Answered<'a> {
    /// The answer to a question about the table.
    pub(crate) fn value(&self, kind: QuestionKind) -> Option<&'a str> {
        self.answers.to(kind, self.table, None).map(|answer| answer.value.as_str())
    }

    /// The name in the files of a column by that name or by the one in the contract.
    fn in_files(&self, name: &str) -> Option<String> {
        let mut columns = self.profile.columns.iter().map(|column| column.name.as_str());
        let called_so = columns.clone().find(|in_files| *in_files == name);
        called_so.or_else(|| columns.find(|in_files| self.names.name_of(in_files) == name)).map(str::to_owned)
    }

    /// The names of an answer, if the table has a column of each of them or it is no column's.
    fn names(&self, kind: QuestionKind) -> Option<Vec<String>> {
        let names = self.answers.to(kind, self.table, None)?.names();
        let is_folder = |name: &str| self.folders.iter().any(|key| key == name);
        let is_position = |name: &&str| kind == QuestionKind::Order && name.contains('.');
        let found = |name: &str| {
            let beside = || Some(name).filter(|name| is_position(name) || is_folder(name)).map(str::to_owned);
            self.in_files(name).or_else(beside)
        };
        names.into_iter().map(found).collect()
    }

    /// The key that the records say, else that of the definition, else the one that was found, else that of the answer;
    /// with the reason.
    pub(crate) fn key<'r>(&self, (found, reason): (Vec<String>, &'r str)) -> (Vec<String>, &'r str) {
        if let Some(key) = self.defined_key().filter(|_| !self.profile.states_key()) {
            return (key, "the definition of the table has this key");
        }
        match self.names(QuestionKind::Key).filter(|_| found.is_empty()) {
            Some(key) => (key, "as answered"),
            None => (found, reason),
        }
    }

    /// The key of the definition, if the files have its columns.
    fn defined_key(&self) -> Option<Vec<String>> {
        let key = &self.definition.filter(|definition| !definition.key.is_empty())?.key;
        let in_files = |name: &String| {
            let mut columns = self.profile.columns.iter();
            Some(columns.find(|column| column.name.eq_ignore_ascii_case(name))?.name.clone())
        };
        key.iter().map(in_files).collect()
    }

    /// The type of a column by the definition, where no schema in the records says it.
    pub(crate) fn defined(&self, column: &ColumnProfile, guess: Guess) -> Guess {
        let defined = self.definition.and_then(|definition| definition.column(&column.name));
        let Some((defined, data_type)) = defined.and_then(|defined| Some((defined, defined.data_type.clone()?))) else {
            return guess;
        };
        // A TIME of MySQL is a length of time, and so a text.
        let is_length = data_type == "string" && defined.written.to_ascii_lowercase().starts_with("time");
        let is_time = data_type.starts_with("time") || is_length;
        // The definition says what the texts are of, not how they are written.
        if let Some(written) = written_as(&guess, &data_type) {
            return written;
        }
        // By its size a number of a length may be a time since 1970.
        let unit = guess.unit.filter(|_| !is_length || guess.data_type == "time");
        let guess = Guess { steps: Vec::new(), readings: Vec::new(), unit, ..guess };
        let is_number = is_number(&data_type) || data_type == "boolean";
        let settled = Guess { data_type: data_type.clone(), decide: None, open: false, ..guess.clone() };
        if is_number && guess.data_type == "string" && column.shape.texts.count > 0 {
            let text = format!("The definition says {}, and the sample has texts that are none", defined.written);
            return Guess { decide: Some(text), open: true, about: QuestionKind::Type, ..settled };
        }
        if is_time && guess.unit.is_none() && column.shape.whole.count > 0 {
            let text = "The definition says a time, the files have numbers: write unit".to_owned();
            return Guess { decide: Some(text), open: true, about: QuestionKind::Unit, ..settled };
        }
        // What the texts of bytes are, and of which zone times are, no definition says.
        if guess.open
            && matches!(guess.about, QuestionKind::Binary | QuestionKind::TimeZone)
            && guess.data_type == data_type
        {
            return guess;
        }
        let decide = is_length.then(|| mysql_time("").decide).flatten();
        Guess { unit: guess.unit.filter(|_| is_time || data_type == "date"), decide, ..settled }
    }

    /// What orders the events: as found, else as answered.
    pub(crate) fn sequence(&self, proposed: ProposedSequence) -> ProposedSequence {
        if proposed.question.is_none() {
            return proposed;
        }
        let by_snapshot = self.value(QuestionKind::Order).and_then(|value| value.strip_prefix(BY_SNAPSHOTS));
        if self.value(QuestionKind::Order) == Some(BY_APPENDING) {
            return ProposedSequence { appends: true, ..ProposedSequence::default() };
        }
        let files = by_snapshot.map(str::trim).filter(|files| SnapshotPattern::parse(files).is_ok());
        if let Some(files) = files {
            return ProposedSequence { by_files: Some(files.to_owned()), ..ProposedSequence::default() };
        }
        if let Some(name) = by_snapshot.map(str::trim).and_then(|name| self.in_files(name)) {
            return ProposedSequence { by_snapshot: Some(name), ..ProposedSequence::default() };
        }
        match self.names(QuestionKind::Order) {
            Some(parts) => {
                ProposedSequence { parts, ties_by_file: proposed.ties_by_file, ..ProposedSequence::default() }
            }
            None => proposed,
        }
    }

    /// Settings of the source with what was answered about them.
    pub(crate) fn settings(&self, settings: SourceSettings) -> SourceSettings {
        let binary = self.value(QuestionKind::Binary).and_then(|word| word.parse().ok());
        SourceSettings { binary: binary.or(settings.binary), ..settings }
    }

    /// A column without the question that was answered.
    pub(crate) fn column(&self, column: InferredColumn) -> InferredColumn {
        // What is text without a question may be of the type that its texts are of.
        let offered = (!column.readings.is_empty()).then_some(QuestionKind::Type);
        let Some(kind) = column.question.or(offered) else { return column };
        let Some(answer) = self.answers.to(kind, self.table, Some(&column.name)) else { return column };
        let value = answer.value.as_str();
        let (mut data_type, mut unit) = (column.data_type.clone(), column.unit);
        match kind {
            QuestionKind::Scale => data_type = with_scale(&data_type, value),
            QuestionKind::Type => return typed(column, value),
            QuestionKind::Dates | QuestionKind::Numbers => return read_as(column, kind, value),
            QuestionKind::Unit => unit = value.parse().ok(),
            // Entries of the source say it.
            QuestionKind::TimeZone | QuestionKind::Binary => {}
            QuestionKind::Key
            | QuestionKind::Folders
            | QuestionKind::Order
            | QuestionKind::Deletes
            | QuestionKind::Names
            | QuestionKind::Written
            | QuestionKind::SourceTable => return column,
        }
        InferredColumn { data_type, unit, question: None, decide: None, ..column }
    }
}

fn is_number(data_type: &str) -> bool {
    let words = ["int", "bigint", "smallint", "decimal", "numeric", "float", "double"];
    words.iter().any(|word| data_type.starts_with(word))
}

/// The guess of texts that functions read as values of a type, with that type; `None` where they are of another one.
fn written_as(guess: &Guess, data_type: &str) -> Option<Guess> {
    let fits = |of: &str| {
        let both = |is: fn(&str) -> bool| is(of) && is(data_type);
        of == data_type || both(is_number) || both(|of| of.starts_with("timestamp"))
    };
    let typed = |of: &str| if is_number(data_type) { data_type.to_owned() } else { of.to_owned() };
    if !guess.steps.is_empty() && fits(&guess.data_type) {
        return Some(Guess { data_type: typed(&guess.data_type), decide: None, ..guess.clone() });
    }
    let readings = guess.readings.iter().filter(|reading| fits(&reading.data_type));
    let readings: Vec<WrittenReading> =
        readings.map(|of| WrittenReading { data_type: typed(&of.data_type), ..of.clone() }).collect();
    match readings.as_slice() {
        [] => None,
        // Nothing is in doubt but the type, and that is said.
        [WrittenReading { answer: None, data_type, steps }] => {
            let (data_type, steps) = (data_type.clone(), steps.clone());
            Some(Guess { data_type, steps, readings: Vec::new(), decide: None, ..guess.clone() })
        }
        _ => Some(Guess { readings, ..guess.clone() }),
    }
}

/// A column of the type that was answered, read by the functions that make it of such texts, if any do.
fn typed(column: InferredColumn, data_type: &str) -> InferredColumn {
    let reading = column.readings.iter().find(|reading| reading.data_type == data_type);
    let steps = reading.map_or_else(Vec::new, |reading| reading.steps.clone());
    InferredColumn { data_type: data_type.to_owned(), steps, question: None, decide: None, ..column }
}

/// A column whose texts are read as answered, if they can be; the question stays where they cannot.
fn read_as(column: InferredColumn, kind: QuestionKind, answer: &str) -> InferredColumn {
    let answer = WrittenAnswer::read(kind, answer);
    let reading = column.readings.iter().find(|reading| reading.answer.is_some() && reading.answer == answer).cloned();
    match reading {
        Some(WrittenReading { data_type, steps, .. }) => {
            InferredColumn { data_type, steps, question: None, decide: None, ..column }
        }
        None if answer == Some(WrittenAnswer::Text) => InferredColumn { question: None, decide: None, ..column },
        None => column,
    }
}

/// `decimal(12,?)` with a scale: the digits before the point stay as many as were seen.
fn with_scale(data_type: &str, scale: &str) -> String {
    let precision = data_type.trim_start_matches("decimal(").split(',').next().and_then(|text| text.parse::<u8>().ok());
    match (precision, scale.parse::<u8>().ok()) {
        (Some(precision), Some(scale)) => {
            format!("decimal({},{scale})", precision.saturating_add(scale).clamp(scale.max(1), PRECISION_MAX))
        }
        _ => data_type.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::with_scale;

    #[test]
    fn a_scale_leaves_room_for_the_digits_seen() {
        assert_eq!(with_scale("decimal(12,?)", "2"), "decimal(14,2)");
        assert_eq!(with_scale("decimal(36,?)", "10"), "decimal(38,10)");
        assert_eq!(with_scale("numeric", "2"), "numeric");
    }
}
