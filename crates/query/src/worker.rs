//! The process of people's SQL: answers the calls of an engine until nobody asks any more.
//!
//! Every call has a thread of its own, so that a page or a cancel does not wait for a query. The process reads the
//! lake's files and nothing else, by the sandbox of its engine, and writes to its output alone.

use crate::engine::QueryEngine;
use crate::engine::options::QueryOptions;
use crate::engine::process::wire::{Answer, CHUNK_BYTES, Call, Frame, PROTOCOL, Request};
use crate::error::{QueryError, QueryErrorKind};
use sluice_contract::limits::{SQL_BYTES_PER_THREAD, SQL_SPARE_BYTES};
use std::io::{BufReader, BufWriter, Stdout, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// Works until its input ends. What `sluice sql-worker` does.
///
/// # Errors
/// When the first call does not open an engine, or the output is closed.
pub fn sql_worker() -> Result<(), QueryError> {
    let mut input = BufReader::new(std::io::stdin());
    let out = Out { out: Arc::new(Mutex::new(std::io::stdout())) };
    let Ok(Request { id, call: Call::Open(options) }) = Request::read(&mut input) else {
        return Err(QueryError::input("This command is called by Sluice itself", "Use `sluice query`"));
    };
    let engine = match open(options) {
        Ok(engine) => engine,
        Err(error) => {
            out.answer(id, &Answer::Failed(error.clone()))?;
            return Err(error);
        }
    };
    out.answer(id, &Answer::Opened(PROTOCOL))?;
    while let Ok(Request { id, call }) = Request::read(&mut input) {
        let (engine, out) = (engine.clone(), out.clone());
        let answered = std::thread::Builder::new().spawn({
            let out = out.clone();
            move || {
                // Where not even a thread can be started, or by a bug: whoever waits has to hear of it.
                let answered = catch_unwind(AssertUnwindSafe(|| answer(&engine, &out, id, call)));
                let panicked = |_| Answer::Failed(QueryError::internal("The query process met an error of its own"));
                out.answer(id, &answered.unwrap_or_else(panicked))
            }
        });
        if answered.is_err() {
            out.answer(id, &Answer::Failed(QueryError::out_of_memory()))?;
        }
    }
    // Nobody waits for what still runs.
    std::process::exit(0)
}

fn open(options: QueryOptions) -> Result<QueryEngine, QueryError> {
    // Every thread has a stack of its own.
    let threads = u64::try_from(options.threads).unwrap_or(u64::MAX).saturating_mul(SQL_BYTES_PER_THREAD);
    let memory = options.memory_bytes.saturating_add(threads);
    let engine = QueryEngine::new(options)?;
    limit_memory(memory.saturating_add(SQL_SPARE_BYTES)).map_err(|_| {
        QueryError::new(QueryErrorKind::Resources, "The memory of the query process cannot be limited", "")
    })?;
    Ok(engine)
}

fn answer(engine: &QueryEngine, out: &Out, id: u64, call: Call) -> Answer {
    let answered = match call {
        Call::Open(_) => Err(QueryError::internal("The process is open")),
        Call::Query { job, sql, tables } => {
            engine.set_tables(&tables).and_then(|()| engine.query(job, &sql)).map(Answer::Result)
        }
        Call::Model { job, sql, tables } => engine.set_tables(&tables).and_then(|()| {
            let mut rows = BufWriter::with_capacity(CHUNK_BYTES, RowsOut { out: out.clone(), id });
            engine.model_to(job, &sql, &mut rows)?;
            rows.flush().map_err(|_| gone()).map(|()| Answer::Done)
        }),
        Call::TableResult(table) => engine.table_result(&table).map(Answer::Result),
        Call::PutRows(rows) => engine.put_result(&rows).map(Answer::Result),
        Call::Refine { result, filter, order_by } => {
            engine.refine(result, filter.as_deref(), order_by.as_deref()).map(Answer::Result)
        }
        Call::Page(page) => engine.page(page).and_then(|rows| {
            let mut out = RowsOut { out: out.clone(), id };
            rows.chunks(CHUNK_BYTES).try_for_each(|chunk| out.write_all(chunk)).map_err(|_| gone())?;
            Ok(Answer::Done)
        }),
        Call::Drop(result) => {
            engine.drop_result(result);
            Ok(Answer::Done)
        }
        Call::Cancel(job) => {
            engine.cancel(job);
            Ok(Answer::Done)
        }
    };
    answered.unwrap_or_else(Answer::Failed)
}

/// The output that all calls share, a frame at a time.
#[derive(Clone)]
struct Out {
    out: Arc<Mutex<Stdout>>,
}

impl Out {
    fn answer(&self, id: u64, answer: &Answer) -> Result<(), QueryError> {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        Frame::write_answer(&mut *out, id, answer).map_err(|_| gone())
    }
}

/// Rows of one call.
struct RowsOut {
    out: Out,
    id: u64,
}

impl Write for RowsOut {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let bytes = bytes.get(..CHUNK_BYTES).unwrap_or(bytes);
        let mut out = self.out.out.lock().unwrap_or_else(PoisonError::into_inner);
        Frame::write_rows(&mut *out, self.id, bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn gone() -> QueryError {
    QueryError::internal("Nobody waits for the rows any more")
}

/// Limits the address space of this process to what it has now and `bytes` more; an allocation beyond it fails.
#[cfg(target_os = "linux")]
fn limit_memory(bytes: u64) -> std::io::Result<()> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix("VmSize:")?.split_whitespace().next()?.parse().ok());
    let now: u64 = kilobytes.unwrap_or(0_u64).saturating_mul(1_024);
    let (_, most) = rlimit::Resource::AS.get()?;
    rlimit::Resource::AS.set(now.saturating_add(bytes).min(most), most)
}

/// Other systems have no such limit that a process sets for itself; the time limits hold there too.
#[cfg(not(target_os = "linux"))]
fn limit_memory(_bytes: u64) -> std::io::Result<()> {
    Ok(())
}
