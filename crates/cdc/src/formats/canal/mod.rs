//! Canal's JSON: the changes of MySQL, all rows of a statement in one record, every value a text. TiCDC writes the same.
//!
//! `{database, table, type, isDdl, es, ts, id, data, old, mysqlType, sqlType, pkNames, sql}` (Canal documentation,
//! `FlatMessage`; TiDB documentation, "TiCDC Canal-JSON protocol").

mod decode;
mod infer;
mod kind;
mod mysql_type;
mod record;
#[cfg(test)]
mod tests;

use super::json::{JsonFormat, position};
use crate::format::ProposedSequence;
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::markers::Markers;
use crate::profile::guess::{Guess, of_text_column};
use crate::profile::{ColumnProfile, Profile};
use sluice_change::RowRef;
use sluice_contract::SourceFormat;

/// `canal_json`.
pub(crate) struct CanalJson;

impl JsonFormat for CanalJson {
    type Memory = ();

    const NAME: SourceFormat = SourceFormat::CanalJson;
    const RECORD_WORDS: &'static str = "records of Canal";
    const MARKERS: Markers =
        Markers { is_in_envelope: |part| position::is_of_record(part, &record::POSITION), ..Markers::CHANGE };

    fn is_record(line: &str) -> bool {
        record::is_record(line)
    }

    fn decode(plan: &Plan, (): &mut (), out: &mut Collector, at: RowRef, text: &str) -> Result<(), RecordError> {
        decode::decode(plan, out, at, text)
    }

    fn title(profile: &Profile) -> String {
        infer::title(profile)
    }

    fn sample_record(profile: &mut Profile, text: &str) -> Option<()> {
        infer::read_record(profile, text)
    }

    fn guess(column: &ColumnProfile) -> Guess {
        of_text_column(&column.shape)
    }

    fn propose_sequence(profile: &Profile) -> ProposedSequence {
        infer::proposed_sequence(profile)
    }
}
