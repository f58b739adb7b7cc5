//! Files as such: gaps between them, deliveries that repeat, empty ones, compressions.

use super::found::{Found, Place};
use sluice_api::FindingCode;
use sluice_cdc::{DecodedFile, unused_folders};
use sluice_contract::{Contract, folded_name};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Days with files below which a missing day means nothing.
const DAYS_MIN: usize = 7;

/// What is known of a file besides its records.
#[derive(Clone, Debug)]
pub(crate) struct FileFacts {
    pub(crate) path: String,
    pub(crate) batch: Option<u64>,
    /// Bytes as stored; `None` where the records come out of bronze.
    pub(crate) size: Option<u64>,
    /// Its first bytes.
    pub(crate) head: Vec<u8>,
}

/// A file of a Kafka partition, by the sink's name `topic+partition+offset`.
#[derive(Clone, Debug)]
struct OffsetFile {
    start: u64,
    /// Offsets that its lines take.
    records: u64,
    deletes: u64,
    file: u32,
}

/// What is kept of the files.
#[derive(Debug, Default)]
pub(crate) struct Files {
    partitions: BTreeMap<String, Vec<OffsetFile>>,
    loads: BTreeMap<String, BTreeMap<u64, u32>>,
    days: BTreeMap<i64, u32>,
    contents: HashMap<[u8; 32], u32>,
    paths: HashMap<String, u32>,
    /// By file, whether it is compressed.
    packed: Vec<(u32, bool)>,
    contract: Option<Arc<Contract>>,
}

impl Files {
    pub(crate) fn new(contract: Arc<Contract>) -> Self {
        Self { contract: Some(contract), ..Self::default() }
    }

    pub(crate) fn add(&mut self, found: &mut Found, file: u32, facts: &FileFacts, decoded: &DecodedFile, deletes: u64) {
        let whole = Place { file, record: None };
        // Out of bronze, whose pieces are no files.
        if facts.size.is_none() {
            return;
        }
        if facts.size == Some(0) {
            found.note(FindingCode::TruncatedFile, whole, "the file is empty", "");
            return;
        }
        let empty = decoded.changes.records.iter().filter(|record| record.is_empty()).count() as u64;
        let others: u64 = decoded.other_tables.values().sum();
        let records = decoded.rows_in.saturating_sub(empty) + decoded.tombstones + others;
        if let Some((partition, start)) = kafka_name(&facts.path) {
            self.partitions.entry(partition).or_default().push(OffsetFile { start, records, deletes, file });
        }
        if let Some((folder, number)) = load_name(&facts.path) {
            self.loads.entry(folder).or_default().insert(number, file);
        }
        if let Some(day) = day_of(&facts.path) {
            self.days.entry(day).or_insert(file);
        }
        self.compression(found, file, facts);
        self.folders(found, file, facts, decoded);
        // Full snapshots repeat by their nature.
        if self.contract.as_ref().is_none_or(|contract| contract.apply.from_snapshot.is_none()) {
            self.repeated(found, file, facts, decoded);
        }
    }

    fn folders(&self, found: &mut Found, file: u32, facts: &FileFacts, decoded: &DecodedFile) {
        let Some(contract) = &self.contract else { return };
        let has = |key: &str| decoded.drift.unknown.keys().any(|name| folded_name(name) == folded_name(key));
        let unused: Vec<String> =
            unused_folders(contract, &facts.path).into_iter().filter(|key| decoded.rows_in > 0 && !has(key)).collect();
        if !unused.is_empty() {
            let detail = format!("no column has what the folders {}= say", unused.join("=, "));
            found.note(FindingCode::FolderUnused, Place { file, record: None }, detail, "");
        }
    }

    fn compression(&mut self, found: &mut Found, file: u32, facts: &FileFacts) {
        let name = facts.path.to_ascii_lowercase();
        let is_gzip = facts.head.starts_with(&[0x1f, 0x8b]);
        let is_zstd = facts.head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
        let named = [(".gz", is_gzip), (".gzip", is_gzip), (".zst", is_zstd)];
        if named.iter().any(|(ending, is)| name.ends_with(ending) && !is) {
            let detail = "the name says that it is compressed, the content is not";
            found.note(FindingCode::MixedCompression, Place { file, record: None }, detail, "");
        }
        self.packed.push((file, is_gzip || is_zstd));
    }

