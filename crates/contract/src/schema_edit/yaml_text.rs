//! Entries of a mapping in the text of a YAML file, changed in place: comments and everything else stay as they are.

use std::ops::Range;

/// A mapping in a text.
pub(super) struct Mapping {
    /// Names with the places of their values.
    entries: Vec<(String, Range<usize>)>,
    /// Where another entry is written.
    end: usize,
    form: Form,
}

enum Form {
    /// `{a: 1, b: 2}`.
    Flow,
    /// One entry a line, with so many blanks before it.
    Block(usize),
}

impl Mapping {
    /// The mapping that begins in a line behind `lead`, which is `- ` or a key with its colon, or below that line.
    pub(super) fn at(text: &str, line_start: usize, lead: &str) -> Option<Self> {
        let line = line_at(text, line_start);
        let indent = line.len() - line.trim_start().len();
        let inner = line_start + indent + lead.len();
        let rest = text.get(inner..)?;
        let begin = inner + rest.len() - rest.trim_start_matches(' ').len();
        if text.get(begin..)?.starts_with('{') {
            return Self::flow(text, begin);
        }
        if lead == "- " {
            return Self::block(text, line_start, begin - line_start, Some(begin));
        }
        let next = line_start + line.len() + 1;
        let below = line_at(text, next);
        let deeper = below.len() - below.trim_start().len();
        (deeper > indent).then(|| Self::block(text, next, deeper, None))?
    }

    fn flow(text: &str, begin: usize) -> Option<Self> {
        let mut entries = Vec::new();
        let (mut depth, mut quote, mut start, mut colon) = (0_usize, None, begin + 1, None);
        let bytes = text.as_bytes();
        let mut at = begin;
        while let Some(byte) = bytes.get(at).copied() {
            match (quote, byte) {
                (Some(open), _) if byte == open => quote = None,
                (Some(b'"'), b'\\') => at += 1,
                (Some(_), _) => {}
                (None, b'\'' | b'"') if is_begin(bytes, at) => quote = Some(byte),
                (None, b'#') if bytes.get(at.wrapping_sub(1)).is_some_and(u8::is_ascii_whitespace) => {
                    at += line_at(text, at).len();
                }
                (None, b'{' | b'[') => depth += 1,
                (None, b':') if depth == 1 && colon.is_none() => colon = Some(at),
                (None, b',' | b'}' | b']') => {
                    let ends = depth == 1 && byte != b']';
                    if ends && let Some(colon) = colon.take() {
                        entries.push((name_of(text.get(start..colon)?), trimmed(text, colon + 1..at)));
                    }
                    if byte != b',' {
                        depth = depth.checked_sub(1)?;
                    } else if depth == 1 {
                        start = at + 1;
                    }
                    if depth == 0 {
                        let end = begin + text.get(begin..at)?.trim_end().len();
                        return Some(Self { entries, end, form: Form::Flow });
                    }
                }
                (None, _) => {}
            }
            at += 1;
        }
        None
    }

    /// The lines with `indent` blanks from `line_start` on; the first may begin behind a dash.
    fn block(text: &str, line_start: usize, indent: usize, first: Option<usize>) -> Option<Self> {
        let mut entries: Vec<(String, Range<usize>)> = Vec::new();
        let mut end = line_start;
        let mut start = line_start;
        while start < text.len() {
            let line = line_at(text, start);
            let content = first.filter(|_| start == line_start).unwrap_or(start + line.len() - line.trim_start().len());
            let is_blank = line.trim().is_empty() || line.trim_start().starts_with('#');
            if !is_blank && content - start < indent {
                break;
            }
            if !is_blank {
                if content - start == indent
                    && let Some((name, _)) = text.get(content..start + line.len())?.split_once(':')
                {
                    let value = content + name.len() + 1..start + line.len();
                    entries.push((name_of(name), without_comment(text, trimmed(text, value))));
                } else if let Some((_, value)) = entries.last_mut() {
                    value.end = start + line.trim_end().len();
                }
                end = start + line.len();
            }
            start += line.len() + 1;
        }
        (!entries.is_empty()).then_some(Self { entries, end, form: Form::Block(indent) })
    }

