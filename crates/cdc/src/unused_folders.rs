//! Folders `key=value` that no column is taken from.

use crate::folder_values::{folders_of, is_partition, unescaped};
use crate::table_folder::is_date_key;
use sluice_contract::{Column, Contract, Source, folded_name};
use std::borrow::Cow;

/// Keys of the folders of a file that say something which no column of the contract has: no time, no partition of a topic,
/// and nothing by which a source takes its files or which it ignores.
#[must_use]
pub fn unused_folders(contract: &Contract, path: &str) -> Vec<String> {
    let keys = folders_of(path).filter_map(|(key, _)| unescaped(key));
    let is_used = |key: &str| {
        let folded = folded_name(key);
        let same = |name: &str| folded_name(name) == folded;
        let by_column = |column: &Column| same(&column.name) || column.from_folder.as_deref().is_some_and(same);
        let by_source = |source: &Source| {
            source.ignores(key)
                || source.files.as_ref().is_some_and(|files| files.to_string().contains(&format!("{key}=")))
        };
        is_partition(key)
            || is_date_key(key)
            || contract.columns.iter().any(by_column)
            || contract.all_sources().iter().any(by_source)
    };
    keys.filter(|key| !is_used(key)).map(Cow::into_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::unused_folders;
    use sluice_contract::Contract;

    #[test]
    fn a_folder_is_unused_if_nothing_reads_it() {
        let text = "dataset: a.b\nsource: {path: l/, format: csv, ignored: [team]}\napply: {key: [id], scd: append}\nschema:\n\
                    - {name: id, type: int}\n- {name: sold_in, type: string, from_folder: region}\n";
        let contract = Contract::parse(text, "b.yaml").unwrap();
        let unused = |path: &str| unused_folders(&contract, path);
        assert!(unused("l/Region=eu/dt=2026-11-30/partition=0/ID=1/team=a/x.csv").is_empty());
        assert_eq!(unused("l/region=eu/sold_in=x/shop=1/x=y.csv"), ["shop"]);
        let by_files = text.replace("ignored: [team]", "files: \"**shop=1/**\"");
        assert!(unused_folders(&Contract::parse(&by_files, "b.yaml").unwrap(), "l/shop=1/x.csv").is_empty());
    }
}
