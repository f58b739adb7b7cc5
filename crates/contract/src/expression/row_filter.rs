//! Which rows a table keeps (`apply.keep`).

use super::lexer::{Token, Word, tokens, written_name, written_text};
use crate::{Mistake, limits};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A condition on the columns of a row.
///
/// ```
/// use sluice_contract::RowFilter;
///
/// let keep: RowFilter = "country in ('AT', 'DE') and not (status = 'test' or amount <= 0)".parse().unwrap();
/// assert_eq!(keep.columns().into_iter().collect::<Vec<_>>(), ["amount", "country", "status"]);
/// let mistake = "country == 'AT'".parse::<RowFilter>().unwrap_err();
/// assert!(mistake.message.contains("value is missing"), "{mistake}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowFilter {
    /// All of them hold.
    All(Vec<RowFilter>),
    /// One of them holds.
    Any(Vec<RowFilter>),
    /// It does not hold.
    Not(Box<RowFilter>),
    /// `column < value`.
    Compare {
        /// Column on the left.
        column: String,
        /// How.
        by: Comparison,
        /// What it is compared with.
        with: Operand,
    },
    /// `column in (value, …)`.
    In {
        /// Column.
        column: String,
        /// Texts of values of its type.
        values: Vec<String>,
    },
    /// `column is null`.
    IsNull {
        /// Column.
        column: String,
    },
    /// `column like 'pattern'`: `%` is any letters, `_` is one.
    Like {
        /// Column.
        column: String,
        /// Pattern.
        pattern: String,
    },
}

/// What a column is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// The text of a value of its type.
    Value(String),
    /// Another column of its type.
    Column(String),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    const ALL: [Self; 6] =
        [Self::Equal, Self::NotEqual, Self::Less, Self::LessOrEqual, Self::Greater, Self::GreaterOrEqual];

    /// The sign in an expression.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether it needs values that have an order.
    #[must_use]
    pub fn is_of_order(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual)
    }
}

impl RowFilter {
    /// Columns that it reads.
    #[must_use]
    pub fn columns(&self) -> BTreeSet<&str> {
        let mut columns = BTreeSet::new();
        self.each(&mut |part| match part {
            Self::Compare { column, with, .. } => {
                columns.insert(column.as_str());
                if let Operand::Column(other) = with {
                    columns.insert(other);
                }
            }
            Self::In { column, .. } | Self::IsNull { column } | Self::Like { column, .. } => {
                columns.insert(column);
            }
            Self::All(_) | Self::Any(_) | Self::Not(_) => {}
        });
        columns
    }

    /// Calls `take` with every part, itself first.
    pub fn each<'f>(&'f self, take: &mut impl FnMut(&'f Self)) {
        take(self);
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each(take)),
            Self::Not(part) => part.each(take),
            _ => {}
        }
    }
}

const EXAMPLE: &str = "Write for example keep: \"country = 'AT' and amount > 0\"; there are and, or, not, in, is null, like and comparisons";

impl FromStr for RowFilter {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        let tokens = tokens(text)?;
        let mut reader = Reader { tokens: &tokens, at: 0 };
        let filter = reader.any(0)?;
        if reader.peek().is_some() { Err(wrong("Something follows the condition")) } else { Ok(filter) }
    }
}

fn wrong(message: impl Into<String>) -> Mistake {
    Mistake::new(message, EXAMPLE)
}

