//! Names that look the same.

use icu_normalizer::ComposingNormalizerBorrowed;
use std::borrow::Cow;

/// A name as it is compared with others: in small letters, and each letter with its accents as one character (NFC). Two
/// names with one such form look the same, or are the same to SQL and to many disks, and so cannot be two names.
///
/// ```
/// use sluice_contract::folded_name;
///
/// assert_eq!(folded_name("Caf\u{e9}"), folded_name("cafe\u{301}"));
/// assert_ne!(folded_name("cafe"), folded_name("caf\u{e9}"));
/// ```
#[must_use]
pub fn folded_name(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    composed(&composed(name).to_lowercase()).into_owned()
}

/// How two names differ that look the same, in words.
#[must_use]
pub fn difference_of_names(a: &str, b: &str) -> &'static str {
    if composed(a) == composed(b) { "in how accents are written (NFC, NFD)" } else { "in upper and lower case" }
}

pub(crate) fn composed(name: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(name)
}

#[cfg(test)]
mod tests {
    use super::{difference_of_names, folded_name};

    #[test]
    fn the_difference_is_named() {
        let (composed, decomposed) = ("stra\u{df}e_\u{e9}", "stra\u{df}e_e\u{301}");
        assert_eq!(folded_name(composed), folded_name(decomposed));
        assert!(difference_of_names(composed, decomposed).contains("accents"));
        assert!(difference_of_names("Id", "id").contains("case"));
        assert_eq!(folded_name("\u{212b}ngstr\u{f6}m"), folded_name("\u{e5}ngstro\u{308}m"));
    }
}