    fn repeated(&mut self, found: &mut Found, file: u32, facts: &FileFacts, decoded: &DecodedFile) {
        let whole = Place { file, record: None };
        // The same file in two batches, which was written again: found by its batches.
        if self.paths.insert(facts.path.clone(), file).is_some() {
            return;
        }
        if decoded.rows_in == 0 {
            return;
        }
        let mut hasher = blake3::Hasher::new();
        for text in decoded.changes.records.iter().chain(decoded.rejects.iter().map(|reject| &reject.raw)) {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        }
        match self.contents.entry(*hasher.finalize().as_bytes()) {
            std::collections::hash_map::Entry::Occupied(first) => {
                let detail = format!("the same records as in {}", found.path(*first.get()));
                found.note(FindingCode::DeliveredTwice, whole, detail, "");
            }
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(file);
            }
        }
    }

    pub(crate) fn finish(&mut self, found: &mut Found) {
        for files in self.partitions.values_mut() {
            offset_gaps(found, files);
        }
        for numbers in self.loads.values() {
            load_gaps(found, numbers);
        }
        day_gaps(found, &self.days);
        let switches = self.packed.windows(2).filter(|pair| pair[0].1 != pair[1].1).count();
        // One switch is a setting that was changed.
        if switches >= 2 {
            let packed = self.packed.iter().filter(|(_, packed)| *packed).count();
            let rare = packed * 2 <= self.packed.len();
            for (file, _) in self.packed.iter().filter(|(_, packed)| *packed == rare) {
                let detail = if rare { "compressed, most files are not" } else { "not compressed, most files are" };
                found.note(FindingCode::MixedCompression, Place { file: *file, record: None }, detail, "");
            }
        }
    }
}

/// Offsets that no file has. Deletes may have a tombstone that the sink leaves out, transactions and compaction leave
/// holes everywhere; a file that is missing leaves a larger hole than those.
fn offset_gaps(found: &mut Found, files: &mut [OffsetFile]) {
    files.sort_by_key(|file| file.start);
    let unexplained: Vec<(u64, u32)> = files
        .windows(2)
        .map(|pair| {
            let end = pair[0].start + pair[0].records + pair[0].deletes;
            (pair[1].start.saturating_sub(end), pair[1].file)
        })
        .collect();
    let smallest = files.iter().map(|file| file.records).filter(|records| *records > 0).min().unwrap_or(1);
    let mut holes: Vec<u64> = unexplained.iter().map(|(hole, _)| *hole).collect();
    holes.sort_unstable();
    let with_holes = holes.iter().filter(|hole| **hole > 0).count();
    let is_everywhere = with_holes * 3 > holes.len() && holes.len() >= 3;
    let usual = if is_everywhere { holes.get(holes.len() / 2).copied().unwrap_or(0).saturating_mul(10) } else { 0 };
    for (hole, file) in unexplained {
        if hole > usual && hole * 2 >= smallest {
            let detail = format!("{hole} offsets before it are in no file");
            found.note(FindingCode::FileGap, Place { file, record: None }, detail, "");
        }
    }
}

/// Numbers of a full load of AWS DMS, which are hexadecimal and begin at 1.
fn load_gaps(found: &mut Found, numbers: &BTreeMap<u64, u32>) {
    let mut wanted = 1;
    for (number, file) in numbers {
        if *number > wanted {
            let missing = number - wanted;
            let detail = format!("{missing} of the files LOAD{wanted:08X} to LOAD{:08X} are missing", number - 1);
            found.note_many(FindingCode::FileGap, Place { file: *file, record: None }, missing, detail, "");
        }
        wanted = number + 1;
    }
}

