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

/// The position of a file of changes by the timestamp in its name: its digits, `YYYYMMDDHHMMSS` and four of the second.
/// AWS DMS writes the changes of a table in the order of their commits into files that it names by the time.
pub(crate) fn change_position(path: &str) -> Option<u64> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name);
    let (day, time) = stem.split_once('-').filter(|_| is_change_name(stem))?;
    format!("{day}{time:0<10}").parse().ok()
}

/// Place of a file of transactions (`CdcPath` with `PreserveTransactions`) by the time in its name,
/// `CDC_TXN-20201117153046033`.
pub(crate) fn transactions_position(path: &str) -> Option<u64> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let digits = name.split('.').next().unwrap_or(name).strip_prefix("CDC_TXN-")?;
    let fits = digits.len() == 17 && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| digits.parse().ok())?
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

#[cfg(test)]
mod tests {
    use super::{change_position, transactions_position};

    #[test]
    fn files_of_changes_are_ordered_by_the_time_in_their_name() {
        assert_eq!(change_position("a/2025/11/01/20251101-122640000.csv.gz"), Some(202_511_011_226_400_000));
        assert_eq!(change_position("20141029-1134010001.csv"), Some(201_410_291_134_010_001));
        assert_eq!(transactions_position("cdc/CDC_TXN-20201117153046033.csv"), Some(20_201_117_153_046_033));
        assert_eq!(transactions_position("cdc/CDC_TXN-2020.csv"), None);
        for other in ["LOAD00000001.csv", "a/x.csv", "20251101.csv", "20251101-1226.csv", ""] {
            assert_eq!(change_position(other), None, "{other}");
        }
    }
}
