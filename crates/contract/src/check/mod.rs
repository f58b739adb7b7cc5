//! Quality checks, parsed from the expressions of the contract.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a failing check does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Reported; the version becomes visible.
    Warn,
    /// The version does not become visible.
    Fail,
}

/// A comparison with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// `<`.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
    /// `=` or `==`.
    Equal,
    /// `!=`.
    NotEqual,
}

impl Compare {
    /// The operator as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "=",
            Self::NotEqual => "!=",
        }
    }

    /// Whether `observed` stands in this relation to `limit`.
    #[must_use]
    pub fn holds(self, observed: f64, limit: f64) -> bool {
        match self {
            Self::Less => observed < limit,
            Self::LessOrEqual => observed <= limit,
            Self::Greater => observed > limit,
            Self::GreaterOrEqual => observed >= limit,
            Self::Equal => (observed - limit).abs() < f64::EPSILON,
            Self::NotEqual => (observed - limit).abs() >= f64::EPSILON,
        }
    }
}

/// A check.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// `row_count > 0`.
    RowCount {
        /// Relation.
        compare: Compare,
        /// Rows.
        limit: f64,
    },
    /// `null_percentage(column) < 0.01`: share of nulls, 0 to 1.
    NullPercentage {
        /// Column.
        column: String,
        /// Relation.
        compare: Compare,
        /// Share.
        limit: f64,
    },
    /// `not_null(column)`.
    NotNull {
        /// Column.
        column: String,
    },
    /// `unique(column, ...)`: no two rows with the same values, nulls left out.
    Unique {
        /// Columns.
        columns: Vec<String>,
    },
    /// `accepted_values(column, 'a', 'b')`: null is accepted.
    AcceptedValues {
        /// Column.
        column: String,
        /// Texts.
        values: Vec<String>,
    },
    /// `min_value(column, 0)`: null is accepted.
    MinValue {
        /// Column.
        column: String,
        /// Literal as written: a number, or a date or time text.
        limit: String,
    },
    /// `max_value(column, 100)`: null is accepted.
    MaxValue {
        /// Column.
        column: String,
        /// Literal as written: a number, or a date or time text.
        limit: String,
    },
}

impl Check {
    /// Reads an expression of `quality[].check`, or of a column's `constraints[]`, where `column`
    /// stands in for the missing first argument.
    ///
    /// # Errors
    /// A sentence with the mend.
    pub fn parse(text: &str, column: Option<&str>) -> Result<Self, String> {
        let call = Call::parse(text)?;
        let mut arguments = call.arguments;
        if let Some(column) = column {
            arguments.insert(0, column.to_owned());
        }
        let count = arguments.len();
        let mut next = arguments.into_iter();
        let mut take = || next.next().unwrap_or_default();
        let compared = || {
            call.compare
                .ok_or_else(|| format!("`{text}` compares with nothing. Write for example {} < 0.01", call.example))
        };
        let plain = |check: Self| match call.compare {
            None => Ok(check),
            Some(_) => Err(format!("{} takes no comparison. Write {}", call.name, call.example)),
        };
        let want = |fits: bool| {
            if fits { Ok(()) } else { Err(format!("`{text}` has the wrong arguments. Write {}", call.example)) }
        };
        match call.name.as_str() {
            "row_count" => {
                want(count == 0 || column.is_some())?;
                let (compare, limit) = compared()?;
                Ok(Self::RowCount { compare, limit })
            }
            "null_percentage" => {
                want(count == 1)?;
                let (compare, limit) = compared()?;
                Ok(Self::NullPercentage { column: take(), compare, limit })
            }
            "not_null" => want(count == 1).and_then(|()| plain(Self::NotNull { column: take() })),
            "unique" => {
                want(count >= 1)?;
                let columns = std::iter::repeat_with(take).take(count).collect();
                plain(Self::Unique { columns })
            }
            "accepted_values" => {
                want(count >= 2)?;
                let column = take();
                let values = std::iter::repeat_with(take).take(count - 1).collect();
                plain(Self::AcceptedValues { column, values })
            }
            "min_value" => want(count == 2).and_then(|()| plain(Self::MinValue { column: take(), limit: take() })),
            "max_value" => want(count == 2).and_then(|()| plain(Self::MaxValue { column: take(), limit: take() })),
            other => Err(format!(
                "`{other}` is not a check. Use row_count, null_percentage, not_null, unique, accepted_values, \
                 min_value or max_value"
            )),
        }
    }

