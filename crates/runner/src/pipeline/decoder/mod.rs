//! Decoding of change files, those of other people's binary formats in a process of its own.
//!
//! Parquet, Avro, workbooks and compressions other than gzip are read by libraries that may panic, loop or ask for more
//! memory than there is when the bytes are hostile. So those, and anything very large, are decoded by `sluice decode-worker`: a child
//! that limits its own memory and that is killed when it takes too long. Its end is a file in quarantine
//! (`DECODER_CRASHED`), not the end of this process. Text formats are read by code of our own without
//! unsafe parts and stay in this process, where a panic is caught.
//!
//! A worker lives as long as the [`Decoder`] and takes one file after the other, so starting it costs a
//! table once.

mod wire;
mod worker;

pub use worker::decode_worker;

use crate::RunError;
use crate::support::program::sluice_program;
use bytes::Bytes;
use sluice_cdc::{
    BronzeRecord, DecodedFile, FilePart, KeyFile, decode_file, decode_file_part, decode_file_with_keys, decode_records,
    needs_own_process,
};
use sluice_change::{ChangeBatchBuilder, ReasonCode, Reject, RowRef, SourceFile};
use sluice_contract::{Contract, limits};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use wire::{Hello, Reply, Request};

/// Where the worker is, and its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecoderOptions {
    /// The `sluice` program; `None`: every file is decoded in this process.
    pub program: Option<PathBuf>,
    /// Memory that a worker may ask for, bytes, besides [`limits::DECODER_MEMORY_PER_BYTE`] times the file.
    pub memory_bytes: u64,
    /// Time that one file may take, besides a second for every 4 MiB of it.
    pub deadline: Duration,
    /// Bytes of a part of a large file of lines; one of more than three parts is large.
    pub part_bytes: u64,
    /// Files by path whose records are these, as bronze keeps them, whatever their format is.
    pub records: Arc<BTreeMap<String, Vec<String>>>,
}

impl Default for DecoderOptions {
    fn default() -> Self {
        Self {
            program: sluice_program(),
            memory_bytes: limits::DECODER_MEMORY_BYTES,
            deadline: Duration::from_secs(limits::DECODER_SECONDS),
            part_bytes: limits::FILE_PART_BYTES,
            records: Arc::default(),
        }
    }
}

/// Decodes the files of one table. Cheap to clone; clones share a worker.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decoder {
    options: Arc<DecoderOptions>,
    worker: Arc<Mutex<Option<Worker>>>,
}

#[derive(Debug)]
struct Worker {
    child: Arc<Mutex<Child>>,
    input: ChildStdin,
    output: ChildStdout,
    /// It is of this version.
    is_known: bool,
}

/// Why a worker gave no answer.
enum Failure {
    /// It cannot be started here, so the file has to be decoded in this process.
    NotStarted,
    /// It ended.
    Ended,
    /// It was killed.
    TooSlow,
    /// It answered that the contract allows no decoding, or with something else than an answer; or it is of another version,
    /// because the program was replaced while this one runs.
    NoAnswer,
}

impl Decoder {
    pub(crate) fn new(options: DecoderOptions) -> Self {
        Self { options: Arc::new(options), worker: Arc::default() }
    }

    /// Decodes a file; blocks.
    ///
    /// # Errors
    /// When the contract allows no decoding.
    pub(crate) fn decode(
        &self,
        contract: &Arc<Contract>,
        file: SourceFile,
        bytes: Bytes,
    ) -> Result<DecodedFile, RunError> {
        self.decode_content(contract, file, bytes, None)
    }

    /// The same, with the keys that are beside the file; blocks.
    ///
    /// # Errors
    /// When the contract allows no decoding.
    pub(crate) fn decode_with_keys(
        &self,
        contract: &Arc<Contract>,
        file: SourceFile,
        bytes: Bytes,
        keys: &KeyFile,
    ) -> Result<DecodedFile, RunError> {
        self.decode_content(contract, file, bytes, Some(keys))
    }

    fn decode_content(
        &self,
        contract: &Arc<Contract>,
        file: SourceFile,
        bytes: Bytes,
        keys: Option<&KeyFile>,
    ) -> Result<DecodedFile, RunError> {
        if let Some(records) = self.options.records.get(&file.path) {
            return Ok(decode_kept(contract, file, records));
        }
        let wants_worker = wants_worker(contract, &bytes) || keys.is_some_and(KeyFile::needs_own_process);
        if !wants_worker || self.options.program.is_none() {
            return decode_here(contract, file, bytes, keys);
        }
        let mut outcome = self.ask(contract, &file, &bytes, keys);
        if matches!(outcome, Err(Failure::Ended)) {
            // The worker may have died of something else, for example of a machine without memory.
            outcome = self.ask(contract, &file, &bytes, keys);
        }
        match outcome {
            Ok(decoded) => Ok(decoded),
            Err(Failure::NotStarted | Failure::NoAnswer) => decode_here(contract, file, bytes, keys),
            Err(Failure::Ended) => crashed(contract, file, "the decoder ended without an answer"),
            Err(Failure::TooSlow) => crashed(contract, file, "the decoder took longer than its deadline"),
        }
    }

    /// Bytes of a part of a large file.
    pub(crate) fn part_bytes(&self) -> u64 {
        self.options.part_bytes.max(1)
    }

    /// Decodes a part of a file of lines in this process; `None` if the decoder panicked. Blocks.
    ///
    /// # Errors
    /// When the contract allows no decoding.
    pub(crate) fn decode_part(
        &self,
        contract: &Arc<Contract>,
        file: SourceFile,
        part: FilePart,
    ) -> Result<Option<DecodedFile>, RunError> {
        match catch_unwind(AssertUnwindSafe(|| decode_file_part(contract, file, part))) {
            Ok(decoded) => Ok(Some(decoded?)),
            Err(_) => Ok(None),
        }
    }

