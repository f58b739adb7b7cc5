//! Places in error messages.

/// Line and column of a message such as `… (line 3, column 5)`.
pub(crate) fn place_in(message: &str) -> Option<(u32, u32)> {
    let lower = message.to_lowercase();
    let number_after = |word: &str| -> Option<u32> {
        let rest = lower.get(lower.rfind(word)? + word.len()..)?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    let line = number_after("line ")?;
    Some((line, number_after("column ").unwrap_or(1)))
}

#[cfg(test)]
mod tests {
    use super::place_in;

    #[test]
    fn a_place_is_read_from_the_end() {
        assert_eq!(place_in("Column line is unknown (line 3, column 15)"), Some((3, 15)));
        assert_eq!(place_in("No memory left"), None);
    }
}
