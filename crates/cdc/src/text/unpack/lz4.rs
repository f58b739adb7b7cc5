//! Where a frame of LZ4 ends: its decoder takes any end of the file between two blocks for one.

/// The descriptor's bits.
const DICTIONARY: u8 = 0x01;
const CONTENT_SIZE: u8 = 0x08;
const BLOCK_CHECKSUMS: u8 = 0x10;
const LEGACY: &[u8] = &[0x02, 0x21, 0x4c, 0x18];
/// Bit of the length of a block that is stored as it is.
const AS_IT_IS: u32 = 1 << 31;

/// Whether the frame at the front of `bytes` has its end mark. The format of before 2013 has none.
pub(super) fn has_end(bytes: &[u8]) -> bool {
    if bytes.starts_with(LEGACY) {
        return true;
    }
    let Some(flags) = bytes.get(4) else { return false };
    let has = |flag: u8| flags & flag != 0;
    let mut at = 7 + if has(CONTENT_SIZE) { 8 } else { 0 } + if has(DICTIONARY) { 4 } else { 0 };
    let checksum = if has(BLOCK_CHECKSUMS) { 4 } else { 0 };
    loop {
        let length = bytes.get(at..at + 4).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
        match length.map(u32::from_le_bytes) {
            None => return false,
            Some(0) => return true,
            Some(length) => at += 4 + usize::try_from(length & !AS_IT_IS).unwrap_or(usize::MAX / 2) + checksum,
        }
        if at >= bytes.len() {
            return false;
        }
    }
}