    /// Columns that the check reads.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::RowCount { .. } => Vec::new(),
            Self::Unique { columns } => columns.iter().map(String::as_str).collect(),
            Self::NullPercentage { column, .. }
            | Self::NotNull { column }
            | Self::AcceptedValues { column, .. }
            | Self::MinValue { column, .. }
            | Self::MaxValue { column, .. } => vec![column],
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RowCount { compare, limit } => write!(f, "row_count {} {limit}", compare.as_str()),
            Self::NullPercentage { column, compare, limit } => {
                write!(f, "null_percentage({column}) {} {limit}", compare.as_str())
            }
            Self::NotNull { column } => write!(f, "not_null({column})"),
            Self::Unique { columns } => write!(f, "unique({})", columns.join(", ")),
            Self::AcceptedValues { column, values } => {
                write!(f, "accepted_values({column}")?;
                for value in values {
                    write!(f, ", '{}'", value.replace('\'', "''"))?;
                }
                f.write_str(")")
            }
            Self::MinValue { column, limit } => write!(f, "min_value({column}, {limit})"),
            Self::MaxValue { column, limit } => write!(f, "max_value({column}, {limit})"),
        }
    }
}

/// A check of a contract.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckRule {
    /// The check.
    pub check: Check,
    /// What happens when it does not hold.
    pub severity: Severity,
    /// Line in the contract, from 1; 0 if unknown.
    pub line: u32,
}

/// `name(argument, ...) [operator number]`.
struct Call {
    name: String,
    arguments: Vec<String>,
    compare: Option<(Compare, f64)>,
    example: &'static str,
}

impl Call {
    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
        let name = text[..end].to_ascii_lowercase();
        let mut rest = text[end..].trim_start();
        let mut arguments = Vec::new();
        if let Some(inside) = rest.strip_prefix('(') {
            let (parsed, after) =
                arguments_until_bracket(inside).ok_or_else(|| format!("`{text}` lacks a closing bracket or quote"))?;
            arguments = parsed;
            rest = after.trim_start();
        }
        let example = match name.as_str() {
            "row_count" => "row_count > 0",
            "null_percentage" => "null_percentage(user_id)",
            "unique" => "unique(order_id, line_no)",
            "accepted_values" => "accepted_values(status, 'new', 'paid')",
            "min_value" => "min_value(amount, 0)",
            "max_value" => "max_value(amount, 10000)",
            _ => "not_null(user_id)",
        };
        Ok(Self { name, arguments, compare: comparison(text, rest)?, example })
    }
}

fn comparison(text: &str, rest: &str) -> Result<Option<(Compare, f64)>, String> {
    if rest.is_empty() {
        return Ok(None);
    }
    let operators = [
        ("<=", Compare::LessOrEqual),
        (">=", Compare::GreaterOrEqual),
        ("==", Compare::Equal),
        ("!=", Compare::NotEqual),
        ("<>", Compare::NotEqual),
        ("<", Compare::Less),
        (">", Compare::Greater),
        ("=", Compare::Equal),
    ];
    for (sign, compare) in operators {
        if let Some(number) = rest.strip_prefix(sign) {
            let number = number.trim();
            let limit = number
                .parse::<f64>()
                .map_err(|_| format!("`{number}` in `{text}` is not a number. Write for example {sign} 0.01"))?;
            return Ok(Some((compare, limit)));
        }
    }
    Err(format!("`{rest}` in `{text}` is not a comparison. Use <, <=, >, >=, = or !="))
}

/// Splits at commas outside quotes up to the closing bracket; `''` in quotes is one quote.
fn arguments_until_bracket(text: &str) -> Option<(Vec<String>, &str)> {
    let mut arguments = Vec::new();
    let mut current = String::new();
    let mut quoted = false;
    let mut any = false;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' if quoted && chars.peek().is_some_and(|(_, next)| *next == '\'') => {
                current.push('\'');
                chars.next();
            }
            '\'' => {
                quoted = !quoted;
                any = true;
            }
            ',' if !quoted => {
                arguments.push(std::mem::take(&mut current));
                any = true;
            }
            ')' if !quoted => {
                if any || !current.trim().is_empty() {
                    arguments.push(current);
                }
                return Some((arguments, &text[at + 1..]));
            }
            c if quoted || !c.is_whitespace() || !current.is_empty() => current.push(c),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Check, Compare};

    #[test]
    fn expressions_of_the_seed_format_parse() {
        assert_eq!(
            Check::parse("row_count > 0", None).unwrap(),
            Check::RowCount { compare: Compare::Greater, limit: 0.0 }
        );
        assert_eq!(
            Check::parse("null_percentage(user_id) < 0.01", None).unwrap().to_string(),
            "null_percentage(user_id) < 0.01"
        );
        assert_eq!(
            Check::parse("min_value(0)", Some("amount")).unwrap(),
            Check::MinValue { column: "amount".into(), limit: "0".into() }
        );
    }

    #[test]
    fn quotes_brackets_and_commas_stay_inside_values() {
        let check = Check::parse("accepted_values(status, 'a,b', 'it''s)', '')", None).unwrap();
        let Check::AcceptedValues { values, .. } = &check else { unreachable!() };
        assert_eq!(values, &["a,b", "it's)", ""]);
        assert_eq!(Check::parse(&check.to_string(), None).unwrap(), check);
    }

    #[test]
    fn mistakes_name_the_mend() {
        for text in ["row_count", "nul_percentage(x) < 1", "unique()", "row_count > many", "not_null(x", "min_value(a)"]
        {
            assert!(Check::parse(text, None).is_err(), "{text}");
        }
    }
}
