//! A contract proposed from the data.

mod evidence;
mod yaml;

use crate::formats::dms::sample;
use crate::profile::guess::{Guess, is_settled, of_json, of_text_column, personal};
use crate::profile::{ColumnProfile, Profile};
use crate::{DecodeError, is_change_file, sniff};
use bytes::Bytes;
use sluice_change::SourceFile;
use sluice_contract::{SourceFormat, TableName};

/// Records sampled over all files.
const SAMPLE_RECORDS_MAX: u64 = 20_000;
/// Records sampled of a file at least, where there are that many.
const FILE_RECORDS_MIN: u64 = 200;

/// A proposed contract with what speaks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Inferred {
    /// Format.
    pub format: SourceFormat,
    /// Format in words for a heading, for example `Debezium PostgreSQL, JSON`.
    pub title: String,
    /// Share of sampled files and records that fit, 0 to 1.
    pub confidence: f64,
    /// What was seen.
    pub evidence: Vec<InferredEvidence>,
    /// Key columns in order.
    pub key: Vec<String>,
    /// Sequence parts, most significant first.
    pub sequence: Vec<String>,
    /// Records by operation in the sample.
    pub operations: Vec<(String, u64)>,
    /// Columns in order.
    pub columns: Vec<InferredColumn>,
    /// A whole contract in the house format.
    pub yaml: String,
    /// Records sampled.
    pub sampled_rows: u64,
}

/// Something seen in the sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InferredEvidence {
    /// It supports the guess (`true`) or wants a decision (`false`).
    pub ok: bool,
    /// What was seen.
    pub text: String,
    /// How often, for example `20,000 of 20,000 rows`.
    pub count: String,
}

/// A column found in the sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InferredColumn {
    /// Name.
    pub name: String,
    /// How it arrives, for example `bytes, base64`.
    pub arrives_as: String,
    /// Type for the contract, or an open one such as `decimal(12,?)`.
    pub data_type: String,
    /// Sampled rows in which it is null.
    pub nulls: u64,
    /// Sampled rows that have it.
    pub rows: u64,
    /// Part of the key.
    pub key: bool,
    /// Looks like personal data, with the kind found.
    pub pii: Option<String>,
    /// What a person has to decide, if anything.
    pub decide: Option<String>,
}

/// Proposes a contract for the table `name` whose files lie in `path`, from a sample of them. Key
/// files of the Kafka Connect S3 sink (`….keys.json.gz`) may be among them; then they tell the key.
///
/// # Errors
/// [`DecodeError::UnknownFormat`] and [`DecodeError::NothingToInfer`].
#[expect(clippy::needless_pass_by_value, reason = "the caller makes the name for this call")]
pub fn infer(
    name: TableName,
    path: &str,
    files: &[(SourceFile, Bytes)],
    total_files: u64,
) -> Result<Inferred, DecodeError> {
    let paths: Vec<String> = files.iter().map(|(file, _)| file.path.clone()).collect();
    let changes = || files.iter().filter(|(file, _)| is_change_file(&file.path));
    let format = changes()
        .find_map(|(_, bytes)| sniff(&paths, bytes))
        .ok_or_else(|| DecodeError::UnknownFormat { path: path.to_owned() })?;
    let count = changes().count() as u64;
    let records_max = (SAMPLE_RECORDS_MAX / count.max(1)).max(FILE_RECORDS_MIN);
    let mut profile = Profile::default();
    for (file, bytes) in files {
        sample::read(&mut profile, format, &file.path, bytes, records_max);
    }
    if profile.fitting == 0 || profile.columns.is_empty() {
        return Err(DecodeError::NothingToInfer { path: path.to_owned(), format });
    }
    let (key, key_reason) = profile.key();
    let columns: Vec<InferredColumn> =
        profile.columns.iter().map(|column| describe(format, &profile, column, &key)).collect();
    let title = title(format, &profile);
    let sequence = sequence(format, &profile);
    let mut inferred = Inferred {
        format,
        title,
        confidence: confidence(&profile, count),
        evidence: Vec::new(),
        key,
        sequence,
        operations: profile.operations.iter().map(|(name, count)| (name.clone(), *count)).collect(),
        columns,
        yaml: String::new(),
        sampled_rows: profile.records,
    };
    inferred.evidence = evidence::evidence(&inferred, &profile, key_reason, (count, total_files));
    let extra = extra(path, format, &profile, files);
    inferred.yaml = yaml::contract(&name, &inferred, &extra);
    Ok(inferred)
}

