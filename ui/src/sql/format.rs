//! Formats SQL: keywords in capitals, a line for each clause. Texts and comments stay as they are.

use crate::code::sql::{Kind, tokens};
use crate::code::sql_words::is_keyword;

/// Words that begin a line.
const CLAUSES: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP",
    "HAVING",
    "QUALIFY",
    "WINDOW",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "JOIN",
    "LEFT",
    "RIGHT",
    "FULL",
    "INNER",
    "CROSS",
    "ASOF",
];
/// Words after which a join goes on.
const JOIN_WORDS: &[&str] = &["LEFT", "RIGHT", "FULL", "INNER", "OUTER", "CROSS", "ASOF", "SEMI", "ANTI", "NATURAL"];

/// `sql` formatted.
pub(super) fn format(sql: &str) -> String {
    let tokens = tokens(sql);
    let mut out = String::with_capacity(sql.len());
    let mut depth = 0_usize;
    let mut before = String::new();
    let mut end = 0;
    for (index, token) in tokens.iter().enumerate() {
        let text = token.text(sql);
        let next = tokens.get(index + 1).map(|next| next.text(sql)).unwrap_or_default();
        let upper = text.to_ascii_uppercase();
        let keyword = token.kind == Kind::Word && is_keyword(text) && before != ".";
        let call = matches!(upper.as_str(), "LEFT" | "RIGHT" | "REPLACE" | "FIRST" | "LAST") && next == "(";
        let gap = sql.get(end..token.range.start).unwrap_or_default();
        let clause = keyword && !call && depth == 0 && CLAUSES.contains(&upper.as_str());
        let joined = JOIN_WORDS.contains(&before.as_str());
        if out.is_empty() {
        } else if (clause && !joined) || before.starts_with("--") {
            out.push('\n');
        } else if gap.contains('\n') && !clause {
            out.push_str(gap);
        } else if !gap.is_empty() {
            out.push(' ');
        }
        if keyword && !call {
            out.push_str(&upper);
        } else {
            out.push_str(text);
        }
        match text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = if keyword { upper } else { text.to_owned() };
        end = token.range.end;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::format;

    #[test]
    fn clauses_begin_lines_and_keywords_are_capitals() {
        let sql = "select a, left(b, 2), (select max(c) from u) from t left join v using (a) where x = 'from' order by a -- end";
        let want = "SELECT a, left(b, 2), (SELECT max(c) FROM u)\nFROM t\nLEFT JOIN v USING (a)\nWHERE x = 'from'\nORDER BY a -- end";
        assert_eq!(format(sql), want);
        assert_eq!(format(want), want);
    }
}
