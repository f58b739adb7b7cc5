//! Personal data as it is shown: enough to recognise, not enough to read.

use serde_json::Value;
pub use sluice_api::masked;

/// A record as it was delivered with the values of personal columns masked; a record that does not tell its
/// columns by name is masked as a whole if any is personal. `None`: nobody knows which are.
#[must_use]
pub fn masked_record(text: &str, personal: Option<&[&str]>) -> String {
    match (personal, serde_json::from_str::<Value>(text)) {
        (Some([]), _) => text.to_owned(),
        (Some(names), Ok(mut record @ (Value::Object(_) | Value::Array(_)))) => {
            mask_members(&mut record, names);
            record.to_string()
        }
        _ => masked(""),
    }
}

fn mask_members(value: &mut Value, names: &[&str]) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let personal = names.iter().any(|other| other.eq_ignore_ascii_case(name));
                match member {
                    Value::Null => {}
                    Value::String(text) if personal => *text = masked(text),
                    member if personal => *member = Value::String(masked("")),
                    member => mask_members(member, names),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask_members(item, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::masked_record;

    #[test]
    fn only_personal_members_of_a_record_are_masked() {
        let record = r#"{"op":"u","after":{"id":7,"Email":"anna@post.example","zip":69002,"iban":null}}"#;
        let shown = masked_record(record, Some(&["email", "zip", "iban"]));
        let expected = r#"{"op":"u","after":{"id":7,"Email":"a•••@post.example","zip":"•••","iban":null}}"#;
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&shown), read(expected));
        assert_eq!(masked_record(record, Some(&[])), record);
        assert_eq!(masked_record("7,anna@post.example", Some(&["email"])), "•••");
        assert_eq!(masked_record("7,5", None), "•••");
    }
}
