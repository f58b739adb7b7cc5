//! The words of an expression.

use crate::{Mistake, limits};

/// A word with the byte at which it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) word: Word,
    pub(super) begin: usize,
}

/// A word of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// A name, or names with dots between them; one in double quotes may have any letters.
    Name(Vec<String>),
    /// A text in single quotes; `''` in it is one quote.
    Text(String),
    /// A number as written.
    Number(String),
    /// One of `( ) , = != < <= > >=`.
    Sign(&'static str),
}

/// Signs, longer ones first.
const SIGNS: [&str; 10] = ["<=", ">=", "!=", "<>", "(", ")", ",", "=", "<", ">"];

/// The words of a text.
///
/// # Errors
/// A letter that begins no word, or a quote that is not closed.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Mistake> {
    if text.len() > limits::EXPRESSION_BYTES_MAX {
        let message = format!("The expression has {} bytes, {} are allowed", text.len(), limits::EXPRESSION_BYTES_MAX);
        return Err(Mistake::new(message, "Write a shorter one"));
    }
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks();
        let begin = lexer.at;
        let Some(first) = lexer.peek() else { return Ok(tokens) };
        let word = if first == '\'' {
            Word::Text(lexer.quoted('\'')?)
        } else if first == '"' || is_name_start(first) {
            Word::Name(lexer.path()?)
        } else if first.is_ascii_digit() || first == '-' {
            Word::Number(lexer.number()?)
        } else {
            let rest = lexer.rest();
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign)).ok_or_else(|| {
                let fix = "Write names, texts in single quotes, numbers and functions; a name with other letters stands \
                           in double quotes";
                Mistake::new(format!("`{first}` begins no word of an expression"), fix)
            })?;
            lexer.at += sign.len();
            Word::Sign(if sign == "<>" { "!=" } else { sign })
        };
        tokens.push(Token { word, begin });
    }
}

/// A name as an expression has it, in quotes where it needs them.
pub(super) fn written_name(path: &[String]) -> String {
    let part = |(at, name): (usize, &String)| {
        let plain = name
            .chars()
            .enumerate()
            .all(|(place, letter)| is_name_letter(letter) && (place > 0 || at > 0 || is_name_start(letter)));
        if plain && !name.is_empty() { name.clone() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
    };
    path.iter().enumerate().map(part).collect::<Vec<_>>().join(".")
}

/// A text as an expression has it.
pub(super) fn written_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn is_name_start(letter: char) -> bool {
    letter.is_alphabetic() || letter == '_' || letter == '$'
}

fn is_name_letter(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take_while(&mut self, holds: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|letter| !holds(letter)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn quoted(&mut self, quote: char) -> Result<String, Mistake> {
        self.at += quote.len_utf8();
        let mut out = String::new();
        loop {
            out.push_str(self.take_while(|letter| letter != quote));
            if self.peek().is_none() {
                return Err(Mistake::new(
                    format!("A {quote} is not closed"),
                    "Close it; inside, the same quote is written twice",
                ));
            }
            self.at += quote.len_utf8();
            if self.peek() != Some(quote) {
                return Ok(out);
            }
            out.push(quote);
            self.at += quote.len_utf8();
        }
    }

    fn path(&mut self) -> Result<Vec<String>, Mistake> {
        let mut path = Vec::new();
        loop {
            let name = match self.peek() {
                Some('"') => self.quoted('"')?,
                _ => self.take_while(is_name_letter).to_owned(),
            };
            if name.is_empty() {
                let fix = "Write for example address.city; a name with other letters stands in double quotes";
                return Err(Mistake::new("A name is missing before or after a dot", fix));
            }
            path.push(name);
            if self.peek() != Some('.') {
                return Ok(path);
            }
            self.at += 1;
        }
    }

    fn number(&mut self) -> Result<String, Mistake> {
        let begin = self.at;
        if self.peek() == Some('-') {
            self.at += 1;
        }
        let whole = self.take_while(|letter| letter.is_ascii_digit());
        let fraction = self.rest().strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if fraction {
            self.at += 1;
            self.take_while(|letter| letter.is_ascii_digit());
        }
        if whole.is_empty() {
            return Err(Mistake::new("`-` without a number", "Write a number such as -1 or -0.5"));
        }
        Ok(self.text.get(begin..self.at).unwrap_or_default().to_owned())
    }
}