fn describe(format: SourceFormat, profile: &Profile, column: &ColumnProfile, key: &[String]) -> InferredColumn {
    let shape = &column.shape;
    let guess = match (&column.said, format) {
        (Some(said), _) => said.clone(),
        (None, SourceFormat::DebeziumJson | SourceFormat::DebeziumFlatJson) => of_json(&column.name, shape),
        (None, SourceFormat::DmsParquet | SourceFormat::DmsCsv) => of_text_column(shape),
    };
    let Guess { data_type, arrives_as, mut decide } = guess;
    if shape.rows < profile.rows && shape.rows > 0 {
        decide =
            decide.or_else(|| Some("Not in all rows: give it a default, or mark it removed or renamed".to_owned()));
    }
    if format == SourceFormat::DmsCsv && column.name.starts_with("column_") {
        decide = decide.or_else(|| Some("The files have no header, give it its name".to_owned()));
    }
    InferredColumn {
        name: column.name.clone(),
        arrives_as,
        data_type,
        nulls: shape.nulls,
        rows: shape.rows,
        key: key.contains(&column.name),
        pii: personal(&column.name, shape),
        decide,
    }
}

fn title(format: SourceFormat, profile: &Profile) -> String {
    let connector = match profile.connector.as_deref() {
        Some("postgresql") => " PostgreSQL",
        Some("mysql") => " MySQL",
        Some("mariadb") => " MariaDB",
        Some("sqlserver") => " SQL Server",
        Some("oracle") => " Oracle",
        _ => "",
    };
    match format {
        SourceFormat::DebeziumJson if profile.with_schema > 0 => format!("Debezium{connector}, JSON with schema"),
        SourceFormat::DebeziumJson => format!("Debezium{connector}, JSON"),
        SourceFormat::DebeziumFlatJson => "Debezium flattened, JSON".to_owned(),
        SourceFormat::DmsParquet => "AWS DMS, Parquet".to_owned(),
        SourceFormat::DmsCsv => "AWS DMS, CSV".to_owned(),
    }
}

/// The default of the format where the data has it, else the source's time.
fn sequence(format: SourceFormat, profile: &Profile) -> Vec<String> {
    let seen = |part: &str| profile.positioned.get(part).is_some_and(|count| *count > 0);
    let mut parts = format.default_sequence();
    if parts.first().is_some_and(|first| seen(first)) {
        parts.retain(|part| seen(part));
    } else if format == SourceFormat::DebeziumJson {
        parts = vec!["source.ts_ms".to_owned()];
    } else if format == SourceFormat::DebeziumFlatJson {
        parts = vec!["__source_ts_ms".to_owned()];
    }
    parts
}

fn confidence(profile: &Profile, files: u64) -> f64 {
    let share = |part: u64, of: u64| if of == 0 { 0.0 } else { part as f64 / of as f64 };
    share(profile.fitting, profile.records) * share(files.saturating_sub(profile.damaged_files), files)
}

fn extra<'a>(path: &'a str, format: SourceFormat, profile: &Profile, files: &[(SourceFile, Bytes)]) -> yaml::Extra<'a> {
    let settled_number = |column: &&ColumnProfile| {
        let guess = of_json(&column.name, &column.shape);
        column.said.is_none() && guess.arrives_as == "text, number" && is_settled(&guess.data_type)
    };
    let required = profile.columns.iter().filter(|column| column.shape.rows == profile.rows && column.shape.nulls == 0);
    let is_csv = format == SourceFormat::DmsCsv;
    yaml::Extra {
        path,
        text_decimals: profile.columns.iter().any(|column| settled_number(&column)),
        null_text: if is_csv { sample::null_text(files) } else { None },
        layouts: if is_csv { layouts(profile) } else { Vec::new() },
        required: required.map(|column| column.name.clone()).collect(),
    }
}

/// One list of names per number of fields that was seen.
fn layouts(profile: &Profile) -> Vec<Vec<String>> {
    let own = profile.csv_own_names();
    let names: Vec<String> = profile.columns.iter().map(|column| column.name.clone()).collect();
    let widths = profile.widths.keys().rev();
    widths
        .map(|width| {
            let columns = names.iter().take(width.saturating_sub(own.len())).cloned();
            columns.chain(own.iter().cloned()).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests;
