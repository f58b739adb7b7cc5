//! Hashes as numbers.

/// The first eight bytes of a hash as a number.
#[must_use]
pub fn hash_head(hash: &blake3::Hash) -> u64 {
    let mut head = [0; 8];
    head.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_be_bytes(head)
}
