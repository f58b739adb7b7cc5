//! The placeholder for a value that was not sent.
//!
//! PostgreSQL does not log an out-of-line column that an update left alone; Debezium then sends
//! `unavailable.value.placeholder` in a form that fits the column's type (Debezium documentation,
//! PostgreSQL connector, "Toasted values").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sluice_contract::ColumnType;

/// `uuid` columns get the name-based identifier of the default placeholder.
const UUID_OF_DEFAULT: &str = "b68a35a7-17ad-35b3-af2a-ae46edb4545a";
const DEFAULT_TEXT: &str = "__debezium_unavailable_value";

/// The placeholder in all its forms, as raw JSON.
#[derive(Clone, Debug)]
pub(crate) struct Unavailable {
    text: String,
    base64: String,
    list: String,
    codes: String,
    object: String,
    object_text: String,
    uuid: Option<String>,
    uuid_list: Option<String>,
}

impl Unavailable {
    /// The forms of `placeholder`; `hex:` before it means bytes in hexadecimal.
    pub(crate) fn new(placeholder: &str) -> Self {
        let plain = placeholder.strip_prefix("hex:").and_then(text_of_hex).unwrap_or_else(|| placeholder.to_owned());
        let text = quoted(&plain);
        let object = format!("{{{text}:{text}}}");
        let codes: Vec<String> = plain.bytes().map(|byte| byte.to_string()).collect();
        Self {
            base64: quoted(&STANDARD.encode(&plain)),
            list: format!("[{text}]"),
            codes: format!("[{}]", codes.join(",")),
            object_text: quoted(&object),
            uuid: (plain == DEFAULT_TEXT).then(|| quoted(UUID_OF_DEFAULT)),
            uuid_list: (plain == DEFAULT_TEXT).then(|| format!("[{}]", quoted(UUID_OF_DEFAULT))),
            object,
            text,
        }
    }

    /// Whether `raw` stands for an unchanged value of a column of `data_type`.
    pub(crate) fn is(&self, data_type: &ColumnType, raw: &str) -> bool {
        match raw.as_bytes().first() {
            Some(b'"') => {
                raw == self.text
                    || match data_type {
                        ColumnType::Binary | ColumnType::Numeric | ColumnType::Decimal { .. } => raw == self.base64,
                        ColumnType::Json => is_but_for_space(raw, &self.object_text),
                        ColumnType::Uuid => Some(raw) == self.uuid.as_deref(),
                        _ => false,
                    }
            }
            Some(b'[') => {
                let is_list = |form: &str| is_but_for_space(raw, form);
                is_list(&self.list) || is_list(&self.codes) || self.uuid_list.as_deref().is_some_and(is_list)
            }
            Some(b'{') => is_but_for_space(raw, &self.object),
            _ => false,
        }
    }
}

/// Whether two JSON texts differ in white space at most, as records that were printed for people do.
fn is_but_for_space(raw: &str, form: &str) -> bool {
    let differs = || {
        raw.bytes()
            .filter(|byte| !byte.is_ascii_whitespace())
            .ne(form.bytes().filter(|byte| !byte.is_ascii_whitespace()))
    };
    raw == form || (raw.len() > form.len() && !differs())
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn text_of_hex(hex: &str) -> Option<String> {
    let digits: Option<Vec<u8>> = hex.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits?;
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(high * 16 + low),
            _ => None,
        })
        .collect();
    String::from_utf8(bytes?).ok()
}

#[cfg(test)]
mod tests {
    use super::Unavailable;
    use sluice_contract::ColumnType;

    #[test]
    fn every_typed_form_is_known() {
        let forms = Unavailable::new("__debezium_unavailable_value");
        let is = |data_type: &str, raw: &str| forms.is(&data_type.parse::<ColumnType>().unwrap(), raw);
        assert!(is("string", r#""__debezium_unavailable_value""#));
        assert!(is("json", r#""__debezium_unavailable_value""#));
        assert!(is("json", r#""{\"__debezium_unavailable_value\":\"__debezium_unavailable_value\"}""#));
        assert!(is("json", r#"{"__debezium_unavailable_value":"__debezium_unavailable_value"}"#));
        assert!(is("binary", r#""X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==""#));
        assert!(!is("string", r#""X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==""#));
        assert!(is("array<string>", r#"["__debezium_unavailable_value"]"#));
        assert!(is(
            "array<int>",
            "[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,118,97,108,117,101]"
        ));
        assert!(is("array<string>", "[\n  \"__debezium_unavailable_value\"\n]"));
        assert!(is("array<uuid>", r#"["b68a35a7-17ad-35b3-af2a-ae46edb4545a"]"#));
        assert!(is("map<string, string>", r#"{ "__debezium_unavailable_value": "__debezium_unavailable_value" }"#));
        assert!(!is("array<string>", r#"[ "__debezium_unavailable_value", "x" ]"#));
        assert!(is("uuid", r#""b68a35a7-17ad-35b3-af2a-ae46edb4545a""#));
        assert!(!is("string", r#""x""#) && !is("int", "1"));
        assert!(Unavailable::new("hex:6e2f61").is(&ColumnType::String, r#""n/a""#));
    }
}
