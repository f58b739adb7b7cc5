//! What a column is made of: a member of the record, and what is done to its text.

use super::hash_keys::HashKey;
use super::lexer::{Token, Word, tokens, written_name, written_text};
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

/// A function, applied to a text; null stays null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `trim(x)`: without white space at both ends.
    Trim,
    /// `lower(x)`: in small letters.
    Lower,
    /// `upper(x)`: in capitals.
    Upper,
    /// `null_if(x, 'N/A', …)`: null where it is one of the texts.
    NullIf(Vec<String>),
    /// `json(x, 'address.city')`: what is at the path in the text of a JSON value, null where there is nothing.
    Json(Vec<String>),
    /// `cast(x, type)`: as a value of the type is written; one that is none ends in quarantine.
    Cast(ColumnType),
    /// `keyed_hash(x, 'name')`: HMAC-SHA-256 with the key of that name, in hexadecimal.
    KeyedHash(String),
}

const FUNCTIONS: &str = "trim, lower, upper, null_if, json, cast and keyed_hash";

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
        if !["trim", "lower", "upper", "null_if", "json", "cast", "keyed_hash"].contains(&function.as_str()) {
            return Err(Mistake::new(format!("`{function}` is not a function"), format!("There are {FUNCTIONS}")));
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
            "null_if" => {
                let mut texts = vec![self.text_argument()?];
                while self.is_next(",") {
                    texts.push(self.text_argument()?);
                }
                Step::NullIf(texts)
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

impl Step {
    fn around(&self, inside: &str) -> String {
        match self {
            Self::Trim => format!("trim({inside})"),
            Self::Lower => format!("lower({inside})"),
            Self::Upper => format!("upper({inside})"),
            Self::NullIf(texts) => {
                let texts: String = texts.iter().map(|text| format!(", {}", written_text(text))).collect();
                format!("null_if({inside}{texts})")
            }
            Self::Json(path) => format!("json({inside}, {})", written_text(&path.join("."))),
            Self::Cast(data_type) => format!("cast({inside}, {data_type})"),
            Self::KeyedHash(name) => format!("keyed_hash({inside}, {})", written_text(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ColumnValue, Step};
    use crate::limits;

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
            ("a + b", "begins no word"),
            (&deep, "in each other"),
            (&"a".repeat(limits::EXPRESSION_BYTES_MAX + 1), "bytes"),
        ] {
            let mistake = text.parse::<ColumnValue>().unwrap_err();
            assert!(mistake.to_string().contains(says), "{text}: {mistake}");
        }
    }
}
