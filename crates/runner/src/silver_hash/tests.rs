//! What is hashed, and lakes with the hash of the version before.

use super::{column_signature, is_hash_of, rules_hash, silver_hash, version2};
use crate::{ContractSet, Host, HostOptions, Job, ReplayOptions, replay};
use sluice_api::JobId;
use sluice_contract::Contract;
use sluice_lake::{HistoryEntry, Operation, TableLocation};
use std::path::Path;

fn contract(source: &str, rest: &str) -> Contract {
    let text = format!(
        "dataset: shop.orders\n{rest}\nsource: {{path: in/, format: debezium_json{source}}}\nschema:\n\
         - {{name: id, type: bigint, primary_key: true}}\n- {{name: note, type: string}}\n"
    );
    Contract::parse(&text, "orders.yaml").unwrap()
}

#[test]
fn only_what_decides_silver_is_hashed() {
    let plain = contract("", "");
    let same = |other: &Contract| silver_hash(&plain) == silver_hash(other);
    assert!(same(&contract(", null_text: \"NULL\"", "owner: me\nsla: 1h\napply: {mode: copy_on_write}")));
    assert!(same(&contract("", "apply: {scd: 1, delete_mode: hard, quarantine_limit: 1.0}")));
    assert!(!same(&contract("", "apply: {delete_mode: soft}")));
    assert!(!same(&contract(", decimals: text", "")));
    let moved = Contract::parse(&plain.text.replace("path: in/", "path: out/"), "orders.yaml").unwrap();
    assert!(same(&moved), "bronze stays, wherever new files come from");
}

#[test]
fn lists_of_other_names_have_other_hashes() {
    let by = |layouts: &str| silver_hash(&contract(&format!(", csv_layouts: {layouts}"), ""));
    assert_ne!(by("[[\"a, b\"]]"), by("[[a, b]]"));
    assert_ne!(by("[[a], [b]]"), by("[[a, b]]"));
}

#[test]
fn the_hash_of_the_version_before_is_accepted_for_the_same_contract_only() {
    let (plain, soft) = (contract("", ""), contract("", "apply: {delete_mode: soft}"));
    assert!(is_hash_of(&version2::silver_hash(&plain), &plain));
    assert!(is_hash_of(&silver_hash(&plain), &plain));
    assert!(!is_hash_of(&version2::silver_hash(&plain), &soft));
    assert_ne!(version2::silver_hash(&plain), silver_hash(&plain));
}

const ORDERS: &str = "dataset: shop.orders\nsource: {path: landing/, format: debezium_json}\nschema:\n\
    - {name: id, type: bigint, primary_key: true}\n- {name: status, type: string}\n";

fn write(lake: &Path, path: &str, text: &str) {
    let path = lake.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn land(lake: &Path, op: &str, id: u64, lsn: u64) {
    let row = format!("{{\"id\":{id},\"status\":\"s{lsn}\"}}");
    let rows = if op == "d" { format!("\"before\":{row}") } else { format!("\"after\":{row}") };
    let event = format!("{{\"op\":\"{op}\",{rows},\"source\":{{\"lsn\":{lsn}}}}}\n");
    write(lake, &format!("landing/{lsn}.json"), &event);
}

/// Replays everything that waits by a contract; silver's commits, the newest first.
async fn replayed(lake: &Path, text: &str) -> Vec<HistoryEntry> {
    write(lake, "contracts/shop/orders.yaml", text);
    let host = Host::new(HostOptions { lake: Some(lake.display().to_string()), ..HostOptions::default() });
    let (open, engine) = (host.lake().await.unwrap(), host.engine().await.unwrap());
    let set = ContractSet::draft(&open).await.unwrap();
    let job = Job::new(JobId(1), "test");
    let done = replay(&open, &engine, &set, &ReplayOptions::default(), &job).await.unwrap();
    assert!(done.tables.iter().all(|table| table.error.is_none()), "{done:?}");
    let silver = open.table(TableLocation::Silver("shop.orders".parse().unwrap()));
    silver.history(usize::MAX).await.unwrap()
}

/// Replaces texts in every file below a folder.
fn rewrite(folder: &Path, replacements: &[(String, String)]) -> usize {
    let mut replaced = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            replaced += rewrite(&path, replacements);
        } else if path.extension().is_some_and(|ending| ending == "json") {
            let text = std::fs::read_to_string(&path).unwrap();
            let other = replacements.iter().fold(text.clone(), |text, (from, to)| text.replace(from, to));
            replaced += usize::from(other != text);
            std::fs::write(&path, other).unwrap();
        }
    }
    replaced
}

/// A lake with one batch, in which every hash is that of version 2.
async fn lake_of_version_2(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    land(folder.path(), "c", 1, 10);
    land(folder.path(), "c", 2, 11);
    land(folder.path(), "d", 1, 12);
    replayed(folder.path(), text).await;
    let contract = Contract::parse(text, "orders.yaml").unwrap();
    let mut hashes = vec![
        (silver_hash(&contract), version2::silver_hash(&contract)),
        (rules_hash(&contract), version2::rules_hash(&contract)),
    ];
    let columns = contract.columns.iter();
    hashes.extend(columns.map(|column| (column_signature(&contract, column), version2::column_signature(column))));
    assert!(rewrite(&folder.path().join("silver"), &hashes) > 0);
    assert!(rewrite(&folder.path().join("_sluice/schemas"), &hashes) > 0);
    folder
}

fn operations(history: &[HistoryEntry]) -> Vec<&str> {
    history.iter().map(|entry| entry.operation.as_str()).collect()
}

#[tokio::test]
async fn a_lake_of_the_version_before_is_not_rebuilt_and_gets_the_new_hash() {
    let folder = lake_of_version_2(ORDERS).await;
    let before = replayed(folder.path(), ORDERS).await;
    land(folder.path(), "u", 2, 20);

    let after = replayed(folder.path(), ORDERS).await;

    assert_eq!(after.len(), before.len() + 1);
    assert_eq!(after[0].operation, Operation::Merge);
    let contract = Contract::parse(ORDERS, "orders.yaml").unwrap();
    assert_eq!(before[0].info.contract, Some(version2::silver_hash(&contract)));
    assert_eq!(after[0].info.contract, Some(silver_hash(&contract)));
    // A late event stays blocked: the deletes of before are read.
    land(folder.path(), "u", 1, 11);
    assert_eq!(replayed(folder.path(), ORDERS).await[0].operation, Operation::Merge);
    // From the new hash on, a column comes without a rebuild.
    let wider = format!("{ORDERS}- {{name: note, type: string}}\n");
    assert_eq!(replayed(folder.path(), &wider).await[0].operation, Operation::ChangeColumns);
}

#[tokio::test]
async fn a_column_comes_to_a_lake_of_the_version_before_without_a_rebuild() {
    let folder = lake_of_version_2(ORDERS).await;
    let wider = format!("{ORDERS}- {{name: note, type: string}}\n");
    assert_eq!(replayed(folder.path(), &wider).await[0].operation, Operation::ChangeColumns);
}

#[tokio::test]
async fn a_change_of_delete_mode_rebuilds_a_lake_of_the_version_before() {
    let soft = ORDERS.replace("schema:", "apply: {delete_mode: soft}\nschema:");
    for (before, after) in [(ORDERS, soft.as_str()), (soft.as_str(), ORDERS)] {
        let folder = lake_of_version_2(before).await;
        let history = replayed(folder.path(), after).await;
        assert_eq!(operations(&history)[0], "REBUILD");
    }
}