    fn ask(
        &self,
        contract: &Arc<Contract>,
        file: &SourceFile,
        bytes: &Bytes,
        keys: Option<&KeyFile>,
    ) -> Result<DecodedFile, Failure> {
        let mut slot = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        let mut worker = match slot.take() {
            Some(worker) => worker,
            None => self.start()?,
        };
        let of_keys = keys.map(|keys| keys.bytes.clone()).unwrap_or_default();
        let size = bytes.len() as u64 + of_keys.len() as u64;
        let memory = size.saturating_mul(limits::DECODER_MEMORY_PER_BYTE).saturating_add(self.options.memory_bytes);
        let deadline = self.options.deadline + Duration::from_secs(size >> 22);
        let request = Request {
            contract: contract.text.clone(),
            keys: contract.keys.iter().map(|(name, key)| (name.to_owned(), key.expose().to_owned())).collect(),
            inferred: contract.inferred.clone(),
            backfill: contract.backfill.clone(),
            source: contract.source_name().map(str::to_owned),
            epoch: contract.epoch,
            started_ms: contract.started_ms,
            file: file.clone(),
            key_file: keys.map(|keys| keys.path.clone()),
            memory_bytes: memory,
        };
        let (done, waiting) = channel::<()>();
        let child = Arc::clone(&worker.child);
        let watch = std::thread::spawn(move || {
            let late = waiting.recv_timeout(deadline) == Err(RecvTimeoutError::Timeout);
            if late {
                let _ = child.lock().unwrap_or_else(PoisonError::into_inner).kill();
            }
            late
        });
        let answered = worker.exchange(&request, bytes, &of_keys);
        let _ = done.send(());
        let late = watch.join().unwrap_or(false);
        let reply = match answered {
            Ok(reply) if !late => reply,
            _ if late => return Err(Failure::TooSlow),
            Ok(_) => return Err(Failure::Ended),
            Err(error) if error.kind() == ErrorKind::InvalidData => return Err(Failure::NoAnswer),
            Err(_) => return Err(Failure::Ended),
        };
        let is_refusal = reply.is_refusal();
        let decoded = reply.into_decoded(contract, file);
        // A worker whose answer is not understood is not asked again.
        if decoded.is_some() || is_refusal {
            *slot = Some(worker);
        }
        decoded.ok_or(Failure::NoAnswer)
    }

    fn start(&self) -> Result<Worker, Failure> {
        let program = self.options.program.as_ref().ok_or(Failure::NotStarted)?;
        let mut command = Command::new(program);
        // It gets bytes and a contract; the environment may hold credentials.
        command.arg("decode-worker").env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        for name in ["PATH", "SystemRoot", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let mut child = command.spawn().map_err(|_| Failure::NotStarted)?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(input), Some(output)) => {
                Ok(Worker { child: Arc::new(Mutex::new(child)), input, output, is_known: false })
            }
            _ => Err(Failure::NotStarted),
        }
    }
}

impl Worker {
    fn exchange(&mut self, request: &Request, bytes: &Bytes, keys: &Bytes) -> std::io::Result<Reply> {
        if !self.is_known {
            Hello::expect_own(&mut self.output)?;
            self.is_known = true;
        }
        request.write(&mut self.input, bytes, keys)?;
        self.input.flush()?;
        Reply::read(&mut self.output)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn wants_worker(contract: &Contract, bytes: &[u8]) -> bool {
    let foreign = contract.source.as_ref().is_some_and(|source| needs_own_process(source.format, bytes));
    foreign || bytes.len() as u64 > limits::DECODE_HERE_BYTES_MAX
}

/// Decodes records as bronze keeps them, as a rebuild does.
fn decode_kept(contract: &Arc<Contract>, file: SourceFile, records: &[String]) -> DecodedFile {
    let mut offset = 0;
    let place = |(row, record): (u64, &String)| {
        let at = RowRef { file: 0, row, offset };
        offset += record.len() as u64 + 1;
        at
    };
    let places: Vec<RowRef> = (0..).zip(records).map(place).collect();
    let kept: Vec<BronzeRecord<'_>> =
        places.iter().zip(records).map(|(at, record)| BronzeRecord { at: *at, record }).collect();
    decode_records(contract, vec![file], &kept)
}

/// Decodes in this process. A panic is the end of the file, not of the table.
fn decode_here(
    contract: &Arc<Contract>,
    file: SourceFile,
    bytes: Bytes,
    keys: Option<&KeyFile>,
) -> Result<DecodedFile, RunError> {
    let decode = || match keys {
        Some(keys) => decode_file_with_keys(contract, &file, bytes, keys),
        None => decode_file(contract, file.clone(), bytes),
    };
    match catch_unwind(AssertUnwindSafe(decode)) {
        Ok(decoded) => Ok(decoded?),
        Err(_) => crashed(contract, file, "the decoder panicked"),
    }
}

/// The whole file in quarantine.
fn crashed(contract: &Arc<Contract>, file: SourceFile, detail: &str) -> Result<DecodedFile, RunError> {
    let reject = Reject {
        at: RowRef { file: 0, row: 0, offset: 0 },
        reason: ReasonCode::DecoderCrashed,
        column: None,
        detail: detail.to_owned(),
        further: Arc::default(),
        raw: String::new(),
        whole_file: true,
    };
    let changes = ChangeBatchBuilder::new(Arc::clone(contract), vec![file]).finish()?;
    Ok(DecodedFile::uncounted(changes, vec![reject], 0, contract.source_name().map(str::to_owned)))
}