struct Reader<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<&'t Word> {
        self.tokens.get(self.at).map(|token| &token.word)
    }

    /// Takes the next word if it is this one, a word of the language in any case.
    fn takes(&mut self, wanted: &str) -> bool {
        let is = match self.peek() {
            Some(Word::Sign(sign)) => *sign == wanted,
            Some(Word::Name(name)) => matches!(name.as_slice(), [name] if name.eq_ignore_ascii_case(wanted)),
            _ => false,
        };
        self.at += usize::from(is);
        is
    }

    fn any(&mut self, depth: usize) -> Result<RowFilter, Mistake> {
        self.joined(depth, "or", Self::all, RowFilter::Any)
    }

    fn all(&mut self, depth: usize) -> Result<RowFilter, Mistake> {
        self.joined(depth, "and", Self::one, RowFilter::All)
    }

    fn joined(
        &mut self,
        depth: usize,
        word: &str,
        part: impl Fn(&mut Self, usize) -> Result<RowFilter, Mistake>,
        join: impl Fn(Vec<RowFilter>) -> RowFilter,
    ) -> Result<RowFilter, Mistake> {
        let first = part(self, depth)?;
        let mut parts = vec![first];
        while self.takes(word) {
            parts.push(part(self, depth)?);
        }
        Ok(if parts.len() == 1 { parts.swap_remove(0) } else { join(parts) })
    }

    fn one(&mut self, depth: usize) -> Result<RowFilter, Mistake> {
        if depth > limits::EXPRESSION_DEPTH_MAX {
            let message = format!("More than {} conditions in each other", limits::EXPRESSION_DEPTH_MAX);
            return Err(Mistake::new(message, "Write fewer"));
        }
        if self.takes("not") {
            return Ok(RowFilter::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.takes("(") {
            let inside = self.any(depth + 1)?;
            return if self.takes(")") { Ok(inside) } else { Err(wrong("`)` is missing")) };
        }
        self.predicate()
    }

    fn predicate(&mut self) -> Result<RowFilter, Mistake> {
        let column = self.column().ok_or_else(|| wrong("The name of a column is missing"))??;
        if self.takes("is") {
            let is_not = self.takes("not");
            if !self.takes("null") {
                return Err(wrong("`null` is missing after `is`"));
            }
            return Ok(negated(RowFilter::IsNull { column }, is_not));
        }
        let is_not = self.takes("not");
        if self.takes("in") {
            return Ok(negated(RowFilter::In { column, values: self.values()? }, is_not));
        }
        if self.takes("like") {
            let Some(Word::Text(pattern)) = self.peek() else {
                return Err(wrong("like needs a text in single quotes"));
            };
            self.at += 1;
            return Ok(negated(RowFilter::Like { column, pattern: pattern.clone() }, is_not));
        }
        if is_not {
            return Err(wrong("`in` or `like` is missing after `not`"));
        }
        let by = Comparison::ALL.into_iter().find(|by| self.takes(by.as_str()));
        let by = by.ok_or_else(|| wrong(format!("A comparison is missing after `{column}`")))?;
        let with = match self.value() {
            Some(value) => Operand::Value(value),
            None => {
                let missing = || wrong(format!("A value is missing after `{}`", by.as_str()));
                Operand::Column(self.column().ok_or_else(missing)??)
            }
        };
        Ok(RowFilter::Compare { column, by, with })
    }

    fn values(&mut self) -> Result<Vec<String>, Mistake> {
        let mut values = Vec::new();
        let mut goes_on = self.takes("(");
        while goes_on {
            values.push(self.value().ok_or_else(|| wrong("A value is missing in the list of `in`"))?);
            goes_on = self.takes(",");
        }
        if values.is_empty() || !self.takes(")") {
            return Err(wrong("`in` needs values in brackets"));
        }
        Ok(values)
    }

    /// A text, a number, `true` or `false`.
    fn value(&mut self) -> Option<String> {
        let value = match self.peek()? {
            Word::Text(text) => text.clone(),
            Word::Number(number) => number.clone(),
            Word::Name(name) => match name.as_slice() {
                [word] if word.eq_ignore_ascii_case("true") => "true".to_owned(),
                [word] if word.eq_ignore_ascii_case("false") => "false".to_owned(),
                _ => return None,
            },
            Word::Sign(_) => return None,
        };
        self.at += 1;
        Some(value)
    }

    fn column(&mut self) -> Option<Result<String, Mistake>> {
        let Word::Name(path) = self.peek()? else { return None };
        self.at += 1;
        Some(match path.as_slice() {
            [name] => Ok(name.clone()),
            path => {
                let fix = "Make a column of it in the schema: {name: city, type: string, from: address.city}";
                Err(Mistake::new(format!("`{}` is no column: keep reads columns of the table", path.join(".")), fix))
            }
        })
    }
}

fn negated(filter: RowFilter, is_not: bool) -> RowFilter {
    if is_not { RowFilter::Not(Box::new(filter)) } else { filter }
}

impl fmt::Display for RowFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = |name: &String| written_name(std::slice::from_ref(name));
        let joined =
            |parts: &[Self], word: &str| parts.iter().map(|part| format!("({part})")).collect::<Vec<_>>().join(word);
        match self {
            Self::All(parts) => f.write_str(&joined(parts, " and ")),
            Self::Any(parts) => f.write_str(&joined(parts, " or ")),
            Self::Not(part) => write!(f, "not ({part})"),
            Self::Compare { column: left, by, with: Operand::Value(value) } => {
                write!(f, "{} {} {}", column(left), by.as_str(), written_text(value))
            }
            Self::Compare { column: left, by, with: Operand::Column(right) } => {
                write!(f, "{} {} {}", column(left), by.as_str(), column(right))
            }
            Self::In { column: name, values } => {
                let values: Vec<String> = values.iter().map(|value| written_text(value)).collect();
                write!(f, "{} in ({})", column(name), values.join(", "))
            }
            Self::IsNull { column: name } => write!(f, "{} is null", column(name)),
            Self::Like { column: name, pattern } => write!(f, "{} like {}", column(name), written_text(pattern)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RowFilter;
    use crate::limits;

    #[test]
    fn a_condition_is_read_as_it_is_printed() {
        for (text, printed) in [
            ("a = 1", "a = '1'"),
            ("a <> 'x''y' AND b >= -1.5", "(a != 'x''y') and (b >= '-1.5')"),
            ("not a is not null or b in ('x', 2)", "(not (not (a is null))) or (b in ('x', '2'))"),
            ("(a like 'x%' or a not like '_') and c = true", "((a like 'x%') or (not (a like '_'))) and (c = 'true')"),
            ("\"Customer No\" < other", "\"Customer No\" < other"),
            ("a not in ('x')", "not (a in ('x'))"),
        ] {
            let filter: RowFilter = text.parse().unwrap_or_else(|mistake| panic!("{text}: {mistake}"));
            assert_eq!(filter.to_string(), printed);
            assert_eq!(printed.parse::<RowFilter>().unwrap(), filter, "{printed}");
        }
    }

    #[test]
    fn what_is_no_condition_says_why() {
        let deep = "(".repeat(limits::EXPRESSION_DEPTH_MAX + 2);
        for (text, says) in [
            ("", "name of a column"),
            ("a", "comparison is missing"),
            ("a =", "value is missing"),
            ("a = 1 b", "follows"),
            ("a in ()", "value is missing in the list"),
            ("a in 1", "in brackets"),
            ("a is 1", "`null` is missing"),
            ("a not = 1", "missing after `not`"),
            ("a like b", "single quotes"),
            ("(a = 1", "`)` is missing"),
            ("address.city = 'x'", "is no column"),
            ("now() > 1", "comparison is missing"),
            (&deep, "in each other"),
        ] {
            let mistake = text.parse::<RowFilter>().unwrap_err();
            assert!(mistake.to_string().contains(says), "{text}: {mistake}");
        }
    }
}
