//! Who reads a column.

use crate::ContractSet;
use sluice_api::{Layer, TableRef};
use sluice_contract::{Contract, ParentLayer};
use sluice_query::QueryEngine;

/// Rules, checks, foreign keys of other tables and models that read a column of a table.
pub(super) fn readers(engine: &QueryEngine, set: &ContractSet, contract: &Contract, column: &str) -> Vec<String> {
    let mut readers = Vec::new();
    let apply = &contract.apply;
    if apply.is_key(column) {
        readers.push(format!("key of {}", contract.name));
    }
    let conditions = [&apply.delete_when, &apply.truncate_when].into_iter().flatten();
    if contract.sequence().iter().any(|part| part == column) || conditions.into_iter().any(|of| of.column == column) {
        readers.push(format!("rules of {}", contract.name));
    }
    for other in set.contracts.values() {
        for rule in &other.checks {
            let own = other.name == contract.name && rule.check.columns().contains(&column);
            let parent = rule.check.parent().is_some_and(|parent| {
                parent.layer == ParentLayer::Silver
                    && parent.name(&other.name) == contract.name
                    && parent.columns.iter().any(|of| of == column)
            });
            if own || parent {
                readers.push(format!("check {} of {}", rule.check, other.name));
            }
        }
    }
    let table = TableRef { layer: Layer::Silver, name: contract.name.clone() };
    for model in set.models.iter().filter(|model| has_word(&model.sql, column)) {
        if engine.tables_in(&model.sql).contains(&table) {
            readers.push(format!("gold.{}", model.name));
        }
    }
    readers
}

/// Whether a text has a name as a word of its own.
fn has_word(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    let is_part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    text.match_indices(&name).any(|(at, found)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|after| after.chars().next());
        !is_part(before) && !is_part(after)
    })
}

#[cfg(test)]
mod tests {
    use super::has_word;

    #[test]
    fn a_name_is_a_word_of_its_own() {
        assert!(has_word("SELECT o.Note FROM silver.shop.orders o", "note"));
        assert!(has_word("SELECT \"note\" FROM t", "note"));
        assert!(!has_word("SELECT footnote, note_id FROM t", "note"));
    }
}
