//! Which columns look like a watermark: when a row was last changed.

/// Words of which a watermark's name has one.
const CHANGE_WORDS: [&str; 8] =
    ["updated", "update", "modified", "modification", "changed", "modstamp", "mtime", "rowversion"];
/// Words of names that are about a change and do not say when it was.
const OTHER_WORDS: [&str; 9] = ["by", "user", "id", "count", "number", "is", "reason", "type", "from"];
/// Types whose values are in an order.
const TYPES: [&str; 6] = ["timestamp", "timestamp_ntz", "date", "bigint", "int", "smallint"];

/// Whether the name of a column says when its row was last changed: `updated_at`, `last_modified`, `LastUpdate`.
#[must_use]
pub fn has_watermark_name(name: &str) -> bool {
    let words = words(name);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let joined = words.last().is_some_and(|last| CHANGE_WORDS.iter().any(|word| last.ends_with(word)));
    (has(&CHANGE_WORDS) || joined) && !has(&OTHER_WORDS)
}

/// Whether values of the type can order rows.
pub(super) fn has_watermark_type(data_type: &str) -> bool {
    TYPES.contains(&data_type)
}

/// Words of names of numbers that count deliveries.
const VERSION_WORDS: [&str; 8] = ["version", "snapshot", "export", "load", "batch", "run", "delivery", "extract"];

/// Whether a column that has one value in each file may say of which version a snapshot is: a date or a time, or a number
/// that is called so.
pub(super) fn may_be_version(name: &str, data_type: &str) -> bool {
    match data_type {
        "date" | "timestamp" | "timestamp_ntz" => true,
        "bigint" | "int" | "smallint" => words(name).iter().any(|word| VERSION_WORDS.contains(&word.as_str())),
        _ => false,
    }
}

/// The words of a name in small letters, `LastModifiedDate` and `last_modified_date` alike.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut after_small = false;
    for letter in name.chars() {
        let begins = !letter.is_alphanumeric() || (letter.is_uppercase() && after_small);
        if begins && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (letter.is_alphanumeric(), words.last_mut()) {
            word.extend(letter.to_lowercase());
        }
        after_small = letter.is_lowercase() || letter.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::has_watermark_name;

    #[test]
    fn names_that_say_when_a_row_changed() {
        for name in [
            "updated_at",
            "modified",
            "last_modified",
            "_updated",
            "LastModifiedDate",
            "LAST_UPDATE",
            "SystemModstamp",
            "lastmodified",
            "mtime",
            "date_changed",
        ] {
            assert!(has_watermark_name(name), "{name}");
        }
        for name in ["created_at", "updated_by", "LastModifiedById", "update_count", "is_modified", "id", "", "date"] {
            assert!(!has_watermark_name(name), "{name}");
        }
    }
}
