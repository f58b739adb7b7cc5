//! Changes of sources of the sample lake.

use sluice_api::{
    ChosenChange, RecordNumber, SourceChange, SourceChangeState, SourceChangeView, SourceChanges, SourceChoice,
    SourceDecision, SourceProposal, TableName,
};

/// 2026-11-20 08:12 UTC.
const SEEN_MS: i64 = 1_795_162_320_000;

/// A rename, and a column that two tables have.
pub(super) fn inbox() -> SourceChanges {
    let rename = SourceProposal {
        decision: SourceDecision::Rename,
        data_type: None,
        from: Some("note".to_owned()),
        keep_name: false,
        pii: false,
        since: None,
        evidence: vec!["118 of 120 keys with both columns have the same value, 97 different values".to_owned()],
    };
    let add = SourceProposal {
        decision: SourceDecision::Add,
        data_type: Some("string".to_owned()),
        from: None,
        evidence: Vec::new(),
        ..rename.clone()
    };
    let changes = vec![
        change("orders", "remark", Some(12), rename),
        change("orders", "etl_tag", Some(0), add.clone()),
        change("order_items", "etl_tag", Some(0), add),
    ];
    SourceChanges { changes, problems: Vec::new() }
}

/// Every choice was carried out.
pub(super) fn chosen(choices: &[SourceChoice]) -> Vec<ChosenChange> {
    let done = |choice: &SourceChoice| ChosenChange {
        table: choice.table.clone(),
        column: choice.column.clone(),
        says: Some("declared as string".to_owned()),
        refused: None,
    };
    choices.iter().map(done).collect()
}

fn change(table: &str, column: &str, record: Option<u64>, proposal: SourceProposal) -> SourceChangeView {
    SourceChangeView {
        table: TableName { dataset: "shop".to_owned(), table: table.to_owned() },
        change: SourceChange::NewColumn,
        column: column.to_owned(),
        batch: 43,
        seen_ms: SEEN_MS,
        file: format!("landing/{table}/0043.json"),
        record: record.map(RecordNumber::of_row),
        records: 188,
        examples: vec!["leave at the door".to_owned()],
        masked: false,
        readers: Vec::new(),
        proposal: Some(proposal),
        state: SourceChangeState::Open { due_ms: None, then: None },
    }
}
