//! The version of a table that a release left.
//!
//! A commit does not name the release that it was made by. What is known is when the release that followed was
//! published, and by which contract or model a version was made. So the version is the latest that was committed while the
//! release was current, and it has to be one of its contract; where it is not, the release left no version of its own, and
//! that is said rather than another version shown.

use crate::RunError;
use crate::silver_hash::is_hash_of;
use crate::support::newest_entry::newest_entry_with;
use crate::support::places::location;
use sluice_api::{Layer, TableRef};
use sluice_contract::Contract;
use sluice_lake::{HistoryEntry, Lake};

/// Commits looked at for the version of a time.
const HISTORY_MAX: usize = 1_000_000;

/// The version that release `number` left of a table of its lake.
///
/// # Errors
/// [`RunError::NotFound`] if there is no such release, the table did not exist while it was current, or no run by it
/// reached the table; errors of the store.
pub(super) async fn version_of_release(lake: &Lake, table: &TableRef, number: u64) -> Result<u64, RunError> {
    let releases = sluice_publish::releases(lake).await?;
    if releases.iter().all(|release| release.release != number) {
        let known: Vec<String> = releases.iter().map(|release| format!("r{}", release.release)).collect();
        let next = if known.is_empty() {
            "Nothing is published yet; name a version or a time".to_owned()
        } else {
            format!("There are {}", known.join(", "))
        };
        return Err(RunError::not_found(format!("There is no release r{number}"), next));
    }
    let followed = releases.iter().filter(|release| release.release > number).min_by_key(|release| release.release);
    let store = lake.table(location(table));
    let history = store.history(HISTORY_MAX).await?;
    let until = followed.map_or(i64::MAX, |release| release.published_ms);
    let Some(left) = history.into_iter().find(|entry| entry.timestamp_ms <= until) else {
        return Err(RunError::not_found(
            format!("{table} had no version while r{number} was current"),
            "Choose a later release, or a version",
        ));
    };
    if let Some(why) = not_made_by(lake, table, number, &left).await? {
        let followed =
            followed.map_or_else(String::new, |release| format!(" before r{} was published", release.release));
        return Err(RunError::not_found(
            format!("r{number} left no version of {table}: {why}{followed}"),
            format!("Compare with what was there: version {}", left.version),
        ));
    }
    Ok(left.version)
}

/// Why a version is not one that the release made; `None` if it is, and for bronze, which no contract decides.
async fn not_made_by(
    lake: &Lake,
    table: &TableRef,
    number: u64,
    left: &HistoryEntry,
) -> Result<Option<String>, RunError> {
    let detail = sluice_publish::release(lake, number).await?;
    let store = lake.table(location(table));
    Ok(match table.layer {
        Layer::Bronze => None,
        Layer::Silver => {
            let text = detail.texts.iter().find(|text| text.table.as_ref() == Some(table));
            let Some(text) = text else { return Ok(Some("it has no contract of it".to_owned())) };
            let Ok(contract) = Contract::parse(&text.text, &text.path) else {
                return Ok(Some("this version of Sluice does not accept its contract".to_owned()));
            };
            let made = newest_entry_with(&store, left.version, |info| info.contract.is_some()).await?;
            let hash = made.and_then(|entry| entry.info.contract);
            let is_its = hash.is_some_and(|hash| is_hash_of(&hash, &contract));
            (!is_its).then(|| "no run by its contract reached the table".to_owned())
        }
        Layer::Gold => {
            let text = detail.texts.iter().find(|text| text.table.as_ref() == Some(table));
            let Some(text) = text else { return Ok(Some("it has no model of it".to_owned())) };
            let made = newest_entry_with(&store, left.version, |info| info.inputs.is_some()).await?;
            let is_its = made.is_some_and(|entry| {
                let from = entry.info.from.unwrap_or_default();
                entry.info.inputs == Some(crate::previewed::inputs::model_hash(&text.text, &from))
            });
            (!is_its).then(|| "no run by its model reached the table".to_owned())
        }
    })
}
