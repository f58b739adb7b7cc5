//! Folders below a table: which of them only say when a file was written.

use crate::formats::export_folder;

/// Folder of a table: the file's folder, without `key=value` and date folders below it; of exports of DynamoDB the folder that
/// they share, since the changes after a full one come beside it.
///
/// ```
/// use sluice_cdc::table_folder;
///
/// assert_eq!(table_folder("a/AWSDynamoDB/01693685827463-2d8752fd/data/x.json.gz"), "a/AWSDynamoDB");
/// assert_eq!(table_folder("topics/shop.orders/partition=0/a.json"), "topics/shop.orders");
/// assert_eq!(table_folder("dms/shop/orders/2026/11/20/a.csv"), "dms/shop/orders");
/// ```
#[must_use]
pub fn table_folder(path: &str) -> &str {
    if let Some(exports) = export_folder(path) {
        return exports;
    }
    above(path, |part| part.contains('=') || is_date_folder(part))
}

/// Folder in which names rise with time, if they do at all: the file's folder, without date folders below it. Those of
/// the partitions of a topic stay, each counts by itself.
#[must_use]
pub(crate) fn rising_folder(path: &str) -> &str {
    above(path, |part| match part.split_once('=') {
        Some((key, value)) => is_date_key(key) && is_date_folder(value),
        None => is_date_folder(part),
    })
}

/// Keys of folders that name a time.
const DATE_KEYS: [&str; 12] = ["date", "dt", "day", "ds", "year", "month", "hour", "yyyy", "mm", "dd", "hh", "minute"];

/// Whether a folder `key=value` names a time.
pub(crate) fn is_date_key(key: &str) -> bool {
    DATE_KEYS.iter().any(|date| key.eq_ignore_ascii_case(date))
}

fn above(path: &str, is_below: impl Fn(&str) -> bool) -> &str {
    let mut folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    while let Some((above, last)) = folder.rsplit_once('/') {
        if !is_below(last) {
            break;
        }
        folder = above;
    }
    folder
}

/// Whether a folder is a date or a part of one, as AWS DMS and Firehose write them: `2025`, `20251101`, `2025-11-01`,
/// `01_11_2025`, `2025-11-01-13`. No table has such a name.
fn is_date_folder(name: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = name.split(['-', '_']).collect();
    let of_date = |part: &&str| digits(part) && matches!(part.len(), 2 | 4);
    digits(name) || (parts.len() > 1 && parts.iter().all(of_date) && parts.iter().any(|part| part.len() == 4))
}

#[cfg(test)]
mod tests {
    use super::{is_date_folder, rising_folder, table_folder};

    #[test]
    fn date_folders_are_no_tables_whatever_stands_between_the_parts() {
        for folder in [
            "2025/11/01",
            "20251101",
            "2025110113",
            "2025-11-01",
            "2025_11_01",
            "2025-11-01-13",
            "2025-11",
            "11-2025-01",
            "01_11_2025",
            "dt=2025-11-01",
            "year=2025/month=11",
        ] {
            let path = format!("landing/sales/invoice/{folder}/20251101-122741500.csv");
            assert_eq!(table_folder(&path), "landing/sales/invoice", "{folder}");
            assert_eq!(rising_folder(&path), "landing/sales/invoice", "{folder}");
        }
        for table in ["invoice_2025", "a-b", "orders_11", "v2", "1-2-3", "12_34"] {
            assert!(!is_date_folder(table), "{table}");
        }
    }

    #[test]
    fn names_rise_in_every_partition_by_itself() {
        assert_eq!(rising_folder("t/partition=10/t+10+0000000001.json"), "t/partition=10");
        assert_eq!(rising_folder("t/region=12/2026/a.json"), "t/region=12");
        assert_eq!(rising_folder("a.json"), "");
    }
}
