//! What a column is made of: a member of the record, and what is done to its text.

use super::hash_keys::HashKey;
use super::lexer::{Token, Word, tokens, written_name};
use super::number_marks::NumberMarks;
use super::step::Step;
use super::time_pattern::TimePattern;
use crate::{ColumnType, Mistake, limits};
use std::fmt;
use std::str::FromStr;

/// `from` of a column: a member of the record, as it is or in functions.
///
/// ```
/// use sluice_contract::ColumnValue;
///
/// let value: ColumnValue = "lower(trim(\"E-Mail\"))".parse().unwrap();
/// assert_eq!(value.member(), ["E-Mail"]);
/// assert_eq!(value.to_string(), "lower(trim(\"E-Mail\"))");
/// let mistake = "initcap(name)".parse::<ColumnValue>().unwrap_err();
/// assert!(mistake.message.contains("`initcap` is not a function"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnValue {
    member: Vec<String>,
    steps: Vec<Step>,
}

/// The functions that there are.
const FUNCTIONS: [&str; 11] = [
    "trim",
    "lower",
    "upper",
    "null_if",
    "json",
    "cast",
    "parse_date",
    "parse_timestamp",
    "parse_number",
    "parse_boolean",
    "keyed_hash",
];

impl ColumnValue {
    /// The member of the record, then names inside it.
    #[must_use]
    pub fn member(&self) -> &[String] {
        &self.member
    }

    /// The member of the record.
    #[must_use]
    pub fn root(&self) -> &str {
        self.member.first().map_or("", String::as_str)
    }

    /// Names inside the member; none where it is the member itself.
    #[must_use]
    pub fn below(&self) -> &[String] {
        self.member.get(1..).unwrap_or_default()
    }

    /// What is done to the value, in order; nothing where the column has another name only.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Names of the keys that it needs.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match step {
            Step::KeyedHash(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The function that reads how the source writes its values, if one does: what is around it changes texts alone.
    #[must_use]
    pub fn parsed_by(&self) -> Option<&Step> {
        let mut steps = self.steps.iter().rev();
        let last = steps.find(|step| !matches!(step, Step::Trim | Step::Lower | Step::Upper | Step::NullIf(_)))?;
        last.parses().then_some(last)
    }

    /// A member of the record in functions.
    #[must_use]
    pub fn new(member: &str, steps: Vec<Step>) -> Self {
        Self { member: vec![member.to_owned()], steps }
    }

    /// Whether its values are hexadecimal digits of a hash, so that the column has to be text.
    #[must_use]
    pub fn ends_in_hash(&self) -> bool {
        matches!(self.steps.last(), Some(Step::KeyedHash(_)))
    }
}

impl FromStr for ColumnValue {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        let tokens = tokens(text)?;
        let mut reader = Reader { text, tokens: &tokens, at: 0 };
        let value = reader.value(0)?;
        match reader.next() {
            None => Ok(value),
            Some(_) => Err(wrong("Something follows the expression")),
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    tokens: &'t [Token],
    at: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<&Word> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        Some(&token.word)
    }

