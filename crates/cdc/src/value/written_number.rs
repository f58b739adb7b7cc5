//! Texts of numbers with marks that the contract says.

use sluice_contract::NumberMarks;

/// Blanks that stand between thousands: a usual one, and those at which no line breaks.
const BLANKS: [char; 4] = [' ', '\u{a0}', '\u{202f}', '\u{2009}'];

/// A number with a point before its fraction and nothing between thousands; `None` if the text is none. A mark stands
/// between all groups of three digits or between none. The sign stands before or behind the number.
pub(crate) fn plain(marks: NumberMarks, text: &str) -> Option<String> {
    const MINUS: [char; 2] = ['-', '\u{2212}'];
    let (sign, unsigned) = match (text.strip_prefix(MINUS), text.strip_suffix(MINUS), text.strip_prefix('+')) {
        (Some(rest), None, _) | (None, Some(rest), None) => ("-", rest),
        (None, None, Some(rest)) => ("", rest),
        (None, None, None) => ("", text),
        _ => return None,
    };
    let (whole, fraction) = match unsigned.split_once(marks.decimal()) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !fraction.is_none_or(is_digits) || (whole.is_empty() && fraction.is_none()) {
        return None;
    }
    let groups: Vec<&str> = match marks.thousands() {
        Some(mark) => whole.split(|letter| is_mark(mark, letter)).collect(),
        None => vec![whole],
    };
    let fits = match groups.as_slice() {
        [one] => one.is_empty() || is_digits(one),
        [first, rest @ ..] => {
            is_digits(first) && first.len() <= 3 && rest.iter().all(|group| is_digits(group) && group.len() == 3)
        }
        [] => false,
    };
    let whole = if whole.is_empty() { "0".to_owned() } else { groups.concat() };
    fits.then(|| fraction.map_or_else(|| format!("{sign}{whole}"), |fraction| format!("{sign}{whole}.{fraction}")))
}

/// Whether a letter is the mark: one blank is as good as another, and one apostrophe.
fn is_mark(mark: char, letter: char) -> bool {
    let both = |marks: &[char]| marks.contains(&mark) && marks.contains(&letter);
    mark == letter || both(&BLANKS) || both(&['\'', '\u{2019}'])
}

#[cfg(test)]
mod tests {
    use super::plain;
    use sluice_contract::NumberMarks;

    #[test]
    fn a_number_is_read_with_the_marks_that_are_said() {
        for (decimal, thousands, text, expected) in [
            (".", ",", "1,234.50", Some("1234.50")),
            (".", ",", "1234.5", Some("1234.5")),
            (".", ",", "1,234", Some("1234")),
            (",", ".", "1.234", Some("1234")),
            (",", ".", "-1.234.567,5", Some("-1234567.5")),
            (",", ".", "1.234,50-", Some("-1234.50")),
            (",", "", "1,234", Some("1.234")),
            (",", " ", "1 234\u{a0}567,8", Some("1234567.8")),
            (".", "'", "1\u{2019}234.5", Some("1234.5")),
            (",", ".", "+7", Some("7")),
            (",", ".", ",5", Some("0.5")),
            (".", ",", "\u{2212}3", Some("-3")),
            (".", ",", "1.234,50", None),
            (".", ",", "12,34", None),
            (".", ",", "1,2345", None),
            (".", ",", "1234,567", None),
            (",", "", "1.234", None),
            (",", ".", "5,", None),
            (",", ".", "", None),
            (",", ".", "-", None),
            (",", ".", "-5-", None),
            (",", ".", "1,2,3", None),
            (",", ".", "1 EUR", None),
            (",", ".", "1e3", None),
            (".", ",", ",234", None),
        ] {
            let marks = NumberMarks::new(decimal, thousands).unwrap();
            assert_eq!(plain(marks, text).as_deref(), expected, "{decimal} {thousands} {text}");
        }
    }
}
