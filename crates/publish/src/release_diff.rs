//! What differs between two releases, or a release and the draft.

use crate::changes::{MODEL, TEST, changes};
use crate::draft::{Draft, draft};
use crate::{PublishError, release, text_diff};
use sluice_api::{ContractChange, Layer, ReleaseDiff, ReleaseSide, ReleaseTableDiff, TableRef};
use sluice_lake::Lake;
use std::collections::{BTreeMap, BTreeSet};

/// Path and text by table; a text that names no table is by its path alone.
type Texts = BTreeMap<(Option<TableRef>, String), (String, String)>;

/// Compares two sides: graded changes and texts, for each table or model that differs.
///
/// # Errors
/// [`PublishError::NotPublished`], [`PublishError::Lake`], [`PublishError::Corrupt`].
pub async fn release_diff(lake: &Lake, from: ReleaseSide, to: ReleaseSide) -> Result<ReleaseDiff, PublishError> {
    let (old, new) = (side(lake, from).await?, side(lake, to).await?);
    let (before, after) = (texts(&old), texts(&new));
    let graded = changes(&old, &new);
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut tables = Vec::new();
    for key in names {
        let (was, is) = (before.get(key), after.get(key));
        if was == is {
            continue;
        }
        let table = key.0.clone();
        let text = |side: Option<&(String, String)>| side.map(|(_, text)| text.clone()).unwrap_or_default();
        tables.push(ReleaseTableDiff {
            path: is.or(was).map(|(path, _)| path.clone()).unwrap_or_default(),
            changes: match &table {
                Some(table) => changes_of(table, &graded, &old, &new),
                None => changes_of_test(&key.1, &graded),
            },
            lines: text_diff::lines(&text(was), &text(is)),
            table,
        });
    }
    Ok(ReleaseDiff { from, to, tables })
}

async fn side(lake: &Lake, side: ReleaseSide) -> Result<Draft, PublishError> {
    match side {
        ReleaseSide::Draft => draft(lake).await,
        ReleaseSide::Release(number) => {
            let (file, _) = release::published(lake, number).await?;
            Ok(Draft::of_documents(file.contracts, file.models, file.tests))
        }
    }
}

/// A text that is moved to another file stays the text of its table. Of two files of a table each is by its own path.
fn texts(draft: &Draft) -> Texts {
    let mut texts = Texts::new();
    let contracts = draft.contract_texts.iter().map(|document| (document.contract_table(), document));
    let models = draft.model_texts.iter().map(|document| (document.model_table(), document));
    for (table, document) in contracts.chain(models) {
        let known = table.is_some() && !texts.contains_key(&(table.clone(), String::new()));
        let place = if known { String::new() } else { document.path.clone() };
        texts.insert((table, place), (document.path.clone(), document.text.clone()));
    }
    // A test is by its path alone: its table may have many, and its contract.
    for document in &draft.test_texts {
        texts.insert((None, document.path.clone()), (document.path.clone(), document.text.clone()));
    }
    texts
}

/// The change of a test; `None` for any other text without a table.
fn changes_of_test(path: &str, graded: &[ContractChange]) -> Option<Vec<ContractChange>> {
    let is_it = |change: &&ContractChange| change.place == TEST && change.change.starts_with(path);
    path.starts_with("tests/").then(|| graded.iter().filter(is_it).cloned().collect())
}

/// The graded changes of a table; `None` where one of its contracts is not valid.
fn changes_of(table: &TableRef, graded: &[ContractChange], old: &Draft, new: &Draft) -> Option<Vec<ContractChange>> {
    let is_model = table.layer == Layer::Gold;
    if !is_model && (old.invalid.contains_key(&table.name) || new.invalid.contains_key(&table.name)) {
        return None;
    }
    let of = |change: &&ContractChange| {
        change.table == table.name && (change.place == MODEL) == is_model && change.place != TEST
    };
    Some(graded.iter().filter(of).cloned().collect())
}
