//! Lines that differ between two texts.

use sluice_api::DiffLine;
use sluice_contract::limits;

/// Equal lines shown around those that differ.
const CONTEXT: usize = 3;

/// The lines that differ, each group with a few equal ones around it; empty for equal texts.
pub(crate) fn lines(old: &str, new: &str) -> Vec<DiffLine> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let before = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[before..], &new[before..]);
    let after = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_mid, new_mid) = (&old_rest[..old_rest.len() - after], &new_rest[..new_rest.len() - after]);

    let mut all: Vec<DiffLine> = Vec::new();
    let mut at = (0, 0);
    for line in &old[..before] {
        equal(&mut all, &mut at, line);
    }
    let pairs = common(old_mid, new_mid);
    let (mut from_old, mut from_new) = (0, 0);
    for (in_old, in_new) in pairs.into_iter().chain([(old_mid.len(), new_mid.len())]) {
        for line in &old_mid[from_old..in_old] {
            at.0 += 1;
            all.push(DiffLine { kind: '-', old: Some(at.0), new: None, text: (*line).to_owned() });
        }
        for line in &new_mid[from_new..in_new] {
            at.1 += 1;
            all.push(DiffLine { kind: '+', old: None, new: Some(at.1), text: (*line).to_owned() });
        }
        if let Some(line) = old_mid.get(in_old) {
            equal(&mut all, &mut at, line);
        }
        (from_old, from_new) = (in_old + 1, in_new + 1);
    }
    for line in &old_rest[old_rest.len() - after..] {
        equal(&mut all, &mut at, line);
    }
    shown(all)
}

fn equal(all: &mut Vec<DiffLine>, at: &mut (u32, u32), line: &str) {
    *at = (at.0 + 1, at.1 + 1);
    all.push(DiffLine { kind: ' ', old: Some(at.0), new: Some(at.1), text: line.to_owned() });
}

/// Positions of the lines of a longest common subsequence; none where the texts are too large to look for one.
fn common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    if old.len().saturating_mul(new.len()) > limits::TEXT_DIFF_CELLS_MAX {
        return Vec::new();
    }
    // Length of the longest common subsequence of what follows each pair of positions.
    let mut longest = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i * width + j] = if old[i] == new[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// Those near a line that differs.
fn shown(all: Vec<DiffLine>) -> Vec<DiffLine> {
    let mut keep = vec![false; all.len()];
    for at in (0..all.len()).filter(|at| all[*at].kind != ' ') {
        for near in &mut keep[at.saturating_sub(CONTEXT)..all.len().min(at + CONTEXT + 1)] {
            *near = true;
        }
    }
    all.into_iter().zip(keep).filter(|(_, keep)| *keep).map(|(line, _)| line).collect()
}

#[cfg(test)]
mod tests {
    use super::lines;

    /// `kind` and text of each line.
    fn diff(old: &str, new: &str) -> Vec<String> {
        lines(old, new).iter().map(|line| format!("{}{}", line.kind, line.text)).collect()
    }

    /// A text from the lines that it has by the comparison of all of its lines.
    fn applied(old: &str, new: &str) -> (Vec<String>, Vec<String>) {
        let all = lines(old, new);
        let of = |side: fn(&sluice_api::DiffLine) -> Option<u32>| {
            all.iter().filter(|line| side(line).is_some()).map(|line| line.text.clone()).collect()
        };
        (of(|line| line.old), of(|line| line.new))
    }

    #[test]
    fn what_differs_is_shown_with_its_surroundings() {
        assert!(lines("a\nb\n", "a\nb").is_empty());
        assert_eq!(diff("a\nb\nc", "a\nx\nc"), [" a", "-b", "+x", " c"]);
        assert_eq!(diff("", "a\nb"), ["+a", "+b"]);
        assert_eq!(diff("a\nb", ""), ["-a", "-b"]);
        let old = (1..=20).map(|n| n.to_string()).collect::<Vec<_>>().join("\n");
        let new = old.replace("\n10\n", "\nten\n");
        assert_eq!(diff(&old, &new), [" 7", " 8", " 9", "-10", "+ten", " 11", " 12", " 13"]);
        let found = lines(&old, &new);
        assert_eq!((found[3].old, found[3].new, found[4].old, found[4].new), (Some(10), None, None, Some(10)));
        assert_eq!((found[7].old, found[7].new), (Some(13), Some(13)));
    }

    #[test]
    fn both_texts_can_be_told_from_the_lines() {
        let texts = ["a", "a\nb\na", "b\na\nb", "a\na\nb\nc", "c\nb\na", "x\na\nb\ny"];
        for old in texts {
            for new in texts.iter().filter(|new| **new != old) {
                let (before, after) = applied(old, new);
                assert_eq!((before.join("\n").as_str(), after.join("\n").as_str()), (old, *new));
            }
        }
    }

    #[test]
    fn what_is_too_large_to_align_is_replaced() {
        let old = (0..3_000).map(|n| format!("old {n}")).collect::<Vec<_>>().join("\n");
        let new = (0..3_000).map(|n| format!("new {n}")).collect::<Vec<_>>().join("\n");
        assert_eq!(lines(&old, &new).len(), 6_000);
    }
}
