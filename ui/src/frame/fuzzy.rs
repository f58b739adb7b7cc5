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
            .filter(|start| chars.get(*start) == wanted.first() && starts_a_word(&chars, *start))
            .filter_map(|start| from(&wanted, &chars, start))
            .max_by_key(|found| found.score)?;
        all.score += found.score;
        all.positions.extend(found.positions);
    }
    Some(all)
}

fn starts_a_word(chars: &[char], position: usize) -> bool {
    position == 0 || chars.get(position - 1).is_some_and(|before| !before.is_alphanumeric())
}

fn from(wanted: &[char], chars: &[char], start: usize) -> Option<Match> {
    let mut positions = Vec::with_capacity(wanted.len());
    let mut at = start;
    // A letter goes on from the one before or starts a word; letters inside of other words are noise.
    for letter in wanted {
        let fits = |position: &usize| {
            chars.get(*position) == Some(letter) && (*position == at || starts_a_word(chars, *position))
        };
        let found = if at == start { Some(start) } else { (at..chars.len()).find(fits) }?;
        positions.push(found);
        at = found + 1;
    }
    let mut score = 0;
    for (index, position) in positions.iter().enumerate() {
        if index > 0 && positions.get(index - 1) == Some(&(position - 1)) {
            score += 8;
        }
        if starts_a_word(chars, *position) {
            score += if index == 0 { 10 } else { 4 };
        }
    }
    let spread = positions.last().copied().unwrap_or_default() - start;
    score -= i32::try_from(spread.min(100)).unwrap_or_default();
    score -= i32::try_from(start.min(100)).unwrap_or_default() / 4;
    score -= i32::try_from(chars.len().min(200)).unwrap_or_default() / 4;
    Some(Match { score, positions })
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
        assert_eq!(fuzzy("ord", "Show or hide the side panel"), None);
        assert_eq!(fuzzy("rder", "orders"), None);
        assert!(fuzzy("so", "silver.orders").is_some());
        assert!(fuzzy("switch dark", "Switch between dark and light").is_some());
        assert_eq!(fuzzy("ord", "shop.orders").map(|found| found.positions), Some(vec![5, 6, 7]));
    }
}
