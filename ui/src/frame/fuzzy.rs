//! Fuzzy matching for the palette.

/// A match: higher scores are better; positions are character indices to be highlighted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Match {
    pub score: i32,
    pub positions: Vec<usize>,
}

/// Matches every word of `pattern` against `text`, ignoring case.
/// A run of characters, a start of a word and an early place score higher.
pub(super) fn fuzzy(pattern: &str, text: &str) -> Option<Match> {
    let chars: Vec<char> = text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect();
    let mut all = Match { score: 0, positions: Vec::new() };
    for word in pattern.split_whitespace() {
        let wanted: Vec<char> = word.chars().flat_map(char::to_lowercase).collect();
        let found = (0..chars.len())
            .filter(|start| chars.get(*start) == wanted.first())
            .filter_map(|start| from(&wanted, &chars, start))
            .max_by_key(|found| found.score)?;
        all.score += found.score;
        all.positions.extend(found.positions);
    }
    Some(all)
}

fn from(wanted: &[char], chars: &[char], start: usize) -> Option<Match> {
    let mut positions = Vec::with_capacity(wanted.len());
    let mut at = start;
    for letter in wanted {
        let found = chars.iter().skip(at).position(|c| c == letter)? + at;
        positions.push(found);
        at = found + 1;
    }
    let starts_word =
        |position: usize| position == 0 || chars.get(position - 1).is_some_and(|before| !before.is_alphanumeric());
    let mut score = 0;
    for (index, position) in positions.iter().enumerate() {
        if index > 0 && positions.get(index - 1) == Some(&(position - 1)) {
            score += 8;
        }
        if starts_word(*position) {
            score += if index == 0 { 10 } else { 4 };
        }
    }
    let spread = positions.last().copied().unwrap_or_default() - start;
    score -= i32::try_from(spread.min(100)).unwrap_or_default();
    score -= i32::try_from(start.min(100)).unwrap_or_default() / 4;
    score -= i32::try_from(chars.len().min(200)).unwrap_or_default() / 4;
    // Scattered letters are noise.
    (spread <= wanted.len() + 2).then_some(Match { score, positions })
}

#[cfg(test)]
mod tests {
    use super::fuzzy;

    #[test]
    fn runs_and_word_starts_win() {
        let score = |text| fuzzy("ord", text).map(|found| found.score).unwrap_or(i32::MIN);
        assert!(score("silver.shop.orders") > score("record"));
        assert!(score("orders") > score("silver.shop.orders"));
        assert_eq!(fuzzy("xyz", "orders"), None);
        assert!(fuzzy("switch dark", "Switch between dark and light").is_some());
        assert_eq!(fuzzy("ord", "shop.orders").map(|found| found.positions), Some(vec![5, 6, 7]));
    }
}