/// Days without a folder among days that have one. Where every such weekday is missing, nothing is delivered then.
fn day_gaps(found: &mut Found, days: &BTreeMap<i64, u32>) {
    let (Some((first, _)), Some((last, _))) = (days.first_key_value(), days.last_key_value()) else { return };
    let weekdays: BTreeSet<i64> = days.keys().map(|day| day.rem_euclid(7)).collect();
    let missing: Vec<i64> =
        (*first..=*last).filter(|day| !days.contains_key(day) && weekdays.contains(&day.rem_euclid(7))).collect();
    if days.len() < DAYS_MIN || missing.len() * 5 > days.len() {
        return;
    }
    for day in missing {
        if let Some((_, file)) = days.range(day..).next() {
            let days_before = days.range(day..).next().map_or(0, |(next, _)| next - day);
            let detail = format!("the folder of the day {days_before} before it is missing");
            found.note(FindingCode::FileGap, Place { file: *file, record: None }, detail, "");
        }
    }
}

/// Folder with partition, and first offset, of a name that the Kafka Connect S3 sink gives.
fn kafka_name(path: &str) -> Option<(String, u64)> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut parts = name.splitn(3, '+');
    let (topic, partition, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let offset = rest.split('.').next().filter(|text| is_digits(text))?;
    is_digits(partition).then_some(())?;
    // Folders may be by time, so a partition is of its topic.
    let folder = if folder.ends_with(&format!("partition={partition}")) { folder } else { "" };
    Some((format!("{folder}/{topic}+{partition}"), offset.parse().ok()?))
}

/// The stream whose events are in order within and across files: a Kafka partition.
pub(crate) fn partition_of(path: &str) -> Option<String> {
    kafka_name(path).map(|(partition, _)| partition)
}

/// Folder and number of `LOAD0000000A.csv.gz`.
fn load_name(path: &str) -> Option<(String, u64)> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let digits = name.strip_prefix("LOAD")?.split('.').next()?;
    if digits.len() != 8 {
        return None;
    }
    Some((folder.to_owned(), u64::from_str_radix(digits, 16).ok()?))
}

/// Days since 1970 of a folder `dt=2026-11-20`, `year=2026/month=11/day=20` or `2026/11/20`.
fn day_of(path: &str) -> Option<i64> {
    let folders: Vec<&str> = path.split('/').collect();
    let folders = folders.get(..folders.len().saturating_sub(1))?;
    let value = |text: &str| text.rsplit('=').next().unwrap_or(text).to_owned();
    let number = |text: &str, len: usize| text.parse::<i64>().ok().filter(|_| text.len() == len);
    for folder in folders {
        let text = value(folder);
        let parts: Vec<&str> = text.split('-').collect();
        if let [year, month, day] = parts.as_slice()
            && let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2))
        {
            return Some(days_since_1970(year, month, day));
        }
    }
    folders.windows(3).find_map(|three| {
        let [year, month, day] = [value(three[0]), value(three[1]), value(three[2])];
        let (year, month, day) = (number(&year, 4)?, number(&month, 2)?, number(&day, 2)?);
        ((1..=12).contains(&month) && (1..=31).contains(&day)).then(|| days_since_1970(year, month, day))
    })
}

/// Howard Hinnant's `days_from_civil`.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::{day_of, kafka_name, load_name};

    #[test]
    fn names_say_where_a_file_belongs() {
        let path = "t/shop.public.orders/partition=0/shop.public.orders+0+0000004343.json.gz";
        let partition = "t/shop.public.orders/partition=0/shop.public.orders+0".to_owned();
        assert_eq!(kafka_name(path), Some((partition, 4343)));
        assert_eq!(kafka_name("a+b.json"), None);
        assert_eq!(load_name("public/orders/LOAD0000000A.csv.gz"), Some(("public/orders".to_owned(), 10)));
        assert_eq!(load_name("public/orders/20261120-084812391.csv"), None);
        let days = ["x/dt=2026-11-20/a.json", "x/year=2026/month=11/day=20/a.json", "x/2026/11/20/a.json"];
        assert!(days.iter().all(|path| day_of(path) == Some(20_777)), "{:?}", days.map(day_of));
        assert_eq!(day_of("x/10/11/20/a.json"), None);
    }
}
