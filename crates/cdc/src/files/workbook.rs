//! Workbooks of Excel: the rows of one sheet as texts, under the names of its first row.

use crate::columnar::stop::Stop;
use bytes::Bytes;
use calamine::{DataRef, ExcelDateTime, Reader, Xlsx};
use sluice_change::ReasonCode;
use sluice_contract::limits;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use zip::ZipArchive;

/// First bytes of a workbook, which is a zip archive.
pub(crate) const MAGIC: &[u8] = b"PK\x03\x04";
/// First bytes of a workbook before 2007.
const OLD_MAGIC: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0];
/// What an archive has that is a workbook.
const WORKBOOK: &str = "xl/workbook.xml";
/// Decompressed bytes from which the ratio of the limits counts.
const RATIO_FREE_BYTES: u64 = 64 << 20;
/// Decompressed bytes of a workbook: its texts are in memory while it is read.
const CONTENT_BYTES_MAX: u64 = 1 << 30;
const ENTRIES_MAX: usize = 10_000;
/// Sheets that a message names.
const SHEETS_SHOWN: usize = 8;

const DAMAGED: Stop = Stop::fixed(ReasonCode::UnreadableFile, "the workbook is damaged");
const CUT: Stop = Stop::fixed(ReasonCode::TruncatedFile, "the workbook ends too early");
const NOT_ONE: Stop = Stop::fixed(ReasonCode::UnreadableFile, "not a workbook of Excel (.xlsx)");
const OLD: Stop =
    Stop::fixed(ReasonCode::UnreadableFile, "a workbook of before 2007 or one with a password; save it as .xlsx");
const LARGE: Stop = Stop::fixed(ReasonCode::FileTooLarge, "the content of the workbook is over 1 GiB");
const RATIO: Stop = Stop::fixed(ReasonCode::RatioTooHigh, "the content is more than 200 times the file");
const NO_HEADER: Stop = Stop::fixed(
    ReasonCode::UnreadableFile,
    "the first row of the sheet does not name its columns: every cell needs a text of its own",
);
const COLUMNS: Stop = Stop::fixed(ReasonCode::UnreadableFile, "more columns than the limit");

/// A row of a sheet below its header.
pub(crate) struct SheetRow<'r> {
    /// Number of the row in the sheet, from 0.
    pub(crate) number: u64,
    /// Texts under the names of the header; `None` for empty cells.
    pub(crate) values: &'r [Option<String>],
    /// Why the row cannot be read, if it cannot.
    pub(crate) fault: Option<&'static str>,
}

