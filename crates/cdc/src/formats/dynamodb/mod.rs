//! DynamoDB's JSON: records of its streams, the same through Kinesis, Lambda and Firehose, and exports to S3.
//!
//! `{eventName, dynamodb: {Keys, NewImage, OldImage, SequenceNumber, …}}`, `{Item}`, `{Metadata, Keys, NewImage, …}`
//! (Amazon DynamoDB documentation, "Record", "DynamoDB table export output format"; Kinesis, "Working with Kinesis Data
//! Streams for DynamoDB").

mod attribute;
mod decode;
pub(crate) mod export;
mod infer;
mod record;
#[cfg(test)]
mod tests;
mod wrapping;

use super::json::{JsonFormat, files, position};
use crate::format::{FileStage, ProposedSequence};
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::markers::Markers;
use crate::profile::guess::Guess;
use crate::profile::{ColumnProfile, Profile};
use sluice_change::RowRef;
use sluice_contract::SourceFormat;

/// `dynamodb_json`.
pub(crate) struct DynamodbJson;

impl JsonFormat for DynamodbJson {
    type Memory = ();

    const NAME: SourceFormat = SourceFormat::DynamodbJson;
    const RECORD_WORDS: &'static str = "records of DynamoDB";
    const MARKERS: Markers =
        Markers { is_in_envelope: |part| position::is_of_record(part, &record::POSITION), ..Markers::CHANGE };

    fn is_record(line: &str) -> bool {
        wrapping::is_record(line)
    }

    /// Of a full export the time when it was asked for.
    fn file_position(path: &str) -> Option<u64> {
        export::time_of(path).or_else(|| files::offset(path))
    }

    fn stage(path: &str) -> Option<FileStage> {
        Some(if export::folder_of(path).is_some() { FileStage::FullLoad } else { FileStage::Changes })
    }

    fn full_export(path: &str) -> Option<&str> {
        export::folder_of(path)
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
        crate::formats::json::guess::of_values(&column.shape)
    }

    fn propose_sequence(profile: &Profile) -> ProposedSequence {
        infer::proposed_sequence(profile)
    }
}
