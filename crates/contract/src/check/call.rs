//! How a check is written: `name(argument, …) [operator number]`.

use super::compare::Compare;
use crate::problem::Mistake;
use std::fmt;

/// A check as written, its arguments not yet understood.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// The whole expression.
    pub(crate) text: &'a str,
    /// What stands before the bracket, in lower case.
    pub(crate) name: String,
    /// What stands in the brackets, and before it the column whose constraint this is.
    pub(crate) arguments: Vec<Argument>,
    /// What stands behind the bracket.
    pub(crate) compare: Option<(Compare, f64)>,
}

impl<'a> Call<'a> {
    /// Reads an expression. `column` stands in for the missing first argument.
    pub(crate) fn parse(text: &'a str, column: Option<&str>) -> Result<Self, Mistake> {
        let text = text.trim();
        let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
        let mut arguments: Vec<Argument> = column.map(Argument::of_name).into_iter().collect();
        let mut rest = text[end..].trim_start();
        if let Some(inside) = rest.strip_prefix('(') {
            let close = closing_bracket(inside).ok_or_else(|| {
                Mistake::new(format!("`{text}` lacks a closing bracket or quote"), "Correct the check")
            })?;
            arguments.extend(list(&inside[..close]));
            rest = inside[close + 1..].trim_start();
        }
        Ok(Self { text, name: text[..end].to_ascii_lowercase(), arguments, compare: comparison(text, rest)? })
    }

    /// The arguments as columns or values, if their number `fits`.
    pub(crate) fn texts(
        &self,
        fits: impl Fn(usize) -> bool,
        example: &'static str,
    ) -> Result<std::vec::IntoIter<String>, Mistake> {
        if !fits(self.arguments.len()) {
            return Err(self.wrong_arguments(example));
        }
        Ok(self.arguments.iter().map(Argument::text).collect::<Vec<_>>().into_iter())
    }

    /// The comparison, for a check that needs one.
    pub(crate) fn compared(&self, example: &'static str) -> Result<(Compare, f64), Mistake> {
        self.compare.ok_or_else(|| {
            let fix = format!("Write for example {example}");
            Mistake::new(format!("`{}` needs a comparison", self.text), fix)
        })
    }

    /// An error if there is a comparison, for a check that takes none.
    pub(crate) fn without_comparison(&self, example: &'static str) -> Result<(), Mistake> {
        match self.compare {
            None => Ok(()),
            Some(_) => Err(Mistake::new(format!("{} takes no comparison", self.name), format!("Write {example}"))),
        }
    }

    /// The mistake of arguments that are not those of the check.
    pub(crate) fn wrong_arguments(&self, example: &'static str) -> Mistake {
        Mistake::new(format!("`{}` has the wrong arguments", self.text), format!("Write {example}"))
    }
}

/// An argument as written, quotes and brackets included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Argument(String);

impl Argument {
    fn of_name(name: &str) -> Self {
        Self(Written(name).to_string())
    }

    /// The name or value: without the quotes, `''` in quotes as one quote.
    pub(crate) fn text(&self) -> String {
        let mut text = String::with_capacity(self.0.len());
        let mut quoted = false;
        let mut chars = self.0.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '\'' {
                text.push(c);
            } else if quoted && chars.next_if_eq(&'\'').is_some() {
                text.push('\'');
            } else {
                quoted = !quoted;
            }
        }
        text
    }

    /// The names in brackets; `None` if it is not in brackets.
    pub(crate) fn bracketed(&self) -> Option<Vec<Self>> {
        Some(list(self.0.strip_prefix('(')?.strip_suffix(')')?))
    }

    /// Its parts between the dots.
    pub(crate) fn dotted(&self) -> Vec<Self> {
        split(&self.0, '.').into_iter().map(|part| Self(part.trim().to_owned())).collect()
    }
}

