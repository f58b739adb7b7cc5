//! One hash of many texts.

/// The hash of texts in order; each counts with its length, so that no two lists run together to the same bytes.
pub(super) fn hash_of(texts: impl Iterator<Item = String>) -> String {
    let mut hasher = blake3::Hasher::new();
    for text in texts {
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}
