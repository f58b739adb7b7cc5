//! Rows of a result as a file: Parquet, CSV or JSON lines.

use super::column_texts::ColumnTexts;
use crate::RunError;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, SchemaRef, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde_json::Value;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A form of rows in a file, by the ending of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Parquet,
    Csv,
    JsonLines,
}

impl Form {
    fn of(path: &Path) -> Result<Self, RunError> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
        match ending.as_str() {
            "parquet" => Ok(Self::Parquet),
            "csv" => Ok(Self::Csv),
            "jsonl" | "ndjson" => Ok(Self::JsonLines),
            _ => Err(RunError::input(
                format!("The ending of {} names no form that rows are written in", path.display()),
                "Name it .parquet, .csv or .jsonl",
            )),
        }
    }
}

/// A file under way: written beside its place, and put there whole at the end. A file that is there stays as it is.
pub(crate) struct RowsFile {
    path: PathBuf,
    writer: Writer,
}

enum Writer {
    Parquet(Box<ArrowWriter<NamedTempFile>>),
    Csv(BufWriter<NamedTempFile>),
    JsonLines(BufWriter<NamedTempFile>),
}

impl RowsFile {
    /// Begins a file for rows of this schema.
    ///
    /// # Errors
    /// [`RunError::Input`] if the ending is not known or the file exists; [`RunError::File`] if it cannot be made.
    pub(crate) fn begin(path: &Path, schema: &SchemaRef) -> Result<Self, RunError> {
        let form = Form::of(path)?;
        ensure_new(path)?;
        let path = std::path::absolute(path).map_err(|source| file_error(path, source))?;
        let folder = path.parent().unwrap_or(&path);
        let temporary = NamedTempFile::new_in(folder).map_err(|source| file_error(&path, source))?;
        let writer = match form {
            Form::Parquet => {
                let properties =
                    WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
                let writer = ArrowWriter::try_new(temporary, SchemaRef::clone(schema), Some(properties));
                Writer::Parquet(Box::new(writer.map_err(|error| file_error(&path, std::io::Error::other(error)))?))
            }
            Form::Csv => {
                let mut out = BufWriter::new(temporary);
                let names = schema.fields().iter().map(|field| Some(field.name().clone()));
                csv_line(&mut out, names).map_err(|source| file_error(&path, source))?;
                Writer::Csv(out)
            }
            Form::JsonLines => Writer::JsonLines(BufWriter::new(temporary)),
        };
        Ok(Self { path, writer })
    }

    /// Appends rows.
    ///
    /// # Errors
    /// [`RunError::File`], or Arrow's own where a type has no text.
    pub(crate) fn write(&mut self, rows: &RecordBatch) -> Result<(), RunError> {
        let path = self.path.clone();
        let failed = |source| file_error(&path, source);
        match &mut self.writer {
            Writer::Parquet(writer) => writer.write(rows).map_err(|error| failed(std::io::Error::other(error))),
            Writer::Csv(out) => {
                let columns = texts_of(rows)?;
                for row in 0..rows.num_rows() {
                    csv_line(out, columns.iter().map(|column| column.text(row))).map_err(failed)?;
                }
                Ok(())
            }
            Writer::JsonLines(out) => {
                let columns = texts_of(rows)?;
                for row in 0..rows.num_rows() {
                    json_line(out, rows, &columns, row).map_err(failed)?;
                }
                Ok(())
            }
        }
    }

    /// Puts the file in its place; its path and its size in bytes.
    ///
    /// # Errors
    /// [`RunError::Input`] if there is a file by now; [`RunError::File`].
    pub(crate) fn finish(self) -> Result<(PathBuf, u64), RunError> {
        let Self { path, writer } = self;
        let failed = |source| file_error(&path, source);
        let file = match writer {
            Writer::Parquet(writer) => writer.into_inner().map_err(|error| failed(std::io::Error::other(error)))?,
            Writer::Csv(out) | Writer::JsonLines(out) => {
                out.into_inner().map_err(|error| failed(error.into_error()))?
            }
        };
        file.as_file().sync_all().map_err(failed)?;
        let bytes = file.as_file().metadata().map_err(failed)?.len();
        put(file, &path)?;
        Ok((path, bytes))
    }
}

/// Writes a new file whole; its absolute path.
///
/// # Errors
/// [`RunError::Input`] if there is such a file; [`RunError::File`].
pub(crate) fn write_new_file(path: &Path, bytes: &[u8]) -> Result<PathBuf, RunError> {
    ensure_new(path)?;
    let path = std::path::absolute(path).map_err(|source| file_error(path, source))?;
    let failed = |source| file_error(&path, source);
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(&path)).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    put(file, &path)?;
    Ok(path)
}

fn put(file: NamedTempFile, path: &Path) -> Result<(), RunError> {
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Err(exists(path)),
        Err(error) => Err(file_error(path, error.error)),
    }
}

