//! The events of one key, out of bronze.

use super::context::TableContext;
use super::decode::{BatchPiece, decoded_bronze_by_batch};
use super::table_state::TableState;
use crate::RunError;
use crate::support::blocking::blocking;
use futures::TryStreamExt;
use sluice_change::{ChangeBatch, Op, Reject};
use sluice_contract::Contract;
use sluice_engine::KeyEncoder;
use std::ops::RangeInclusive;
use std::pin::pin;
use std::sync::Arc;

/// What bronze keeps of a key.
#[derive(Default)]
pub(crate) struct KeyEvents {
    /// Events of the key with the records as delivered, and all truncates of the table.
    pub(crate) changes: Vec<ChangeBatch>,
    /// The batch that each of `changes` is of.
    pub(crate) batches: Vec<u64>,
    /// Records in quarantine that name the key: batch, file, reject.
    pub(crate) rejects: Vec<(u64, String, Reject)>,
    /// Records that were read.
    pub(crate) read: u64,
}

/// Reads a range of batches for the key with a hash; `key` is name and value of its columns as text.
///
/// # Errors
/// If bronze cannot be read or is damaged; when the job is cancelled.
pub(crate) async fn key_events(
    context: &TableContext,
    table: &TableState,
    batches: RangeInclusive<u64>,
    hash: u128,
    key: &[(String, String)],
) -> Result<KeyEvents, RunError> {
    let encoder = Arc::new(KeyEncoder::new(&context.contract)?);
    let contract = Arc::clone(&context.contract);
    let key = Arc::new(key.to_vec());
    let mut found = KeyEvents::default();
    let mut pieces = pin!(decoded_bronze_by_batch(context, table, batches).await?);
    while let Some(pieces) = pieces.try_next().await? {
        let (encoder, contract, key) = (Arc::clone(&encoder), Arc::clone(&contract), Arc::clone(&key));
        let of_key =
            blocking(move || pieces.into_iter().map(|piece| only(piece, &encoder, &contract, hash, &key)).collect());
        let of_key: Vec<KeyEvents> = of_key.await?;
        for more in of_key {
            found.changes.extend(more.changes);
            found.batches.extend(more.batches);
            found.rejects.extend(more.rejects);
            found.read += more.read;
        }
    }
    Ok(found)
}

fn only(
    piece: BatchPiece,
    encoder: &KeyEncoder,
    contract: &Contract,
    hash: u128,
    key: &[(String, String)],
) -> Result<KeyEvents, RunError> {
    let BatchPiece { batch, decoded } = piece;
    let path = |at: usize| decoded.changes.files.get(at).map_or_else(String::new, |file| file.path.clone());
    let named = decoded.rejects.iter().filter(|reject| names_key(&reject.raw, contract, key));
    let rejects = named.map(|reject| (batch, path(reject.at.file as usize), reject.clone())).collect();
    let read = decoded.rows_in;
    let hashes = encoder.hashes(&decoded.changes.rows)?;
    let keep: Vec<bool> =
        decoded.changes.ops.iter().zip(hashes).map(|(op, of)| *op == Op::Truncate || of == hash).collect();
    let mut found = KeyEvents { rejects, read, ..KeyEvents::default() };
    if keep.contains(&true) {
        found.changes.push(decoded.changes.filter(&keep)?);
        found.batches.push(batch);
    }
    Ok(found)
}

/// Whether a record that could not be read has the values of the key under their names, anywhere in it.
fn names_key(record: &str, contract: &Contract, key: &[(String, String)]) -> bool {
    let Ok(record) = serde_json::from_str::<serde_json::Value>(record) else { return false };
    has_key(&record, &contract.apply.key, key)
}

fn has_key(value: &serde_json::Value, names: &[String], key: &[(String, String)]) -> bool {
    use serde_json::Value;
    match value {
        Value::Object(members) => {
            let is_value = |name: &String| {
                let wanted = key.iter().find(|(of, _)| of == name).map(|(_, text)| text.as_str());
                match (members.get(name), wanted) {
                    (Some(Value::String(text)), Some(wanted)) => text == wanted,
                    (Some(Value::Number(number)), Some(wanted)) => number.to_string() == wanted,
                    _ => false,
                }
            };
            (!names.is_empty() && names.iter().all(is_value))
                || members.values().any(|inner| has_key(inner, names, key))
        }
        Value::Array(items) => items.iter().any(|item| has_key(item, names, key)),
        Value::String(text) if text.starts_with('{') => {
            serde_json::from_str(text).is_ok_and(|inner: Value| has_key(&inner, names, key))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::has_key;

    #[test]
    fn a_record_names_a_key_by_its_columns_wherever_they_stand() {
        let key = [("id".to_owned(), "7".to_owned())];
        let names = ["id".to_owned()];
        let has = |record: &str| has_key(&serde_json::from_str(record).unwrap(), &names, &key);
        assert!(has(r#"{"after":{"id":7,"v":"x"}}"#));
        assert!(has(r#"{"id":"7"}"#));
        assert!(has(r#"{"after":"{\"id\":7}"}"#));
        assert!(!has(r#"{"after":{"id":70}}"#));
        assert!(!has(r#"{"other":7}"#));
    }
}
