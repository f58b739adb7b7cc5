//! Fuzzy matching for the palette.

/// A match: higher scores are better; positions are character indices to be highlighted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Match {
    pub score: i32,
    pub positions: Vec<usize>,
}

/// Matches `pattern` against `text`, ignoring case and spaces in the pattern.
/// A run of characters, a start of a word and an early place score higher.
pub(super) fn fuzzy(pattern: &str, text: &str) -> Option<Match> {
    let wanted: Vec<char> = pattern.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    if wanted.is_empty() {
        return Some(Match { score: 0, positions: Vec::new() });
    }
    let chars: Vec<char> = text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect();
    (0..chars.len())
        .filter(|start| chars.get(*start) == wanted.first())
        .filter_map(|start| from(&wanted, &chars, start))
        .max_by_key(|found| found.score)
}

fn from(wanted: &[char], chars: &[char], start: usize) -> Option<Match> {
    let mut positions = Vec::with_capacity(wanted.len());
    let mut at = start;
    for letter in wanted {
        let found = chars.iter().skip(at).position(|c| c == letter)? + at;
        positions.push(found);
        at = found + 1;
    }
    let starts_word = |position: usize| {
        position == 0 || chars.get(position - 1).is_some_and(|before| !before.is_alphanumeric())
    };
    let mut score = 0;
    for (index, position) in positions.iter().enumerate() {
        if index > 0 && positions.get(index - 1) == Some(&(position - 1)) {
            score += 8;
        }
        if starts_word(*position) {
            score += 6;
        }
    }
    let spread = positions.last().copied().unwrap_or_default() - start;
    score -= i32::try_from(spread.min(100)).unwrap_or_default();
    score -= i32::try_from(start.min(100)).unwrap_or_default() / 4;
    score -= i32::try_from(chars.len().min(200)).unwrap_or_default() / 16;
    // Scattered letters over a long text are noise.
    (spread < wanted.len() * 4 + 4).then_some(Match { score, positions })
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
        assert_eq!(fuzzy("ord", "shop.orders").map(|found| found.positions), Some(vec![5, 6, 7]));
    }
}
