//! AWS DMS as JSON, as it writes to Kafka and Kinesis: full load, changes and control records, one row per record.
//!
//! `{data, metadata: {record-type, operation, schema-name, table-name, timestamp, ...}}` (AWS DMS guide, "Using Apache
//! Kafka as a target").

mod decode;
mod infer;
mod kind;
mod record;
#[cfg(test)]
mod tests;

use super::dms::{SEQUENCE, is_document};
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

/// `dms_json`.
pub(crate) struct DmsJson;

impl JsonFormat for DmsJson {
    type Memory = ();

    const NAME: SourceFormat = SourceFormat::DmsJson;
    const RECORD_WORDS: &'static str = "records of AWS DMS";
    const MARKERS: Markers = Markers {
        is_own: |name| name == SEQUENCE,
        is_in_envelope: |part| position::is_of_record(part, &[]),
        position_members: &[SEQUENCE],
        position_prefixes: &[""],
        is_document,
        ..Markers::CHANGE
    };

    fn is_record(line: &str) -> bool {
        record::is_record(line)
    }

    fn decode(plan: &Plan, (): &mut (), out: &mut Collector, at: RowRef, text: &str) -> Result<(), RecordError> {
        decode::decode(plan, out, at, text)
    }

    fn title(_profile: &Profile) -> String {
        "AWS DMS, JSON".to_owned()
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
