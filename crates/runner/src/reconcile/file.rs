//! Rows of the source in a file of this machine.

use super::rows::SourceRows;
use crate::RunError;
use crate::pipeline::decoder::{Decoder, DecoderOptions};
use crate::pipeline::repair_records::for_rows;
use bytes::Bytes;
use sluice_change::SourceFile;
use sluice_contract::{Contract, SourceFormat, limits};
use std::path::Path;
use std::sync::Arc;

/// Endings of packed files, which stand behind that of the format.
const PACKED: [&str; 6] = ["gz", "zst", "bz2", "xz", "lz4", "sz"];

/// Reads the rows of a file; blocks.
///
/// # Errors
/// If there is no such file, its name does not say its format, or a row cannot be read.
pub(crate) fn read_file(contract: &Contract, path: &str) -> Result<SourceRows, RunError> {
    let format = format_of(path)?;
    let failed = |source| RunError::File { path: path.to_owned(), source };
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > limits::FILE_BYTES_MAX {
        let message = format!("{path} has {} MiB, up to {} are read", size >> 20, limits::FILE_BYTES_MAX >> 20);
        return Err(RunError::input(message, "Compare with the database itself, which is done by ranges of keys"));
    }
    let bytes = Bytes::from(std::fs::read(path).map_err(failed)?);
    let file = SourceFile { path: path.to_owned(), size, ..SourceFile::default() };
    let decoder = Decoder::new(DecoderOptions::default());
    let decoded = decoder.decode(&Arc::new(for_rows(contract, format)), file, bytes)?;
    let name = Path::new(path).file_name().map_or(path.into(), |name| name.to_string_lossy());
    SourceRows::of(decoded, format, &name)
}

fn format_of(path: &str) -> Result<SourceFormat, RunError> {
    let mut endings = Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or("").rsplit('.');
    let mut ending = endings.next().unwrap_or_default().to_ascii_lowercase();
    if PACKED.contains(&ending.as_str()) {
        ending = endings.next().unwrap_or_default().to_ascii_lowercase();
    }
    match ending.as_str() {
        "csv" | "tsv" => Ok(SourceFormat::Csv),
        "parquet" => Ok(SourceFormat::Parquet),
        "json" | "jsonl" | "ndjson" => Ok(SourceFormat::Json),
        "avro" => Ok(SourceFormat::Avro),
        "xlsx" => Ok(SourceFormat::Xlsx),
        _ => Err(RunError::input(
            format!("The name of {path} does not say what it holds"),
            "Name a file .csv, .parquet, .json, .jsonl, .avro or .xlsx, or packed, for example .csv.gz",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::format_of;
    use sluice_contract::SourceFormat;

    #[test]
    fn the_name_says_the_format() {
        for (path, format) in [
            ("/a/rows.csv", SourceFormat::Csv),
            ("rows.JSONL.GZ", SourceFormat::Json),
            ("rows.parquet", SourceFormat::Parquet),
        ] {
            assert_eq!(format_of(path).unwrap(), format);
        }
        for path in ["rows", "rows.gz", "rows.sql", ""] {
            assert!(format_of(path).is_err(), "{path}");
        }
    }
}
