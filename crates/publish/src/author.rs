//! Who publishes.

use crate::PublishError;
use sluice_contract::limits;
use std::fmt;

/// A name of a person or a machine; never empty, one line.
///
/// ```
/// use sluice_publish::Author;
///
/// let mira = Author::new(" Mira ")?;
/// assert_eq!(mira.as_str(), "Mira");
/// assert!(mira.is_same_person("mira"));
/// assert!(Author::new("  ").is_err());
/// # Ok::<(), sluice_publish::PublishError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author(String);

impl Author {
    /// A name.
    ///
    /// # Errors
    /// [`PublishError::Input`] if it is empty, has a line break, or is longer than
    /// [`limits::AUTHOR_CHARACTERS_MAX`].
    pub fn new(name: &str) -> Result<Self, PublishError> {
        let name = name.trim();
        let wrong = if name.is_empty() {
            "The author is empty".to_owned()
        } else if name.chars().any(char::is_control) {
            "The author has a line break or another control character".to_owned()
        } else if name.chars().count() > limits::AUTHOR_CHARACTERS_MAX {
            format!("The author has more than {} characters", limits::AUTHOR_CHARACTERS_MAX)
        } else {
            return Ok(Self(name.to_owned()));
        };
        Err(PublishError::Input { message: wrong, next: "Name who publishes, for example --author mira".to_owned() })
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a name means this author: case does not count.
    #[must_use]
    pub fn is_same_person(&self, name: &str) -> bool {
        self.key() == name.trim().to_lowercase()
    }

    /// The name as it is compared.
    pub(crate) fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Author;
    use sluice_contract::limits;

    #[test]
    fn an_author_is_never_empty() {
        for name in ["", " \t", "a\nb", &"x".repeat(limits::AUTHOR_CHARACTERS_MAX + 1)] {
            assert!(Author::new(name).is_err(), "{name:?}");
        }
        assert!(Author::new("Jörg-Ole van der Berg <j@shop.example>").is_ok());
    }
}
