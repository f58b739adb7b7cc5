//! The columns as they stand in the YAML text, and edits of their lines. The text is the truth.

use std::ops::RangeInclusive;

/// A column in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// Name.
    pub name: String,
    /// First and last line, from 1.
    pub lines: RangeInclusive<u32>,
    /// Type as written.
    pub data_type: String,
    /// Personal data.
    pub pii: bool,
    /// Part of the key.
    pub key: bool,
    /// Null is refused.
    pub required: bool,
    /// Stands on one line as `{name: …}`; only the text can change it.
    pub on_one_line: bool,
}

/// All columns of `yaml` in order. Lines that are no columns are skipped, whatever they are.
pub(super) fn columns(yaml: &str) -> Vec<Written> {
    let mut found: Vec<Written> = Vec::new();
    let mut inside = false;
    for (number, line) in (1_u32..).zip(yaml.lines()) {
        let trimmed = line.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let indent = line.len() - trimmed.len();
        if indent == 0 && !trimmed.starts_with('-') {
            inside = trimmed.starts_with("schema:");
            continue;
        }
        if !inside {
            continue;
        }
        let entry = trimmed.strip_prefix('-').map(str::trim_start);
        if let Some(entry) = entry.filter(|entry| entry.starts_with("name:") || entry.starts_with('{') || indent < 2) {
            let on_one_line = entry.starts_with('{');
            found.push(Written {
                name: String::new(),
                lines: number..=number,
                data_type: String::new(),
                pii: false,
                key: false,
                required: false,
                on_one_line,
            });
            if let Some(column) = found.last_mut() {
                if on_one_line {
                    for part in flow_parts(entry) {
                        set(column, part);
                    }
                } else {
                    set(column, entry);
                }
            }
        } else if let Some(column) = found.last_mut() {
            column.lines = *column.lines.start()..=number;
            set(column, trimmed);
        }
    }
    found.retain(|column| !column.name.is_empty());
    found
}

fn set(column: &mut Written, entry: &str) {
    let Some((key, value)) = entry.split_once(':') else { return };
    let value = unquoted(value);
    match key.trim() {
        "name" => column.name = value,
        "type" => column.data_type = value,
        "pii" => column.pii = value == "true",
        "primary_key" => column.key = value == "true",
        "required" => column.required = value == "true",
        _ => {}
    }
}

/// `{name: a, type: 'decimal(1,0)'}` into its entries.
fn flow_parts(entry: &str) -> Vec<&str> {
    let inner = entry.trim().trim_start_matches('{').trim_end_matches('}');
    let mut parts = Vec::new();
    let (mut from, mut quote) = (0, None);
    for (index, c) in inner.char_indices() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (',', None) => {
                parts.push(inner.get(from..index).unwrap_or_default());
                from = index + 1;
            }
            _ => {}
        }
    }
    parts.push(inner.get(from..).unwrap_or_default());
    parts
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    if let Some(rest) = value.strip_prefix('"') {
        let mut text = String::new();
        let mut chars = rest.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' => break,
                '\\' => text.extend(chars.next()),
                c => text.push(c),
            }
        }
        text
    } else if let Some(rest) = value.strip_prefix('\'') {
        rest.split('\'').next().unwrap_or_default().to_owned()
    } else {
        value.split(" #").next().unwrap_or_default().trim().to_owned()
    }
}

/// A value as YAML writes it: plain if that is safe.
fn quoted(value: &str) -> String {
    let plain = value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && value.starts_with(|c: char| c.is_ascii_alphabetic())
        && !matches!(value, "true" | "false" | "null" | "yes" | "no" | "on" | "off");
    if plain { value.to_owned() } else { format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")) }
}

/// Writes the type of `column` into `yaml`.
pub(super) fn set_type(yaml: &str, column: &Written, data_type: &str) -> String {
    set_entry(yaml, column, "type", Some(&quoted(data_type)))
}

/// Writes or removes `pii: true`.
pub(super) fn set_pii(yaml: &str, column: &Written, pii: bool) -> String {
    set_entry(yaml, column, "pii", pii.then_some("true"))
}

/// Replaces, adds or removes the line `key: value` of a column.
fn set_entry(yaml: &str, column: &Written, key: &str, value: Option<&str>) -> String {
    if column.on_one_line {
        return yaml.to_owned();
    }
    let mut lines: Vec<String> = yaml.split('\n').map(str::to_owned).collect();
    let index = |line: u32| usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    let (first, last) = (index(*column.lines.start()), index(*column.lines.end()));
    let begins = |line: &String| {
        let body = line.trim_start_matches([' ', '-']);
        body.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':'))
    };
    let known = (first..=last).find(|at| lines.get(*at).is_some_and(begins));
    match (known, value) {
        (Some(at), Some(value)) => {
            if let Some(line) = lines.get_mut(at)
                && let Some(colon) = line.find(':')
            {
                line.truncate(colon + 1);
                line.push(' ');
                line.push_str(value);
            }
        }
        (Some(at), None) if at > first => {
            lines.remove(at);
        }
        (None, Some(value)) => {
            let head = lines.get(first).map_or(2, |line| line.len() - line.trim_start_matches([' ', '-']).len());
            let after =
                (first..=last).find(|at| lines.get(*at).is_some_and(|line| line.trim_start().starts_with("type:")));
            let at = after.unwrap_or(first) + 1;
            lines.insert(at.min(lines.len()), format!("{}{key}: {value}", " ".repeat(head)));
        }
        (Some(_) | None, None) => {}
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::{columns, set_pii, set_type};

    const YAML: &str = "dataset: \"shop.refunds\"\nschema:\n- name: \"id\"\n  type: bigint\n  primary_key: true\n# c\n- name: amount\n  type: \"decimal(12,?)\"\n  constraints: [\"min_value(0)\"]\n- {name: x, type: 'decimal(5,1)', pii: true}\nquality:\n- check: \"row_count > 0\"\n";

    #[test]
    fn columns_are_found_with_their_lines() {
        let found = columns(YAML);
        let names: Vec<&str> = found.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["id", "amount", "x"]);
        assert!(found[0].key && !found[1].key && found[2].pii && found[2].on_one_line);
        assert_eq!(found[1].lines, 7..=9);
        assert_eq!(found[1].data_type, "decimal(12,?)");
        assert_eq!(found[2].data_type, "decimal(5,1)");
    }

    #[test]
    fn edits_touch_only_their_line() {
        let amount = columns(YAML)[1].clone();
        let typed = set_type(YAML, &amount, "decimal(12,2)");
        assert_eq!(typed, YAML.replace("12,?", "12,2"));
        let plain = set_type(YAML, &amount, "string");
        assert!(plain.contains("  type: string\n"));
        let hidden = set_pii(YAML, &amount, true);
        assert!(hidden.contains("  type: \"decimal(12,?)\"\n  pii: true\n  constraints"));
        let back = set_pii(&hidden, &columns(&hidden)[1], false);
        assert_eq!(back, YAML);
    }

    #[test]
    fn what_is_typed_is_read_back() {
        for text in ["", "decimal(12,", "a \"b\" \\", "array<string>", "true"] {
            let yaml = set_type(YAML, &columns(YAML)[1], text);
            assert_eq!(columns(&yaml)[1].data_type, text);
        }
    }
}
