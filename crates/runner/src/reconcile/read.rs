//! Both sides, read as far as is needed to say how they differ.

use super::database::DatabaseTable;
use super::ranges::{Division, HashedColumns, RowFilter, Sums};
use super::rows::SourceRows;
use super::silver_rows::SilverRows;
use crate::{Job, RunError};
use arrow::array::RecordBatch;
use sluice_api::{HashedRanges, ReconcileOptions};
use sluice_contract::limits;
use std::collections::BTreeSet;

/// What was read of both sides.
pub(crate) struct Sides {
    pub(crate) source: SourceRows,
    pub(crate) silver: RecordBatch,
    pub(crate) source_rows: Option<u64>,
    pub(crate) silver_rows: u64,
    pub(crate) hashed: Option<HashedRanges>,
    /// Share of the keys.
    pub(crate) sampled: Option<f64>,
}

impl Sides {
    /// All rows of silver beside rows that are in memory.
    ///
    /// # Errors
    /// If silver cannot be read.
    pub(crate) async fn whole(source: SourceRows, silver: &SilverRows) -> Result<Self, RunError> {
        let none = HashedColumns { key: Vec::new(), others: Vec::new() };
        let rows = silver.rows(&none, &RowFilter::All).await?;
        Ok(Self {
            source_rows: Some(source.rows.num_rows() as u64),
            silver_rows: rows.num_rows() as u64,
            silver: rows,
            source,
            hashed: None,
            sampled: None,
        })
    }

    /// A live database: counts, then hashes of ranges of keys, then the rows of ranges that differ.
    ///
    /// # Errors
    /// If a side cannot be read, or there are many rows whose key has no hash.
    pub(crate) async fn of_database(
        database: &mut DatabaseTable,
        silver: &SilverRows,
        options: ReconcileOptions,
        job: &Job,
    ) -> Result<Self, RunError> {
        let what = silver.contract.name.to_string();
        let step = |note: &str| job.progress(&what, |progress| note.clone_into(&mut progress.note));
        step("counting rows");
        let (source_rows, silver_rows) = (database.count().await?, silver.count().await?);
        job.check()?;
        let most = source_rows.max(silver_rows);
        let hashed = database.hashed().cloned();
        let is_large = most > limits::RECONCILE_ROWS_WHOLE;
        let (filter, ranges, sampled) = match (options.sample, hashed.clone()) {
            (None, _) if !is_large && !options.by_hashes => (RowFilter::All, None, None),
            (Some(wanted), _) if wanted >= most => (RowFilter::All, None, None),
            (_, None) => return Err(no_hash(&what, most)),
            (Some(wanted), Some(_)) => {
                // The precision of a float is enough for a share.
                #[expect(clippy::cast_precision_loss, reason = "a share of rows")]
                let share = (wanted as f64 / most as f64).clamp(0.0, 1.0);
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share is from 0 to 1")]
                let below = (share * f64::from(u32::MAX)) as u32;
                (RowFilter::Sample(below), None, Some(share))
            }
            (None, Some(columns)) => {
                step("hashing ranges of keys");
                let division = division(database, silver).await?;
                let (there, here) = futures::try_join!(database.sums(&division), silver.sums(&columns, &division))?;
                job.check()?;
                let (filter, ranges) = ranges_to_read(division, &there, &here);
                (filter, Some(ranges), None)
            }
        };
        step("reading rows");
        let columns = hashed.unwrap_or(HashedColumns { key: Vec::new(), others: Vec::new() });
        let is_none = matches!(&filter, RowFilter::Ranges(_, ranges) if ranges.is_empty());
        let mut source = match is_none {
            true => SourceRows::of_texts(&silver.contract, &[], &[], database.place())?,
            false => database.rows(&silver.contract, &filter).await?,
        };
        if ranges.is_some() {
            let because =
                "its values have no hash that both sides have, so only rows of ranges that differ are compared in it";
            let not_hashed = database.not_hashed.iter().map(|column| (column.clone(), because.to_owned()));
            source.left_out.extend(not_hashed);
        }
        let silver = silver.rows(&columns, &filter).await?;
        Ok(Self { source, silver, source_rows: Some(source_rows), silver_rows, hashed: ranges, sampled })
    }
}

/// Ranges of numbers where the key is one, so that an index of the source helps to read a range.
async fn division(database: &mut DatabaseTable, silver: &SilverRows) -> Result<Division, RunError> {
    let Some(key) = database.number_key().map(str::to_owned) else { return Ok(Division::Hashes) };
    let bounds = [database.bounds().await?, silver.bounds(&key).await?];
    let bounds = bounds.into_iter().flatten().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    Ok(bounds.and_then(|(low, high)| Division::of_numbers(low, high)).unwrap_or(Division::Hashes))
}

/// The ranges whose rows are read: those that differ, up to a number of rows.
fn ranges_to_read(division: Division, there: &Sums, here: &Sums) -> (RowFilter, HashedRanges) {
    let differing = there.differing(here);
    let mut rows = 0;
    let mut read = BTreeSet::new();
    for range in &differing {
        rows += there.rows_of(*range).max(here.rows_of(*range));
        if rows > limits::RECONCILE_ROWS_READ && !read.is_empty() {
            break;
        }
        read.insert(*range);
    }
    let ranges = HashedRanges {
        ranges: there.ranges().union(&here.ranges()).count() as u64,
        differing: differing.len() as u64,
        read: read.len() as u64,
    };
    (RowFilter::Ranges(division, read), ranges)
}

fn no_hash(table: &str, rows: u64) -> RunError {
    RunError::input(
        format!("{table} has {rows} rows, and ranges of its keys cannot be hashed in the database"),
        "The key has a type or an expression without a hash that both sides have, the database is not in UTF-8, or the \
         contract leaves rows out. Compare with a dump of the table in a file",
    )
}
