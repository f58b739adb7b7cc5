//! What goes through the pipes between an engine and its SQL process.
//!
//! To the process: frames of a length (4 bytes) and a [`Request`] as JSON, after [`Call::PutRows`] one more with the
//! rows. Back: frames of the request's number (8
//! bytes), a kind (1), a length (4) and a payload: bytes of an Arrow IPC stream, as many frames as they need, then one
//! [`Answer`] as JSON.

use crate::engine::options::QueryOptions;
use crate::error::QueryError;
use crate::files::table_files::TableFiles;
use serde::{Deserialize, Serialize};
use sluice_api::{JobId, PageRequest, ResultId, ResultView};
use std::io::{Error, ErrorKind, Read, Result, Write};

/// Another number, another wire: the two sides may come from two installations.
pub(crate) const PROTOCOL: u32 = 2;
/// Longest frame, bytes; a statement may have 1 MiB and a table many files.
const FRAME_BYTES_MAX: u32 = 1 << 28;
/// Bytes of rows in one frame.
pub(crate) const CHUNK_BYTES: usize = 1 << 20;

/// What the engine wants.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Call {
    /// First of all.
    Open(QueryOptions),
    Query {
        job: JobId,
        sql: String,
        tables: Vec<TableFiles>,
    },
    Model {
        job: JobId,
        sql: String,
        tables: Vec<TableFiles>,
    },
    TableResult(TableFiles),
    /// Rows of the engine, an Arrow IPC stream; they follow the call.
    PutRows(#[serde(skip)] Vec<u8>),
    Refine {
        result: ResultId,
        filter: Option<String>,
        order_by: Option<String>,
    },
    Page(PageRequest),
    Drop(ResultId),
    Cancel(JobId),
}

/// A call with its number.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) id: u64,
    pub(crate) call: Call,
}

/// How a call ended.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    Opened(u32),
    Result(ResultView),
    /// Done; the rows came before.
    Done,
    Failed(QueryError),
}

/// A frame of the process.
#[derive(Debug)]
pub(crate) enum Frame {
    Rows(u64, Vec<u8>),
    Answer(u64, Answer),
}

const ROWS: u8 = 0;
const ANSWER: u8 = 1;

fn too_long() -> Error {
    Error::new(ErrorKind::InvalidData, "a frame is too long")
}

fn write_payload(out: &mut dyn Write, payload: &[u8]) -> Result<()> {
    let length = u32::try_from(payload.len()).ok().filter(|length| *length <= FRAME_BYTES_MAX).ok_or_else(too_long)?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(payload)?;
    out.flush()
}

fn read_payload(input: &mut dyn Read) -> Result<Vec<u8>> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > FRAME_BYTES_MAX {
        return Err(too_long());
    }
    let mut payload = vec![0; usize::try_from(length).map_err(|_| too_long())?];
    input.read_exact(&mut payload)?;
    Ok(payload)
}

impl Request {
    pub(crate) fn write(&self, out: &mut dyn Write) -> Result<()> {
        write_payload(out, &serde_json::to_vec(self)?)?;
        match &self.call {
            Call::PutRows(rows) => write_payload(out, rows),
            _ => Ok(()),
        }
    }

    /// # Errors
    /// [`ErrorKind::UnexpectedEof`] when nobody asks any more.
    pub(crate) fn read(input: &mut dyn Read) -> Result<Self> {
        let mut request: Self = serde_json::from_slice(&read_payload(input)?)?;
        if let Call::PutRows(rows) = &mut request.call {
            *rows = read_payload(input)?;
        }
        Ok(request)
    }
}

impl Frame {
    pub(crate) fn write_rows(out: &mut dyn Write, id: u64, rows: &[u8]) -> Result<()> {
        out.write_all(&id.to_le_bytes())?;
        out.write_all(&[ROWS])?;
        write_payload(out, rows)
    }

    pub(crate) fn write_answer(out: &mut dyn Write, id: u64, answer: &Answer) -> Result<()> {
        let payload = serde_json::to_vec(answer)?;
        out.write_all(&id.to_le_bytes())?;
        out.write_all(&[ANSWER])?;
        write_payload(out, &payload)
    }

    pub(crate) fn read(input: &mut dyn Read) -> Result<Self> {
        let mut id = [0; 8];
        let mut kind = [0; 1];
        input.read_exact(&mut id)?;
        input.read_exact(&mut kind)?;
        let (id, payload) = (u64::from_le_bytes(id), read_payload(input)?);
        match kind {
            [ROWS] => Ok(Self::Rows(id, payload)),
            [ANSWER] => Ok(Self::Answer(id, serde_json::from_slice(&payload)?)),
            _ => Err(Error::new(ErrorKind::InvalidData, "a frame is of no known kind")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Call, Frame, Request};
    use sluice_api::JobId;

    #[test]
    fn frames_come_as_they_went() {
        let mut pipe = Vec::new();
        let sql = "SELECT 'ä\n'".to_owned();
        Request { id: 7, call: Call::Query { job: JobId(3), sql, tables: Vec::new() } }.write(&mut pipe).unwrap();
        let read = Request::read(&mut pipe.as_slice()).unwrap();
        assert!(matches!(read, Request { id: 7, call: Call::Query { job: JobId(3), sql, .. } } if sql.contains('ä')));

        let mut pipe = Vec::new();
        Request { id: 9, call: Call::PutRows(b"arrow".to_vec()) }.write(&mut pipe).unwrap();
        Request { id: 10, call: Call::Cancel(JobId(3)) }.write(&mut pipe).unwrap();
        let mut input = pipe.as_slice();
        let read = Request::read(&mut input).unwrap();
        assert!(matches!(read, Request { id: 9, call: Call::PutRows(rows) } if rows == b"arrow"));
        assert!(matches!(Request::read(&mut input).unwrap(), Request { id: 10, call: Call::Cancel(_) }));

        let mut pipe = Vec::new();
        Frame::write_rows(&mut pipe, 8, b"rows").unwrap();
        Frame::write_answer(&mut pipe, 8, &Answer::Done).unwrap();
        let mut input = pipe.as_slice();
        assert!(matches!(Frame::read(&mut input).unwrap(), Frame::Rows(8, rows) if rows == b"rows"));
        assert!(matches!(Frame::read(&mut input).unwrap(), Frame::Answer(8, Answer::Done)));
        assert!(Frame::read(&mut input).is_err(), "the end of the pipe");
        assert!(Frame::read(&mut [9_u8; 40].as_slice()).is_err(), "no frame");
    }
}
