//! Colours of YAML: keys, texts, numbers, comments.

use super::{Paint, Span};

/// The coloured pieces of a contract.
#[must_use]
pub fn colors(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        color_line(line.trim_end_matches('\n'), at, &mut spans);
        at += line.len();
    }
    spans
}

fn color_line(line: &str, at: usize, spans: &mut Vec<Span>) {
    let mut push = |from: usize, to: usize, paint: Paint| {
        if from < to {
            spans.push(Span { range: at + from..at + to, paint });
        }
    };
    let body = line.trim_start_matches([' ', '-']);
    let start = line.len() - body.len();
    if body.starts_with('#') {
        push(start, line.len(), Paint::Comment);
        return;
    }
    let mut from = start;
    if let Some(colon) = key_end(body) {
        push(start, start + colon, Paint::Key);
        from = start + colon + 1;
    }
    let rest = line.get(from..).unwrap_or_default();
    let mut chars = rest.char_indices().peekable();
    while let Some((index, c)) = chars.next() {
        match c {
            '"' | '\'' => {
                let end =
                    rest.get(index + 1..).and_then(|after| after.find(c)).map_or(rest.len(), |end| index + end + 2);
                push(from + index, from + end, Paint::Text);
                while chars.peek().is_some_and(|(next, _)| *next < end) {
                    chars.next();
                }
            }
            '#' if index == 0 || rest.get(..index).is_some_and(|before| before.ends_with(' ')) => {
                push(from + index, line.len(), Paint::Comment);
                return;
            }
            _ => {}
        }
    }
    let value = rest.trim();
    if matches!(value, "true" | "false" | "null") || (!value.is_empty() && value.parse::<f64>().is_ok()) {
        let index = rest.len() - rest.trim_start().len();
        push(from + index, from + index + value.len(), Paint::Number);
    }
}

/// Where the key of a line ends, if it has one.
fn key_end(body: &str) -> Option<usize> {
    let colon = body.find(':')?;
    let key = body.get(..colon)?;
    let after = body.get(colon + 1..)?;
    let plain = key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    (plain && !key.is_empty() && (after.is_empty() || after.starts_with(' '))).then_some(colon)
}

#[cfg(test)]
mod tests {
    use super::colors;
    use crate::code::Paint;

    #[test]
    fn keys_texts_and_numbers_have_colours() {
        let text = "# head\nowner: \"a: b\" # who\n- name: é\n  pii: true\n";
        let found: Vec<(Paint, &str)> =
            colors(text).iter().map(|span| (span.paint, &text[span.range.clone()])).collect();
        assert_eq!(
            found,
            [
                (Paint::Comment, "# head"),
                (Paint::Key, "owner"),
                (Paint::Text, "\"a: b\""),
                (Paint::Comment, "# who"),
                (Paint::Key, "name"),
                (Paint::Key, "pii"),
                (Paint::Number, "true"),
            ]
        );
    }
}
