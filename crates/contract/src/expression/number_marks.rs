//! How numbers are written: the mark before their fraction, and the one between their thousands.

use crate::Mistake;

/// The two marks of a number. Both are said, because `1.234` is another number with each.
///
/// ```
/// use sluice_contract::NumberMarks;
///
/// let marks = NumberMarks::new(",", ".").unwrap();
/// assert_eq!((marks.decimal(), marks.thousands()), (',', Some('.')));
/// assert!(NumberMarks::new(".", ".").is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberMarks {
    decimal: char,
    thousands: Option<char>,
}

impl NumberMarks {
    /// The marks as a contract writes them; nothing between thousands is an empty text.
    ///
    /// # Errors
    /// When one is no single mark, or both are the same.
    pub fn new(decimal: &str, thousands: &str) -> Result<Self, Mistake> {
        let wrong = || {
            let message = format!("`{decimal}` and `{thousands}` are no marks of a number");
            let fix =
                "Write the mark before the fraction, then the one between thousands or '': parse_number(x, '.', ',')";
            Mistake::new(message, fix)
        };
        let mark = |text: &str| {
            let mut letters = text.chars();
            let first = letters.next().filter(|letter| !letter.is_alphanumeric() && !"+-\u{2212}".contains(*letter))?;
            letters.next().is_none().then_some(first)
        };
        let decimal = mark(decimal).filter(|mark| !mark.is_whitespace()).ok_or_else(wrong)?;
        let thousands = match thousands {
            "" => None,
            text => Some(mark(text).filter(|mark| *mark != decimal).ok_or_else(wrong)?),
        };
        Ok(Self { decimal, thousands })
    }

    /// The mark before the fraction.
    #[must_use]
    pub fn decimal(&self) -> char {
        self.decimal
    }

    /// The mark between thousands, if there is one.
    #[must_use]
    pub fn thousands(&self) -> Option<char> {
        self.thousands
    }
}

#[cfg(test)]
mod tests {
    use super::NumberMarks;

    #[test]
    fn marks_are_single_and_differ() {
        for (decimal, thousands) in [(".", ","), (",", "."), (",", ""), (",", " "), (".", "'"), (".", "\u{202f}")] {
            assert!(NumberMarks::new(decimal, thousands).is_ok(), "{decimal} {thousands}");
        }
        for (decimal, thousands) in [("", ","), (",", ","), ("..", ","), (".", ",,"), ("1", ""), (".", "-"), (" ", "")]
        {
            assert!(NumberMarks::new(decimal, thousands).is_err(), "{decimal} {thousands}");
        }
    }
}