/// What is done with a row: the names of the columns, and the row.
pub(crate) type TakeRow<'a> = &'a mut dyn FnMut(&[String], &SheetRow<'_>) -> Result<(), Stop>;

/// Hands the rows of a sheet to `take`, with the names of the header. `sheet` is its name, or the only one.
///
/// # Errors
/// Why not all of the file was read.
pub(crate) fn each_row(bytes: &Bytes, sheet: Option<&str>, take: TakeRow<'_>) -> Result<(), Stop> {
    check_archive(bytes)?;
    catch_unwind(AssertUnwindSafe(|| read_rows(bytes, sheet, take))).unwrap_or(Err(DAMAGED))
}

/// Names of the columns of the only sheet; `None` where there are several, or none can be read.
pub(crate) fn column_names(bytes: &Bytes) -> Option<Vec<String>> {
    let mut found = None;
    // The names are enough, so the first row ends it.
    let outcome = each_row(bytes, None, &mut |names, _| {
        found = Some(names.to_vec());
        Err(NOT_ONE)
    });
    found.filter(|_| outcome.is_err())
}

/// Names of the sheets; nothing where the workbook cannot be read.
pub(crate) fn sheet_names(bytes: &Bytes) -> Vec<String> {
    if check_archive(bytes).is_err() {
        return Vec::new();
    }
    let open = || Xlsx::new(Cursor::new(bytes.clone())).map(|book: Xlsx<_>| book.sheet_names());
    catch_unwind(AssertUnwindSafe(open)).ok().and_then(Result::ok).unwrap_or_default()
}

/// Unpacks everything once, into nothing: what an archive says of its sizes may be wrong.
fn check_archive(bytes: &Bytes) -> Result<(), Stop> {
    if bytes.starts_with(OLD_MAGIC) {
        return Err(OLD);
    }
    if !bytes.starts_with(MAGIC) {
        return Err(NOT_ONE);
    }
    let read = || -> Result<(), Stop> {
        let mut archive = ZipArchive::new(Cursor::new(bytes.clone())).map_err(|_| CUT)?;
        if archive.len() > ENTRIES_MAX || archive.by_name(WORKBOOK).is_err() {
            return Err(NOT_ONE);
        }
        let mut content = 0;
        for at in 0..archive.len() {
            let entry = archive.by_index(at).map_err(|_| DAMAGED)?;
            let mut rest = entry.take(CONTENT_BYTES_MAX + 1);
            content += std::io::copy(&mut rest, &mut std::io::sink()).map_err(|_| DAMAGED)?;
            if content > CONTENT_BYTES_MAX {
                return Err(LARGE);
            }
            if content > RATIO_FREE_BYTES && content > limits::DECOMPRESSION_RATIO_MAX * bytes.len() as u64 {
                return Err(RATIO);
            }
        }
        Ok(())
    };
    catch_unwind(AssertUnwindSafe(read)).unwrap_or(Err(DAMAGED))
}

fn read_rows(bytes: &Bytes, sheet: Option<&str>, take: TakeRow<'_>) -> Result<(), Stop> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.clone())).map_err(|_| DAMAGED)?;
    let sheet = sheet_of(&book.sheet_names(), sheet)?;
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(|_| DAMAGED)?;
    let mut names: Option<Header> = None;
    let mut row = Cells::default();
    loop {
        let cell = cells.next_cell_with_formula_metadata().map_err(|_| DAMAGED)?;
        let position = cell.as_ref().map(|cell| cell.pos);
        if position.is_none_or(|(number, _)| number != row.number) {
            if row.texts.iter().any(Option::is_some) || row.fault.is_some() {
                match &names {
                    None => names = Some(Header::of(&row)?),
                    Some(header) => header.hand_over(&mut row, take)?,
                }
            }
            row = Cells { number: position.map_or(0, |(number, _)| number), ..Cells::default() };
        }
        let (Some(cell), Some((_, column))) = (cell, position) else { return Ok(()) };
        if cell.formula.is_some() && cell.value == DataRef::Empty {
            row.fault = Some("a formula has no stored value: open the workbook and save it");
        }
        row.set(usize::try_from(column).unwrap_or(usize::MAX), &cell.value)?;
    }
}

/// The sheet that is wanted, or the only one.
fn sheet_of(names: &[String], wanted: Option<&str>) -> Result<String, Stop> {
    let shown = || {
        let names = names.iter().take(SHEETS_SHOWN).map(|name| name.chars().take(31).collect::<String>());
        names.collect::<Vec<_>>().join(", ")
    };
    let stop = |detail: String| Stop { reason: ReasonCode::UnreadableFile, detail: Cow::Owned(detail) };
    match (wanted, names) {
        (Some(wanted), _) => names
            .iter()
            .find(|name| *name == wanted)
            .cloned()
            .ok_or_else(|| stop(format!("the workbook has no sheet {wanted}; it has {}", shown()))),
        (None, [only]) => Ok(only.clone()),
        (None, []) => Err(DAMAGED),
        (None, _) => Err(stop(format!("the workbook has several sheets ({}); write source.sheet", shown()))),
    }
}

/// The cells of one row.
#[derive(Default)]
struct Cells {
    number: u32,
    texts: Vec<Option<String>>,
    fault: Option<&'static str>,
}

impl Cells {
    fn set(&mut self, column: usize, value: &DataRef<'_>) -> Result<(), Stop> {
        if column >= limits::COLUMNS_MAX {
            return Err(COLUMNS);
        }
        if self.texts.len() <= column {
            self.texts.resize(column + 1, None);
        }
        let text = match value {
            DataRef::Empty => None,
            DataRef::Error(_) => {
                self.fault = Some("a cell has an error value, such as #DIV/0!");
                None
            }
            other => text_of(other),
        };
        if let Some(place) = self.texts.get_mut(column) {
            *place = text;
        }
        Ok(())
    }
}

/// The names of the columns, and which columns of the sheet they are.
struct Header {
    first: usize,
    names: Vec<String>,
}

impl Header {
    fn of(row: &Cells) -> Result<Self, Stop> {
        let first = row.texts.iter().position(Option::is_some).unwrap_or(0);
        let last = row.texts.iter().rposition(Option::is_some).map_or(first, |last| last + 1);
        let names: Option<Vec<String>> = row.texts.get(first..last).unwrap_or_default().iter().cloned().collect();
        let names: Vec<String> = names.ok_or(NO_HEADER)?.iter().map(|name| name.trim().to_owned()).collect();
        let different: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
        let is_name = |name: &String| !name.is_empty() && name.parse::<f64>().is_err();
        if row.fault.is_some() || different.len() < names.len() || !names.iter().all(is_name) {
            return Err(NO_HEADER);
        }
        Ok(Self { first, names })
    }

    fn hand_over(&self, row: &mut Cells, take: TakeRow<'_>) -> Result<(), Stop> {
        let end = self.first + self.names.len();
        let outside = row.texts.iter().enumerate().any(|(at, text)| text.is_some() && !(self.first..end).contains(&at));
        if outside {
            row.fault = Some("a cell is beside the columns that the header names");
        }
        row.texts.resize(row.texts.len().max(end), None);
        let values = row.texts.get(self.first..end).unwrap_or_default();
        take(&self.names, &SheetRow { number: u64::from(row.number), values, fault: row.fault })
    }
}

/// The text of a cell, as people read it; `None` for an empty text.
fn text_of(value: &DataRef<'_>) -> Option<String> {
    let text = match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(value) => time_text(value),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(_) | DataRef::Empty => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A date, a time of day, or both; a duration is its hours, minutes and seconds.
fn time_text(value: &ExcelDateTime) -> String {
    let days = value.as_f64();
    let (year, month, day, hour, minute, second, milli) = value.to_ymd_hms_milli();
    let fraction = if milli == 0 { String::new() } else { format!(".{milli:03}") };
    if value.is_duration() {
        let hours = (days.trunc() * 24.0) + f64::from(hour);
        return format!("{hours:02}:{minute:02}:{second:02}{fraction}");
    }
    let time = format!("{hour:02}:{minute:02}:{second:02}{fraction}");
    let is_midnight = (hour, minute, second, milli) == (0, 0, 0, 0);
    if (0.0..1.0).contains(&days) && !is_midnight {
        time
    } else if is_midnight {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {time}")
    }
}