    fn is_next(&self, sign: &str) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token.word == Word::Sign(sign_of(sign)))
    }

    fn sign(&mut self, sign: &'static str) -> Result<(), Mistake> {
        match self.next() {
            Some(Word::Sign(found)) if *found == sign => Ok(()),
            _ => Err(wrong(&format!("`{sign}` is missing"))),
        }
    }

    fn value(&mut self, depth: usize) -> Result<ColumnValue, Mistake> {
        if depth > limits::EXPRESSION_DEPTH_MAX {
            let message = format!("More than {} functions in each other", limits::EXPRESSION_DEPTH_MAX);
            return Err(Mistake::new(message, "Write fewer"));
        }
        let Some(Word::Name(name)) = self.next().cloned() else {
            return Err(wrong("The name of a member of the record is missing"));
        };
        let ([function], true) = (name.as_slice(), self.is_next("(")) else {
            return Ok(ColumnValue { member: name, steps: Vec::new() });
        };
        self.at += 1;
        if !FUNCTIONS.contains(&function.as_str()) {
            let fix = format!("There are {}", FUNCTIONS.join(", "));
            return Err(Mistake::new(format!("`{function}` is not a function"), fix));
        }
        let mut value = self.value(depth + 1)?;
        let step = self.step(function)?;
        self.sign(")")?;
        value.steps.push(step);
        Ok(value)
    }

    fn step(&mut self, function: &str) -> Result<Step, Mistake> {
        Ok(match function {
            "trim" => Step::Trim,
            "lower" => Step::Lower,
            "upper" => Step::Upper,
            "null_if" => Step::NullIf(self.text_arguments()?),
            "parse_date" => {
                let patterns = self.text_arguments()?;
                Step::ParseDate(patterns.iter().map(|text| TimePattern::date(text)).collect::<Result<_, _>>()?)
            }
            "parse_timestamp" => {
                let patterns = self.text_arguments()?;
                let patterns = patterns.iter().map(|text| TimePattern::timestamp(text));
                let patterns = patterns.collect::<Result<Vec<_>, _>>()?;
                let zoned = patterns.iter().filter(|pattern| pattern.has_zone()).count();
                if zoned > 0 && zoned < patterns.len() {
                    let message = "Some patterns have a zone (%z) and others have none";
                    return Err(Mistake::new(message, "Read them in two columns, or let the source write one of them"));
                }
                Step::ParseTimestamp(patterns)
            }
            "parse_number" => {
                let (decimal, thousands) = (self.text_argument()?, self.text_argument()?);
                Step::ParseNumber(NumberMarks::new(&decimal, &thousands)?)
            }
            "parse_boolean" => {
                let (is_true, is_false) = (self.text_argument()?, self.text_argument()?);
                if is_true.to_lowercase() == is_false.to_lowercase() {
                    let message = format!("`{is_true}` is true and false");
                    let fix = "Write the text of true, then that of false: parse_boolean(x, 'yes', 'no')";
                    return Err(Mistake::new(message, fix));
                }
                Step::ParseBoolean { is_true, is_false }
            }
            "json" => {
                let path = self.text_argument()?;
                let names: Vec<String> = path.split('.').map(str::to_owned).collect();
                if names.iter().any(String::is_empty) {
                    let message = format!("`{path}` is not a path in a JSON value");
                    return Err(Mistake::new(message, "Write for example json(payload, 'address.city')"));
                }
                Step::Json(names)
            }
            "cast" => Step::Cast(self.type_argument()?),
            _ => {
                let name = self.text_argument()?;
                if !HashKey::is_name(&name) {
                    let message = format!("`{name}` is not the name of a key");
                    let fix = "Write a name of small letters, digits and `_`, for example keyed_hash(email, 'customers'); \
                               its key is in the environment, in SLUICE_KEY_CUSTOMERS";
                    return Err(Mistake::new(message, fix));
                }
                Step::KeyedHash(name)
            }
        })
    }

    /// One text or several.
    fn text_arguments(&mut self) -> Result<Vec<String>, Mistake> {
        let mut texts = vec![self.text_argument()?];
        while self.is_next(",") {
            texts.push(self.text_argument()?);
        }
        Ok(texts)
    }

    fn text_argument(&mut self) -> Result<String, Mistake> {
        self.sign(",")?;
        match self.next() {
            Some(Word::Text(text)) => Ok(text.clone()),
            _ => Err(wrong("A text in single quotes is missing")),
        }
    }

    /// A type as contracts write it: everything up to the bracket that closes the function.
    fn type_argument(&mut self) -> Result<ColumnType, Mistake> {
        self.sign(",")?;
        let begin = self.tokens.get(self.at).map_or(self.text.len(), |token| token.begin);
        let mut open = 0_usize;
        while let Some(token) = self.tokens.get(self.at) {
            match token.word {
                Word::Sign("(") => open += 1,
                Word::Sign(")") if open == 0 => break,
                Word::Sign(")") => open -= 1,
                _ => {}
            }
            self.at += 1;
        }
        let end = self.tokens.get(self.at).map_or(self.text.len(), |token| token.begin);
        let data_type: ColumnType = self.text.get(begin..end).unwrap_or_default().trim().parse()?;
        match data_type {
            ColumnType::SmallInt
            | ColumnType::Int
            | ColumnType::BigInt
            | ColumnType::Decimal { .. }
            | ColumnType::Numeric
            | ColumnType::Boolean
            | ColumnType::Date
            | ColumnType::Time
            | ColumnType::Timestamp
            | ColumnType::TimestampNtz
            | ColumnType::Uuid
            | ColumnType::String => Ok(data_type),
            _ => Err(Mistake::new(
                format!("`{data_type}` has no one way to be written, so nothing is cast to it"),
                "Give the column this type; cast is for whole numbers, decimals, boolean, dates, times, uuid and string",
            )),
        }
    }
}

