//! Which files below a folder are those of one table.

use crate::Mistake;
use std::fmt;

/// `source.files`: a path below the source's folder in which `*` is any letters but `/`, and `**` any letters.
///
/// ```
/// use sluice_contract::FilePattern;
///
/// let orders = FilePattern::parse("orders_*.csv").unwrap();
/// assert!(orders.has("orders_2026.csv") && !orders.has("customers_2026.csv") && !orders.has("old/orders_1.csv"));
/// assert!(FilePattern::parse("**/orders_*").unwrap().has("2026/11/orders_7.csv.gz"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePattern(String);

/// Stars of a pattern: what a match tries grows with each.
const STARS_MAX: usize = 8;

impl FilePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let parts = text.replace("**", "*");
        let is_path = !text.is_empty() && !text.starts_with('/') && !text.ends_with('/') && !text.contains("//");
        let inside = text.split('/').all(|part| part != "..") && !text.contains('\0');
        if !is_path || !inside || parts.contains("**") || parts.matches('*').count() > STARS_MAX {
            let message = format!("`{text}` is no pattern of files below the source's folder");
            return Err(Mistake::new(message, "Write for example files: \"orders_*.csv\""));
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether it is the path of a file, below the source's folder.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        fits(self.0.as_bytes(), path.as_bytes())
    }
}

impl fmt::Display for FilePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn fits(pattern: &[u8], path: &[u8]) -> bool {
    match pattern {
        [] => path.is_empty(),
        // Any folders, or none.
        [b'*', b'*', b'/', rest @ ..] => {
            fits(rest, path)
                || path
                    .iter()
                    .enumerate()
                    .any(|(at, byte)| *byte == b'/' && fits(rest, path.get(at + 1..).unwrap_or_default()))
        }
        [b'*', b'*', rest @ ..] => (0..=path.len()).any(|at| fits(rest, path.get(at..).unwrap_or_default())),
        [b'*', rest @ ..] => {
            let end = path.iter().position(|byte| *byte == b'/').unwrap_or(path.len());
            (0..=end).any(|at| fits(rest, path.get(at..).unwrap_or_default()))
        }
        [letter, rest @ ..] => path.split_first().is_some_and(|(first, behind)| first == letter && fits(rest, behind)),
    }
}

#[cfg(test)]
mod tests {
    use super::FilePattern;

    #[test]
    fn stars_stay_in_their_folder_and_two_do_not() {
        let has = |pattern: &str, path: &str| FilePattern::parse(pattern).unwrap().has(path);
        assert!(has("*", "a.csv") && !has("*", "x/a.csv"));
        assert!(has("orders/*.csv", "orders/1.csv") && !has("orders/*.csv", "orders/2026/1.csv"));
        assert!(has("**/*.csv", "a.csv") && has("**/*.csv", "x/y/a.csv") && !has("**/*.csv", "x/y/a.json"));
        assert!(has("orders/**", "orders/2026/11/1.csv") && !has("orders/**", "order/1.csv"));
        assert!(has("part-*", "part-00000-5f.snappy.parquet"));
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for wrong in ["", "/a", "a/", "a//b", "../a", "a/../b", "***", "*a*b*c*d*e*f*g*h*i"] {
            assert!(FilePattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}
