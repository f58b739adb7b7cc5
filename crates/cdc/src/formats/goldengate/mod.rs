//! Oracle GoldenGate's JSON of operations: the images of a row before and after.
//!
//! `{table, op_type, op_ts, current_ts, pos, primary_keys, tokens, before, after}` (Oracle GoldenGate for Big Data
//! documentation, "JSON formatter").

mod decode;
mod image;
mod infer;
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

/// `goldengate_json`.
pub(crate) struct GoldengateJson;

impl JsonFormat for GoldengateJson {
    type Memory = ();

    const NAME: SourceFormat = SourceFormat::GoldengateJson;
    const RECORD_WORDS: &'static str = "operations of Oracle GoldenGate";
    const MARKERS: Markers =
        Markers { is_in_envelope: |part| position::is_of_record(part, &record::POSITION), ..Markers::CHANGE };

    fn is_record(line: &str) -> bool {
        record::is_record(line)
    }

    fn decode(plan: &Plan, (): &mut (), out: &mut Collector, at: RowRef, text: &str) -> Result<(), RecordError> {
        decode::decode(plan, out, at, text)
    }

    fn title(_profile: &Profile) -> String {
        "Oracle GoldenGate, JSON".to_owned()
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