    /// The text with another value of an entry, which is written if it is not there.
    pub(super) fn with(&self, text: &str, name: &str, value: &str) -> String {
        let mut changed = text.to_owned();
        match self.entries.iter().find(|(of, _)| of == name) {
            Some((_, place)) => changed.replace_range(place.clone(), value),
            None => match self.form {
                Form::Flow => {
                    let comma = if self.entries.is_empty() { "" } else { ", " };
                    changed.insert_str(self.end, &format!("{comma}{name}: {value}"));
                }
                Form::Block(indent) => {
                    changed.insert_str(self.end, &format!("\n{}{name}: {value}", " ".repeat(indent)));
                }
            },
        }
        changed
    }
}

/// Whether a quote opens a text: it is the first letter of a value or name.
fn is_begin(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).unwrap_or_default().iter().rev().find(|byte| !byte.is_ascii_whitespace());
    before.is_none_or(|byte| matches!(byte, b'{' | b'[' | b',' | b':' | b'-'))
}

fn name_of(text: &str) -> String {
    text.trim().trim_matches(['"', '\'']).to_owned()
}

fn trimmed(text: &str, place: Range<usize>) -> Range<usize> {
    let inner = text.get(place.clone()).unwrap_or_default();
    let start = place.start + inner.len() - inner.trim_start().len();
    start..(start + inner.trim().len())
}

/// The place without ` # …` at its end, where the value is in no quotes.
fn without_comment(text: &str, place: Range<usize>) -> Range<usize> {
    let value = text.get(place.clone()).unwrap_or_default();
    let from = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => value.get(1..).and_then(|rest| rest.find(quote)).map_or(0, |found| found + 1),
        _ => 0,
    };
    match value.get(from..).and_then(|rest| rest.find(" #")) {
        Some(found) => trimmed(text, place.start..place.start + from + found),
        None => place,
    }
}

/// The line that begins at a place, or the rest of one, without its end.
pub(super) fn line_at(text: &str, start: usize) -> &str {
    text.get(start..).unwrap_or_default().split('\n').next().unwrap_or_default()
}

/// Where a line of a number from 1 begins.
pub(super) fn line_start(text: &str, number: u32) -> Option<usize> {
    let before = usize::try_from(number.checked_sub(1)?).ok()?;
    let mut start = 0;
    for _ in 0..before {
        start += text.get(start..)?.find('\n')? + 1;
    }
    Some(start)
}

/// Where the element of a list begins that the line of this number is in, and how many blanks its dash has.
pub(super) fn element_start(text: &str, line: u32) -> Option<(usize, usize)> {
    (1..=line).rev().find_map(|number| {
        let start = line_start(text, number)?;
        let line = line_at(text, start);
        let indent = line.len() - line.trim_start().len();
        line.trim_start().starts_with("- ").then_some((start, indent))
    })
}

/// The end of a list's element: of its last line that is deeper than its dash.
pub(super) fn element_end(text: &str, start: usize, indent: usize) -> usize {
    let mut end = start + line_at(text, start).len();
    let mut next = end + 1;
    while next < text.len() {
        let line = line_at(text, next);
        let is_blank = line.trim().is_empty();
        if !is_blank && line.len() - line.trim_start().len() <= indent {
            break;
        }
        if !is_blank {
            end = next + line.len();
        }
        next += line.len() + 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::Mapping;

    fn with(text: &str, lead: &str, name: &str, value: &str) -> String {
        Mapping::at(text, 0, lead).unwrap().with(text, name, value)
    }

    #[test]
    fn entries_are_changed_where_they_are() {
        let flow = "- {name: note, type: 'decimal(8,2)', constraints: [\"min_value(0)\"]} # says {much}\n- {name: b}\n";
        assert_eq!(with(flow, "- ", "type", "string"), flow.replace("'decimal(8,2)'", "string"));
        assert_eq!(with(flow, "- ", "removed", "true"), flow.replace("(0)\"]}", "(0)\"], removed: true}"));
        let block = "- name: note # a, b\n  type: string\n  constraints:\n  - \"min_value(0)\"\n- name: b\n";
        assert_eq!(with(block, "- ", "name", "remark"), block.replace("name: note", "name: remark"));
        assert_eq!(with(block, "- ", "removed", "true"), block.replace("(0)\"\n", "(0)\"\n  removed: true\n"));
        let below = "source:\n  path: in\n  # where\n  format: csv\n\napply: {}\n";
        assert_eq!(with(below, "source:", "ignored", "[a]"), below.replace("csv\n", "csv\n  ignored: [a]\n"));
        let lines = "source: {path: in,\n  format: csv }\n";
        assert_eq!(with(lines, "source:", "ignored", "[a]"), lines.replace("csv }", "csv, ignored: [a] }"));
    }
}
