//! Maxwell's JSON: the changes of MySQL and MariaDB, one row per record.
//!
//! `{database, table, type, ts, xid, commit, xoffset, position, data, old}` (Maxwell documentation, "Data format").

mod decode;
mod infer;
mod kind;
mod record;
#[cfg(test)]
mod tests;

use super::json::{JsonFormat, guess, position};
use crate::format::ProposedSequence;
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::markers::Markers;
use crate::profile::guess::Guess;
use crate::profile::{ColumnProfile, Profile};
use sluice_change::RowRef;
use sluice_contract::SourceFormat;

/// `maxwell_json`.
pub(crate) struct MaxwellJson;

impl JsonFormat for MaxwellJson {
    type Memory = ();

    const NAME: SourceFormat = SourceFormat::MaxwellJson;
    const RECORD_WORDS: &'static str = "records of Maxwell";
    const MARKERS: Markers =
        Markers { is_in_envelope: |part| position::is_of_record(part, &record::POSITION), ..Markers::CHANGE };

    fn is_record(line: &str) -> bool {
        record::is_record(line)
    }

    fn decode(plan: &Plan, (): &mut (), out: &mut Collector, at: RowRef, text: &str) -> Result<(), RecordError> {
        decode::decode(plan, out, at, text)
    }

    fn title(_profile: &Profile) -> String {
        "Maxwell, JSON".to_owned()
    }

    fn sample_record(profile: &mut Profile, text: &str) -> Option<()> {
        infer::read_record(profile, text)
    }

    fn guess(column: &ColumnProfile) -> Guess {
        guess::of_values(&column.shape)
    }

    fn propose_sequence(profile: &Profile) -> ProposedSequence {
        infer::proposed_sequence(profile)
    }
}