/// A name or value as it is written in a check, so that it is read as one argument.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written<'a>(pub(crate) &'a str);

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = *self;
        let plain = !text.is_empty() && text.trim() == text && !text.contains(['\'', '(', ')', ',']);
        if plain { f.write_str(text) } else { Quoted(text).fmt(f) }
    }
}

/// A text in quotes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.0.replace('\'', "''"))
    }
}

/// Names with commas between them.
pub(crate) fn names(f: &mut fmt::Formatter<'_>, names: &[String]) -> fmt::Result {
    for (at, name) in names.iter().enumerate() {
        let comma = if at > 0 { ", " } else { "" };
        write!(f, "{comma}{}", Written(name))?;
    }
    Ok(())
}

/// Names in brackets.
pub(crate) fn bracketed(f: &mut fmt::Formatter<'_>, columns: &[String]) -> fmt::Result {
    f.write_str("(")?;
    names(f, columns)?;
    f.write_str(")")
}

/// The arguments between commas; none if there is nothing.
fn list(inside: &str) -> Vec<Argument> {
    if inside.trim().is_empty() {
        return Vec::new();
    }
    split(inside, ',').into_iter().map(|part| Argument(part.trim().to_owned())).collect()
}

/// Splits at a separator outside of quotes and inner brackets.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0_usize, false);
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            c if c == separator && !quoted && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// The byte of the bracket that closes what was opened before `text`.
fn closing_bracket(text: &str) -> Option<usize> {
    let (mut depth, mut quoted) = (0_usize, false);
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted && depth == 0 => return Some(at),
            ')' if !quoted => depth -= 1,
            _ => {}
        }
    }
    None
}

fn comparison(text: &str, rest: &str) -> Result<Option<(Compare, f64)>, Mistake> {
    if rest.is_empty() {
        return Ok(None);
    }
    let Some((compare, sign, number)) = Compare::strip(rest) else {
        let message = format!("`{rest}` in `{text}` is not a comparison");
        return Err(Mistake::new(message, "Use <, <=, >, >=, = or !="));
    };
    let number = number.trim();
    let limit = number.parse::<f64>().map_err(|_| {
        let message = format!("`{number}` in `{text}` is not a number");
        Mistake::new(message, format!("Write for example {sign} 0.01"))
    })?;
    Ok(Some((compare, limit)))
}

#[cfg(test)]
mod tests {
    use super::{Argument, Call, Written};

    fn texts(text: &str) -> Vec<String> {
        Call::parse(text, None).unwrap().arguments.iter().map(Argument::text).collect()
    }

    #[test]
    fn arguments_end_at_commas_outside_of_quotes_and_brackets() {
        assert_eq!(texts("f( a , 'b, c' ,(d, e),'it''s)','')"), ["a", "b, c", "(d, e)", "it's)", ""]);
        assert_eq!(texts("f()"), [""; 0]);
        assert_eq!(texts("f"), [""; 0]);
        assert!(Call::parse("f(a, (b)", None).is_err());
        assert!(Call::parse("f('a)", None).is_err());
    }

    #[test]
    fn inner_lists_and_dots_are_read() {
        let call = Call::parse("f((a, 'b.c'), shop.'t.u'.(x, y))", None).unwrap();
        let inner = call.arguments[0].bracketed().unwrap();
        assert_eq!(inner.iter().map(Argument::text).collect::<Vec<_>>(), ["a", "b.c"]);
        let dotted = call.arguments[1].dotted();
        assert_eq!(dotted.iter().map(Argument::text).collect::<Vec<_>>(), ["shop", "t.u", "(x, y)"]);
        assert_eq!(dotted[2].bracketed().unwrap().len(), 2);
    }

    #[test]
    fn what_is_written_is_read_as_one_argument() {
        for text in ["a", "a b", "a.b", "a,b", "a(b)", "it's", " a", "", "ש", "2024-01-01 00:00:00.5"] {
            assert_eq!(texts(&format!("f({}, z)", Written(text))), [text, "z"]);
        }
    }
}
