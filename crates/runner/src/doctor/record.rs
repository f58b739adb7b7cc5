//! What a record says besides its row: its operation, the row before and after, its transaction.

use serde_json::{Map, Value};
use sluice_contract::SourceFormat;

/// What the source says that it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivered {
    /// A row of a snapshot or full load.
    Read,
    Insert,
    Update,
    Delete,
    /// It does not say, or nothing of these.
    Unsaid,
}

impl Delivered {
    fn of(word: &str) -> Self {
        match word {
            "c" | "I" | "i" | "insert" | "INSERT" => Self::Insert,
            "u" | "U" | "update" | "UPDATE" => Self::Update,
            "d" | "D" | "delete" | "DELETE" => Self::Delete,
            "r" | "load" | "bootstrap-insert" => Self::Read,
            _ => Self::Unsaid,
        }
    }
}

/// How the records of a format are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Debezium's envelope.
    Envelope,
    /// A Debezium row with members in front of whose names are underscores.
    Flat,
    Maxwell,
    GoldenGate,
    /// AWS DMS, the operation in the row.
    Dms,
    /// AWS DMS as JSON, with metadata beside the row.
    DmsJson,
    /// A plain row, or a form of which only the row itself is checked.
    Other,
}

impl Form {
    pub(crate) fn of(format: SourceFormat) -> Self {
        let word = format.as_str();
        match word {
            "maxwell_json" => Self::Maxwell,
            "goldengate_json" => Self::GoldenGate,
            "dms_json" => Self::DmsJson,
            _ if word.starts_with("debezium_flat") => Self::Flat,
            _ if word.starts_with("debezium") => Self::Envelope,
            _ if word.starts_with("dms_") => Self::Dms,
            _ => Self::Other,
        }
    }

    /// Whether its records say insert, update and delete.
    pub(crate) fn says_operations(self) -> bool {
        self != Self::Other
    }
}

/// A record, read.
#[derive(Debug)]
pub(crate) struct RecordView {
    pub(crate) delivered: Delivered,
    pub(crate) before: Option<Map<String, Value>>,
    pub(crate) after: Option<Map<String, Value>>,
    pub(crate) transaction: Option<(String, u64)>,
}

impl RecordView {
    /// Reads a record as delivered; of one that is no JSON object nothing is known.
    pub(crate) fn read(form: Form, record: &str) -> Option<Self> {
        let Ok(Value::Object(mut outer)) = serde_json::from_str(record) else { return None };
        let mut root = match outer.remove("payload") {
            Some(Value::Object(payload)) => payload,
            Some(other) => {
                outer.insert("payload".to_owned(), other);
                outer
            }
            None => outer,
        };
        let word = |root: &Map<String, Value>, name: &str| {
            root.get(name).and_then(Value::as_str).map_or(Delivered::Unsaid, Delivered::of)
        };
        let mut object = |name: &str| match root.remove(name) {
            Some(Value::Object(members)) => Some(members),
            _ => None,
        };
        Some(match form {
            Form::Envelope | Form::GoldenGate => {
                let (before, after) = (object("before"), object("after"));
                let transaction = object("transaction").and_then(|members| transaction_of(&members));
                let name = if form == Form::Envelope { "op" } else { "op_type" };
                Self { delivered: word(&root, name), before, after, transaction }
            }
            Form::Maxwell => {
                let (before, after) = (object("old"), object("data"));
                Self { delivered: word(&root, "type"), before, after, transaction: None }
            }
            Form::DmsJson => {
                let after = object("data");
                let metadata = object("metadata").unwrap_or_default();
                Self { delivered: word(&metadata, "operation"), before: None, after, transaction: None }
            }
            Form::Flat => {
                let delivered = word(&root, "__op");
                Self { delivered, before: None, after: Some(root), transaction: None }
            }
            Form::Dms => {
                let delivered = word(&root, "Op");
                Self { delivered, before: None, after: Some(root), transaction: None }
            }
            Form::Other => Self { delivered: Delivered::Unsaid, before: None, after: Some(root), transaction: None },
        })
    }

    /// The row after the event, or the one before where there is none after.
    pub(crate) fn row(&self) -> Option<&Map<String, Value>> {
        self.after.as_ref().or(self.before.as_ref())
    }
}

/// Its number, and the place of the event among those of the table in it.
fn transaction_of(members: &Map<String, Value>) -> Option<(String, u64)> {
    let id = members.get("id")?.as_str()?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // PostgreSQL's has the position of the event behind it.
    let id = match id.split_once(':') {
        Some((number, position)) if is_number(number) && is_number(position) => number,
        _ => id,
    };
    Some((id.to_owned(), members.get("data_collection_order")?.as_u64()?))
}

/// A value so that equal ones are equal whatever writes them: 1.50 is 1.5, and a number may be a text. `None`: null.
pub(crate) fn plain_text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::String(text) => plain_number(text).or_else(|| plain_time(text)).unwrap_or_else(|| text.clone()),
        Value::Number(number) => {
            let text = number.to_string();
            plain_number(&text).unwrap_or(text)
        }
        other => other.to_string(),
    })
}

/// A decimal number without zeros at its end.
fn plain_number(text: &str) -> Option<String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.')?;
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    Some(text.trim_end_matches('0').trim_end_matches('.').to_owned())
}

/// A time of day without zeros at the end of its fraction.
fn plain_time(text: &str) -> Option<String> {
    let (front, rest) = text.split_once('.')?;
    let is_time = front.len() >= 8 && front.as_bytes().get(front.len() - 3) == Some(&b':');
    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    let (fraction, zone) = rest.split_at(end);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    is_time.then(|| format!("{front}{point}{fraction}{zone}"))
}

#[cfg(test)]
mod tests {
    use super::{Delivered, Form, RecordView, plain_text};
    use serde_json::json;

    #[test]
    fn each_form_says_what_the_source_did() {
        for (form, record) in [
            (Form::Envelope, r#"{"op":"u","before":null,"after":{"id":1}}"#),
            (Form::Envelope, r#"{"schema":{},"payload":{"op":"u","after":{"id":1}}}"#),
            (Form::Flat, r#"{"id":1,"__op":"u"}"#),
            (Form::Maxwell, r#"{"type":"update","data":{"id":1},"old":{"id":0}}"#),
            (Form::GoldenGate, r#"{"op_type":"U","after":{"id":1}}"#),
            (Form::Dms, r#"{"Op":"U","id":"1"}"#),
            (Form::DmsJson, r#"{"data":{"id":1},"metadata":{"operation":"update"}}"#),
        ] {
            let view = RecordView::read(form, record).unwrap();
            assert_eq!(view.delivered, Delivered::Update, "{record}");
            assert!(view.row().unwrap().contains_key("id"), "{record}");
        }
        assert!(RecordView::read(Form::Other, "[1]").is_none());
    }

    #[test]
    fn equal_values_are_equal_whatever_writes_them() {
        assert_eq!(plain_text(&json!("1.50")), plain_text(&json!(1.5)));
        assert_eq!(plain_text(&json!("7")), plain_text(&json!(7)));
        assert_ne!(plain_text(&json!("1.50x")), plain_text(&json!("1.5x")));
        let time = |text: &str| plain_text(&json!(text));
        assert_eq!(time("2026-02-04T01:02:03.462030Z"), time("2026-02-04T01:02:03.46203Z"));
        assert_eq!(time("01:02:03.000+02"), time("01:02:03+02"));
        assert_eq!(plain_text(&json!("100")), Some("100".to_owned()));
        assert_eq!(plain_text(&json!(null)), None);
    }
}
