//! The key of a document in the key of a record: the text of its `_id`, which is called `id` there, whatever field of the
//! document has that name.

use serde_json::Value;
use sluice_contract::Contract;

/// The key of a document.
pub(super) const DOCUMENT_ID: &str = "_id";
/// The member that sinks write the key of a record into.
pub(super) const KEY: &str = "key";
/// What the key of a record calls it.
const ID_IN_KEY: &str = "id";

/// Whether the rows of a table are documents.
pub(super) fn has_documents(contract: &Contract) -> bool {
    let mut names =
        contract.columns.iter().flat_map(|column| std::iter::once(&column.name).chain(column.renamed_from.iter()));
    names.any(|name| name == DOCUMENT_ID)
}

/// Changes the `_id` in the key of a record; `false`, and nothing is done, if there is none.
pub(super) fn change_id(key: &mut Value, change: &mut dyn FnMut(&mut Value)) -> bool {
    match key {
        Value::String(text) => {
            let Ok(mut inside @ Value::Object(_)) = serde_json::from_str(text) else { return false };
            let is_changed = change_id(&mut inside, change);
            if is_changed {
                *text = inside.to_string();
            }
            is_changed
        }
        Value::Object(members) => match members.get_mut("payload") {
            Some(payload) => change_id(payload, change),
            None => {
                let Some(Value::String(text)) = members.get_mut(ID_IN_KEY) else { return false };
                let Ok(mut id) = serde_json::from_str(text) else { return false };
                change(&mut id);
                *text = id.to_string();
                true
            }
        },
        _ => false,
    }
}