fn sign_of(sign: &str) -> &'static str {
    match sign {
        "(" => "(",
        "," => ",",
        _ => ")",
    }
}

fn wrong(message: &str) -> Mistake {
    Mistake::new(message, "Write for example from: customer_no, from: address.city or from: \"lower(trim(email))\"")
}

impl fmt::Display for ColumnValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let member = written_name(&self.member);
        f.write_str(&self.steps.iter().fold(member, |inside, step| step.around(&inside)))
    }
}

#[cfg(test)]
mod tests {
    use super::ColumnValue;
    use crate::{Step, limits};

    #[test]
    fn an_expression_is_read_as_it_is_printed() {
        for text in [
            "CustNo",
            "address.city",
            "items.0.sku",
            "lower(trim(email))",
            "null_if(trim(note), '', 'N/A', 'it''s')",
            "json(payload, 'a.0.b')",
            "keyed_hash(lower(cast(\"Customer No\", decimal(10,2))), 'customers')",
            "trim(lower)",
            "parse_date(day, '%d.%m.%Y', '%d.%m.%Y 00:00')",
            "parse_timestamp(trim(at), '%m/%d/%Y %I:%M %p')",
            "null_if(parse_number(\"Net total\", '.', ' '), '0')",
            "parse_number(total, ',', '')",
            "parse_boolean(paid, 'ja', '')",
        ] {
            let value: ColumnValue = text.parse().unwrap_or_else(|mistake| panic!("{text}: {mistake}"));
            assert_eq!(value.to_string(), text);
        }
        let value: ColumnValue = " upper ( a.b ) ".parse().unwrap();
        assert_eq!((value.root(), value.below(), value.steps()), ("a", &["b".to_owned()][..], &[Step::Upper][..]));
    }

    #[test]
    fn what_is_no_expression_says_why() {
        let deep = "trim(".repeat(limits::EXPRESSION_DEPTH_MAX + 2);
        for (text, says) in [
            ("", "name of a member"),
            ("'text'", "name of a member"),
            ("a b", "follows"),
            ("a..b", "before or after a dot"),
            ("trim(a", "`)` is missing"),
            ("trim()", "name of a member"),
            ("null_if(a)", "`,` is missing"),
            ("null_if(a, b)", "single quotes"),
            ("null_if(a, 'x)", "not closed"),
            ("json(a, 'b..c')", "is not a path"),
            ("cast(a, money)", "money"),
            ("cast(a, binary)", "no one way"),
            ("keyed_hash(a, 'MY KEY')", "name of a key"),
            ("initcap(a)", "is not a function"),
            ("parse_date(a)", "`,` is missing"),
            ("parse_date(a, '%d.%m.%y')", "%d.%m.%y"),
            ("parse_timestamp(a, '%FT%T', '%FT%T%z')", "Some patterns have a zone"),
            ("parse_number(a, ',')", "`,` is missing"),
            ("parse_number(a, ',', ',')", "no marks"),
            ("parse_boolean(a, 'Yes')", "`,` is missing"),
            ("parse_boolean(a, 'Yes', 'yes')", "true and false"),
            ("a + b", "begins no word"),
            (&deep, "in each other"),
            (&"a".repeat(limits::EXPRESSION_BYTES_MAX + 1), "bytes"),
        ] {
            let mistake = text.parse::<ColumnValue>().unwrap_err();
            assert!(mistake.to_string().contains(says), "{text}: {mistake}");
        }
    }
}
