//! Deletion vectors: which rows of a data file are deleted.
//!
//! The format is that of the Delta protocol, sections "Deletion Vectors" and "Deletion Vector
//! Format": a 64-bit Roaring bitmap of row positions, in the log itself (storage type `i`, Z85) or
//! in a file of one or more of them (`u`, named by a UUID). Files have a version byte; every vector
//! in it its length, the bitmap with a magic number, and a CRC-32.

use crate::error::Cause;
use deltalake::kernel::{DeletionVectorDescriptor, StorageType};
use parquet::arrow::arrow_reader::{RowSelection, RowSelector};
use roaring::RoaringTreemap;
use serde_json::{Value, json};

/// First bytes of a bitmap, little endian.
const MAGIC: u32 = 1_681_511_377;
/// First byte of a file of deletion vectors.
pub(crate) const FILE_VERSION: u8 = 1;
/// Bytes of a bitmap that is kept in the log. A vector in the log costs no file and cannot be lost
/// by another tool's clean-up; every reader of the log has to carry it.
pub(crate) const INLINE_BYTES_MAX: usize = 1_024;

/// Path in the table of the file that holds a vector; `None` if the vector is in the log, or its
/// name is no UUID.
pub(crate) fn vector_file(vector: &DeletionVectorDescriptor) -> Option<String> {
    if vector.storage_type != StorageType::UuidRelativePath {
        return None;
    }
    let text = &vector.path_or_inline_dv;
    let at = text.len().checked_sub(20)?;
    let (folder, encoded) = (text.get(..at)?, text.get(at..)?);
    let uuid: [u8; 16] = z85::decode(encoded).ok()?.try_into().ok()?;
    let simple = folder.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    match (folder.is_empty(), simple) {
        (true, _) => Some(file_name(&uuid)),
        (false, true) => Some(format!("{folder}/{}", file_name(&uuid))),
        (false, false) => None,
    }
}

pub(crate) fn file_name(uuid: &[u8; 16]) -> String {
    let hex: String = uuid.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("deletion_vector_{}-{}-{}-{}-{}.bin", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

pub(crate) fn encode_bitmap(deleted: &RoaringTreemap) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(4 + deleted.serialized_size());
    bytes.extend_from_slice(&MAGIC.to_le_bytes());
    // Writing into memory does not fail.
    let _ = deleted.serialize_into(&mut bytes);
    bytes
}

pub(crate) fn decode_bitmap(bytes: &[u8]) -> Result<RoaringTreemap, Cause> {
    let (magic, bitmap) = bytes.split_at_checked(4).ok_or("the deletion vector is cut off")?;
    if magic != MAGIC.to_le_bytes() {
        return Err("the deletion vector does not begin with its magic number".into());
    }
    Ok(RoaringTreemap::deserialize_from(bitmap)?)
}

pub(crate) fn append_to_file(file: &mut Vec<u8>, bitmap: &[u8]) {
    file.extend_from_slice(&u32::try_from(bitmap.len()).unwrap_or(u32::MAX).to_be_bytes());
    file.extend_from_slice(bitmap);
    file.extend_from_slice(&crc32fast::hash(bitmap).to_be_bytes());
}

/// Statistics whose bounds may be wider than the rows that are left, as the protocol asks for.
pub(crate) fn loose_bounds(stats: &str) -> String {
    if stats.contains("\"tightBounds\":false") {
        return stats.to_owned();
    }
    match serde_json::from_str::<Value>(stats) {
        Ok(Value::Object(mut stats)) => {
            stats.insert("tightBounds".to_owned(), json!(false));
            Value::Object(stats).to_string()
        }
        _ => stats.to_owned(),
    }
}

/// Selects what is not in an ascending list.
pub(crate) fn selection(deleted: impl Iterator<Item = u64>, rows: u64) -> RowSelection {
    let length = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
    let mut selectors = Vec::new();
    let mut next = 0;
    for row in deleted.take_while(|row| *row < rows) {
        if row > next {
            selectors.push(RowSelector::select(length(row - next)));
        }
        selectors.push(RowSelector::skip(1));
        next = row + 1;
    }
    if next < rows {
        selectors.push(RowSelector::select(length(rows - next)));
    }
    // Neighbours of one kind are joined.
    RowSelection::from_iter(selectors)
}

#[cfg(test)]
mod tests {
    use super::{append_to_file, decode_bitmap, encode_bitmap, loose_bounds, selection, vector_file};
    use deltalake::kernel::{DeletionVectorDescriptor, StorageType};
    use parquet::arrow::arrow_reader::RowSelector;
    use roaring::RoaringTreemap;

    #[test]
    fn deleted_rows_are_skipped() {
        let found: Vec<RowSelector> = selection([0, 3, 4, 9, 12].into_iter(), 10).into();
        let (skip, select) = (RowSelector::skip, RowSelector::select);
        assert_eq!(found, [skip(1), select(2), skip(2), select(4), skip(1)]);
    }

    #[test]
    fn a_bitmap_comes_back_and_a_damaged_one_does_not() {
        let rows: RoaringTreemap = [0, 7, 70_000, u64::from(u32::MAX) + 5].into_iter().collect();
        let mut bytes = encode_bitmap(&rows);
        assert_eq!(decode_bitmap(&bytes).unwrap(), rows);
        assert!(decode_bitmap(&bytes[..10]).is_err());
        bytes[0] ^= 1;
        assert!(decode_bitmap(&bytes).is_err());
    }

    #[test]
    fn a_range_of_rows_is_small() {
        let mut rows: RoaringTreemap = (1_000..2_000_000).collect();
        rows.optimize();
        assert!(encode_bitmap(&rows).len() < 512);
        let mut file = vec![1];
        append_to_file(&mut file, &encode_bitmap(&rows));
        assert_eq!(file.len(), 1 + 4 + encode_bitmap(&rows).len() + 4);
    }

    /// The example of the protocol's section "Deletion Vectors".
    #[test]
    fn names_are_those_of_the_protocol() {
        let vector = DeletionVectorDescriptor {
            storage_type: StorageType::UuidRelativePath,
            path_or_inline_dv: "ab^-aqEH.-t@S}K{vb[*k^".to_owned(),
            offset: Some(4),
            size_in_bytes: 40,
            cardinality: 6,
        };
        assert_eq!(vector_file(&vector).unwrap(), "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin");
        let outside = DeletionVectorDescriptor { path_or_inline_dv: "../^-aqEH.-t@S}K{vb[*k^".to_owned(), ..vector };
        assert_eq!(vector_file(&outside), None);
    }

    #[test]
    fn bounds_become_loose_once() {
        let loose = loose_bounds(r#"{"numRecords":3,"minValues":{"a":1}}"#);
        assert_eq!(loose, r#"{"numRecords":3,"minValues":{"a":1},"tightBounds":false}"#);
        assert_eq!(loose_bounds(&loose), loose);
    }
}
