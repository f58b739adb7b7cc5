//! Events of MongoDB's change streams, one document per record.
//!
//! `{_id, operationType, ns, documentKey, fullDocument, updateDescription, clusterTime}` (MongoDB manual, "Change
//! Events"), in Extended JSON of every version and form.

mod decode;
mod image;
mod infer;
mod kind;
mod record;
#[cfg(test)]
mod tests;
mod token;

use super::json::{JsonFormat, position};
use crate::format::ProposedSequence;
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::markers::Markers;
use crate::profile::guess::Guess;
use crate::profile::{ColumnProfile, Profile};
use sluice_change::RowRef;
use sluice_contract::SourceFormat;

/// `mongodb_json`.
pub(crate) struct MongodbJson;

impl JsonFormat for MongodbJson {
    type Memory = ();

    const NAME: SourceFormat = SourceFormat::MongodbJson;
    const RECORD_WORDS: &'static str = "change events of MongoDB";
    const MARKERS: Markers =
        Markers { is_in_envelope: |part| position::is_of_record(part, &record::POSITION), ..Markers::CHANGE };

    fn is_record(line: &str) -> bool {
        record::is_record(line)
    }

    fn decode(plan: &Plan, (): &mut (), out: &mut Collector, at: RowRef, text: &str) -> Result<(), RecordError> {
        decode::decode(plan, out, at, text)
    }

    fn title(_profile: &Profile) -> String {
        "MongoDB change stream, JSON".to_owned()
    }

    fn sample_record(profile: &mut Profile, text: &str) -> Option<()> {
        infer::read_record(profile, text)
    }

    fn guess(column: &ColumnProfile) -> Guess {
        crate::formats::json::guess::of_values(&column.shape)
    }

    fn propose_sequence(profile: &Profile) -> ProposedSequence {
        infer::proposed_sequence(profile)
    }
}