fn ensure_new(path: &Path) -> Result<(), RunError> {
    if path.as_os_str().is_empty() {
        return Err(RunError::input("The file has no name", "Name it, for example changes.csv"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        let next = "Make it, or name a file in another one; nothing was written";
        return Err(RunError::input(format!("There is no folder {}", folder.display()), next));
    }
    if path.exists() { Err(exists(path)) } else { Ok(()) }
}

fn exists(path: &Path) -> RunError {
    let next = "Name another file, or remove it first; nothing was written over";
    RunError::input(format!("There is already something at {}", path.display()), next)
}

fn file_error(path: &Path, source: std::io::Error) -> RunError {
    RunError::File { path: path.display().to_string(), source }
}

fn texts_of(rows: &RecordBatch) -> Result<Vec<ColumnTexts<'_>>, RunError> {
    Ok(rows.columns().iter().map(ColumnTexts::of).collect::<Result<_, _>>()?)
}

/// A line as RFC 4180 has it: null is empty, an empty text is `""`.
fn csv_line(out: &mut impl Write, cells: impl Iterator<Item = Option<String>>) -> std::io::Result<()> {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        match cell {
            None => {}
            Some(text) if text.is_empty() || text.contains([',', '"', '\n', '\r']) => {
                write!(out, "\"{}\"", text.replace('"', "\"\""))?;
            }
            Some(text) => out.write_all(text.as_bytes())?,
        }
    }
    out.write_all(b"\r\n")
}

fn json_line(out: &mut impl Write, rows: &RecordBatch, texts: &[ColumnTexts<'_>], row: usize) -> std::io::Result<()> {
    let schema = rows.schema();
    for (at, ((field, column), texts)) in schema.fields().iter().zip(rows.columns()).zip(texts).enumerate() {
        out.write_all(if at == 0 { b"{" } else { b"," })?;
        serde_json::to_writer(&mut *out, field.name())?;
        out.write_all(b":")?;
        serde_json::to_writer(&mut *out, &json_value(column, texts, row))?;
    }
    out.write_all(if schema.fields().is_empty() { b"{}\n" } else { b"}\n" })
}

/// Truth values and numbers that JSON's readers keep are themselves; all else, decimals too, is text.
fn json_value(column: &dyn Array, texts: &ColumnTexts<'_>, row: usize) -> Value {
    let Some(text) = texts.text(row) else { return Value::Null };
    match column.data_type() {
        DataType::Boolean => Value::from(column.as_boolean().value(row)),
        DataType::Int8 => Value::from(column.as_primitive::<Int8Type>().value(row)),
        DataType::Int16 => Value::from(column.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => Value::from(column.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => Value::from(column.as_primitive::<Int64Type>().value(row)),
        DataType::UInt8 => Value::from(column.as_primitive::<UInt8Type>().value(row)),
        DataType::UInt16 => Value::from(column.as_primitive::<UInt16Type>().value(row)),
        DataType::UInt32 => Value::from(column.as_primitive::<UInt32Type>().value(row)),
        DataType::UInt64 => Value::from(column.as_primitive::<UInt64Type>().value(row)),
        DataType::Float32 if column.as_primitive::<Float32Type>().value(row).is_finite() => {
            Value::from(column.as_primitive::<Float32Type>().value(row))
        }
        DataType::Float64 if column.as_primitive::<Float64Type>().value(row).is_finite() => {
            Value::from(column.as_primitive::<Float64Type>().value(row))
        }
        _ => Value::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::RowsFile;
    use arrow::array::{ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray};
    use std::sync::Arc;

    fn rows() -> RecordBatch {
        let decimals =
            Decimal128Array::from(vec![Some(1_050), None, Some(-1)]).with_precision_and_scale(12, 2).unwrap();
        let columns: [(&str, ArrayRef); 5] = [
            ("id", Arc::new(Int64Array::from(vec![i64::MAX, 2, 3]))),
            ("text", Arc::new(StringArray::from(vec![Some("a \"b\", c\nd"), Some(""), None]))),
            ("is it", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))),
            ("share", Arc::new(Float64Array::from(vec![Some(0.5), Some(f64::NAN), None]))),
            ("total", Arc::new(decimals)),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    fn written(name: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let mut file = RowsFile::begin(&path, &rows().schema()).unwrap();
        file.write(&rows()).unwrap();
        let (at, bytes) = file.finish().unwrap();
        assert_eq!((at, bytes), (path.clone(), std::fs::metadata(&path).unwrap().len()));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        std::fs::read_to_string(&path).unwrap()
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nowhere").join("rows.csv");
        let error = RowsFile::begin(&path, &rows().schema()).map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with("There is no folder ") && error.ends_with("nowhere"), "{error}");
        assert!(!folder.path().join("nowhere").exists());
    }

    #[test]
    fn text_forms_keep_null_apart_from_empty() {
        assert_eq!(
            written("rows.csv"),
            "id,text,is it,share,total\r\n9223372036854775807,\"a \"\"b\"\", c\nd\",true,0.5,10.50\r\n\
             2,\"\",,NaN,\r\n3,,false,,-0.01\r\n"
        );
        assert_eq!(
            written("rows.jsonl"),
            "{\"id\":9223372036854775807,\"text\":\"a \\\"b\\\", c\\nd\",\"is it\":true,\"share\":0.5,\"total\":\"10.50\"}\n\
             {\"id\":2,\"text\":\"\",\"is it\":null,\"share\":\"NaN\",\"total\":null}\n\
             {\"id\":3,\"text\":null,\"is it\":false,\"share\":null,\"total\":\"-0.01\"}\n"
        );
    }

    #[test]
    fn nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        let mut file = RowsFile::begin(&path, &rows().schema()).unwrap();
        file.write(&rows()).unwrap();
        std::fs::write(&path, "mine").unwrap();
        assert!(file.finish().unwrap_err().to_api().message.contains("already something"));
        assert!(RowsFile::begin(&path, &rows().schema()).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
        for name in ["rows", "rows.txt", ""] {
            assert!(RowsFile::begin(std::path::Path::new(name), &rows().schema()).is_err(), "{name}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
