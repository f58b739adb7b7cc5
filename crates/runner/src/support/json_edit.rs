//! Single values of a JSON text replaced, the rest as it was: numbers keep their digits, members their order.

use crate::RunError;
use serde::de::IgnoredAny;
use sluice_cdc::json_inside;

/// The text with other values at paths, whose names have dots between them. The values are JSON.
///
/// # Errors
/// If there is nothing at a path, or a value is no JSON. No value is named.
pub(crate) fn with_values(text: &str, values: &[(String, String)]) -> Result<String, RunError> {
    let mut text = text.to_owned();
    for (path, value) in values {
        if serde_json::from_str::<IgnoredAny>(value).is_err() {
            let message = format!("The new value of {path} is no JSON");
            return Err(RunError::input(message, "Write numbers plain, texts in double quotes, and null for nothing"));
        }
        let names: Vec<String> = path.split('.').map(str::to_owned).collect();
        let place = json_inside(&text, &names).map(|found| {
            let start = found.as_ptr().addr().saturating_sub(text.as_ptr().addr());
            (start, start + found.len())
        });
        let parts = place.and_then(|(start, end)| Some((text.get(..start)?, text.get(end..)?)));
        let Some((before, after)) = parts else {
            let message = format!("The record has no {path}");
            return Err(RunError::input(message, "Correct the whole record with --text"));
        };
        text = format!("{before}{}{after}", value.trim());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::with_values;

    #[test]
    fn only_the_values_change() {
        let text = r#"{ "op":"c", "after": {"id":1, "total":"x", "big":1234567890123456789012.10, "list":[1,2]}}"#;
        let set = |path: &str, value: &str| with_values(text, &[(path.to_owned(), value.to_owned())]);
        assert_eq!(set("after.total", "5").unwrap(), text.replace("\"x\"", "5"));
        assert_eq!(set("after.list", " [] ").unwrap(), text.replace("[1,2]", "[]"));
        assert_eq!(set("after.list.1", "3").unwrap(), text.replace("[1,2]", "[1,3]"));
        for (path, value, says) in [("after.none", "5", "has no after.none"), ("after.id", "canary", "is no JSON")] {
            let said = set(path, value).unwrap_err().to_string();
            assert!(said.contains(says) && !said.contains("canary"), "{said}");
        }
    }
}
