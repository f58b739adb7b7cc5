//! The child process: reads files from its input, decodes them, answers on its output.

use super::wire::{Hello, Reply, Request};
use crate::RunError;
use sluice_cdc::{decode_file, decode_file_with_keys};
use sluice_contract::{Contract, HashKey, HashKeys};
use std::io::{BufReader, BufWriter, Write};
use std::sync::Arc;

/// Works until its input ends. What `sluice decode-worker` does; it opens no file and no connection.
///
/// # Errors
/// When the input is no request, or the output is closed.
pub fn decode_worker() -> Result<(), RunError> {
    let failed = |source| RunError::File { path: "the pipe of the decoder".to_owned(), source };
    let mut input = BufReader::new(std::io::stdin().lock());
    let mut output = BufWriter::new(std::io::stdout().lock());
    Hello::own().write(&mut output).and_then(|()| output.flush()).map_err(failed)?;
    while let Some((request, bytes, key_file)) = Request::read(&mut input).map_err(failed)? {
        limit_memory(request.memory_bytes).map_err(failed)?;
        let reply = match Contract::parse(&request.contract, "the contract") {
            Ok(contract) => {
                let mut keys = HashKeys::default();
                for (name, key) in request.keys {
                    HashKey::new(key).into_iter().for_each(|key| keys.insert(&name, key));
                }
                let contract =
                    request.started_ms.map_or_else(|| contract.clone(), |ms| contract.clone().started_at(ms));
                let contract = contract.with_keys(keys).with_inferred(&request.inferred);
                let of_source = request.source.as_deref().and_then(|name| contract.for_source(name));
                let contract = of_source.unwrap_or(contract).in_epoch(request.epoch);
                let contract = request
                    .backfill
                    .as_ref()
                    .map_or_else(|| contract.clone(), |backfill| contract.for_backfill(backfill));
                let contract = Arc::new(contract);
                let decoded = match &key_file {
                    Some(keys) => decode_file_with_keys(&contract, &request.file, bytes, keys),
                    None => decode_file(&contract, request.file, bytes),
                };
                match decoded {
                    Ok(decoded) => Reply::of(decoded)?,
                    Err(_) => Reply::refusal(),
                }
            }
            Err(_) => Reply::refusal(),
        };
        reply.write(&mut output).map_err(failed)?;
        output.flush().map_err(failed)?;
    }
    Ok(())
}

/// Limits the address space of this process; an allocation beyond it ends the process.
#[cfg(unix)]
fn limit_memory(bytes: u64) -> std::io::Result<()> {
    let (_, most) = rlimit::Resource::AS.get()?;
    rlimit::Resource::AS.set(bytes.min(most), most)
}

/// Other systems have no such limit that a process sets for itself; the deadline holds there too.
#[cfg(not(unix))]
fn limit_memory(_bytes: u64) -> std::io::Result<()> {
    Ok(())
}
