//! Names of the files of AWS DMS.

use crate::format::{FilePlace, FileStage};

/// The place of a file by its name: full load by its hexadecimal counter (`LOAD00000009`, `LOAD0000000A`), then
/// changes by the timestamp in their name, whatever their date folder.
pub(crate) fn file_place(name: &str) -> Option<FilePlace> {
    let stem = name.split('.').next().unwrap_or(name);
    if let Some(number) = load_counter(stem) {
        return Some(FilePlace { stage: FileStage::FullLoad, partition: 0, number, name: String::new() });
    }
    let of_changes = is_change_name(stem);
    of_changes.then(|| FilePlace { stage: FileStage::Changes, partition: 0, number: 0, name: stem.to_owned() })
}

/// Counter of a full load file: `LOAD0000000A`, `SEGMENT1_LOAD00000001`.
fn load_counter(stem: &str) -> Option<u64> {
    let at = stem.rfind("LOAD")?;
    let before = stem.get(..at)?;
    let digits = stem.get(at + 4..)?;
    let prefix_fits = before.is_empty() || (before.starts_with("SEGMENT") && before.ends_with('_'));
    (prefix_fits && digits.len() == 8).then(|| u64::from_str_radix(digits, 16).ok())?
}

/// `YYYYMMDD-HHMMSSmmm` with 9 or 10 digits after the hyphen.
fn is_change_name(stem: &str) -> bool {
    let Some((day, time)) = stem.split_once('-') else { return false };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    day.len() == 8 && matches!(time.len(), 9 | 10) && digits(day) && digits(time)
}
