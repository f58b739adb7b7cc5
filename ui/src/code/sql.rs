//! SQL into pieces, for colours, completion and formatting. Tolerates anything.

use super::sql_words::is_keyword;
use crate::code::{Paint, Span};
use std::ops::Range;

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A word: keyword, name or function.
    Word,
    /// A quoted name.
    Name,
    /// A text.
    Text,
    /// A number.
    Number,
    /// A comment.
    Comment,
    /// Anything else but white space, one character.
    Sign,
}

/// A piece of SQL, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub kind: Kind,
    pub range: Range<usize>,
}

impl Token {
    /// Its text.
    pub(crate) fn text<'a>(&self, sql: &'a str) -> &'a str {
        sql.get(self.range.clone()).unwrap_or_default()
    }
}

/// All pieces of `sql` in order.
pub(crate) fn tokens(sql: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = sql.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = sql.get(at..).unwrap_or_default();
        let (kind, length) = match first {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '-' if rest.starts_with("--") => (Kind::Comment, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => (Kind::Comment, rest.find("*/").map_or(rest.len(), |end| end + 2)),
            '\'' => (Kind::Text, quoted(rest, '\'')),
            '"' => (Kind::Name, quoted(rest, '"')),
            c if c.is_ascii_digit() => (Kind::Number, run(rest, |c| c.is_ascii_alphanumeric() || c == '.' || c == '_')),
            c if is_word(c) => (Kind::Word, run(rest, is_word)),
            c => (Kind::Sign, c.len_utf8()),
        };
        found.push(Token { kind, range: at..at + length });
        at += length;
    }
    found
}

/// Whether `c` is part of a word.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn quoted(text: &str, quote: char) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            if chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
            } else {
                return at + 1;
            }
        }
    }
    text.len()
}

/// The coloured pieces of `sql`.
pub(crate) fn colors(sql: &str) -> Vec<Span> {
    let tokens = tokens(sql);
    let mut spans = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let paint = match token.kind {
            Kind::Text => Paint::Text,
            Kind::Number => Paint::Number,
            Kind::Comment => Paint::Comment,
            Kind::Word if is_keyword(token.text(sql)) && !after_dot(&tokens, index, sql) => Paint::Keyword,
            Kind::Word if tokens.get(index + 1).is_some_and(|next| next.text(sql) == "(") => Paint::Key,
            Kind::Word | Kind::Name | Kind::Sign => continue,
        };
        spans.push(Span { range: token.range.clone(), paint });
    }
    spans
}

fn after_dot(tokens: &[Token], index: usize, sql: &str) -> bool {
    index.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|before| before.text(sql) == ".")
}

#[cfg(test)]
mod tests {
    use super::{Kind, colors, tokens};
    use crate::code::Paint;

    #[test]
    fn texts_comments_and_numbers_are_whole() {
        let sql = "select 'it''s', \"a b\", 1.5e3 -- x\nfrom t /* y";
        let kinds: Vec<(Kind, &str)> = tokens(sql).iter().map(|token| (token.kind, token.text(sql))).collect();
        assert!(kinds.contains(&(Kind::Text, "'it''s'")));
        assert!(kinds.contains(&(Kind::Name, "\"a b\"")));
        assert!(kinds.contains(&(Kind::Number, "1.5e3")));
        assert!(kinds.contains(&(Kind::Comment, "-- x")));
        assert!(kinds.contains(&(Kind::Comment, "/* y")));
        assert!(tokens("'open").len() == 1 && tokens("é'ü").len() == 2);
    }

    #[test]
    fn keywords_after_a_dot_are_names() {
        let spans = colors("SELECT t.date FROM t");
        assert_eq!(spans.iter().filter(|span| span.paint == Paint::Keyword).count(), 2);
    }
}
