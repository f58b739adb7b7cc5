//! Keys of keyed hashes, which are in no file: whoever runs Sluice has them in the environment.

use std::collections::BTreeMap;
use std::fmt;

/// A secret key. It is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct HashKey(String);

/// The keys that a contract's expressions name, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HashKeys(BTreeMap<String, HashKey>);

/// Letters of a key's name.
const NAME_LEN_MAX: usize = 64;

impl HashKey {
    /// Bytes that a key has at least: the hashes of few possible values could be tried against a shorter one.
    pub const BYTES_MIN: usize = 32;

    /// Takes a key; `None` if it is too short.
    #[must_use]
    pub fn new(key: String) -> Option<Self> {
        (key.len() >= Self::BYTES_MIN).then_some(Self(key))
    }

    /// The key itself, for hashing.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The variable of the environment that has the key of a name.
    ///
    /// ```
    /// assert_eq!(sluice_contract::HashKey::variable("customers"), "SLUICE_KEY_CUSTOMERS");
    /// ```
    #[must_use]
    pub fn variable(name: &str) -> String {
        format!("SLUICE_KEY_{}", name.to_ascii_uppercase())
    }

    /// Whether a key can have the name: small letters, digits and `_`, a letter first.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        name.len() <= NAME_LEN_MAX
            && name.starts_with(|letter: char| letter.is_ascii_lowercase())
            && name.bytes().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'_')
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey(…)")
    }
}

impl HashKeys {
    /// Adds a key.
    pub fn insert(&mut self, name: &str, key: HashKey) {
        self.0.insert(name.to_owned(), key);
    }

    /// The key of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&HashKey> {
        self.0.get(name)
    }

    /// Names and keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &HashKey)> {
        self.0.iter().map(|(name, key)| (name.as_str(), key))
    }
}

#[cfg(test)]
mod tests {
    use super::HashKey;

    #[test]
    fn a_key_is_long_and_shown_nowhere() {
        assert!(HashKey::new("short".to_owned()).is_none());
        let key = HashKey::new("0123456789abcdef0123456789abcdef".to_owned()).unwrap();
        assert!(!format!("{key:?}").contains("0123"));
        assert!(HashKey::is_name("customers_2") && !HashKey::is_name("Customers") && !HashKey::is_name("2"));
    }
}
