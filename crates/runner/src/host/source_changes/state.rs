//! How a change stands: decided by a person, said by the contract, or open.

use sluice_api::SourceChangeState;
use sluice_contract::{
    Column, Contract, Evolution, InferredSchema, NewColumns, SourceChange, SourceDecision, folded_name,
};
use sluice_lake::{NotedChange, SourceChangeNote, SourceDecisionNote};

/// The state of a change of a note.
pub(super) fn state_of(
    contract: &Contract,
    inferred: &InferredSchema,
    decisions: &[SourceDecisionNote],
    note: &SourceChangeNote,
    change: &NotedChange,
    policy: Option<NewColumns>,
) -> SourceChangeState {
    if let Some(decided) = decided(decisions, note.batch, change.change, &change.column) {
        return decided;
    }
    let says = match change.change {
        SourceChange::NewColumn => new_column(contract, inferred, note, change),
        SourceChange::MissingColumn => missing_column(contract, note, change),
        SourceChange::Misfit => misfit(contract, inferred, change),
        SourceChange::NameAgain => own_column(contract, &change.column).map(|column| declared(&column)),
    };
    match says {
        Some(says) => SourceChangeState::ByContract { says },
        None => match due(contract, note, change, policy) {
            Some((due_ms, then)) => SourceChangeState::Open { due_ms: Some(due_ms), then: Some(then) },
            None => SourceChangeState::Open { due_ms: None, then: None },
        },
    }
}

/// What a person decided of a change.
pub(super) fn decided(
    decisions: &[SourceDecisionNote],
    batch: u64,
    change: SourceChange,
    column: &str,
) -> Option<SourceChangeState> {
    let same = |of: &&SourceDecisionNote| of.batch == batch && of.change == change && of.column == column;
    decisions.iter().rev().find(same).map(|of| SourceChangeState::Decided {
        by: of.by.clone(),
        at_ms: of.at_ms,
        decision: of.decision,
        says: of.says.clone(),
    })
}

fn own_column(contract: &Contract, name: &str) -> Option<Column> {
    contract
        .columns
        .iter()
        .find(|column| column.is_declared() && folded_name(&column.name) == folded_name(name))
        .cloned()
}

fn declared(column: &Column) -> String {
    format!("declared as {}", column.data_type)
}

fn new_column(
    contract: &Contract,
    inferred: &InferredSchema,
    note: &SourceChangeNote,
    change: &NotedChange,
) -> Option<String> {
    if let Some(column) = own_column(contract, &change.column) {
        return Some(declared(&column));
    }
    let former =
        |column: &&Column| column.renamed_from.iter().any(|former| folded_name(former) == folded_name(&change.column));
    if let Some(column) = contract.columns.iter().find(former) {
        return Some(format!("a name of {}", column.name));
    }
    let source = contract.source.as_ref()?;
    if source.ignores(&change.column) {
        return Some("ignored".to_owned());
    }
    // That a column is another one under a new name is never decided by a mode.
    if may_be_renamed(note, change) {
        return None;
    }
    match source.evolution {
        Evolution::Rescue => Some("its values are in _rescued".to_owned()),
        mode if mode.adds() && inferred.added.contains(&change.column) => Some(format!("added by {mode}")),
        _ => None,
    }
}

fn missing_column(contract: &Contract, note: &SourceChangeNote, change: &NotedChange) -> Option<String> {
    let Some(column) = contract.column(&change.column) else {
        return Some("not a column of the contract".to_owned());
    };
    let is_new = |name: &String| {
        note.changes.iter().any(|other| other.change == SourceChange::NewColumn && other.column == *name)
    };
    match column {
        Column { removed: true, .. } => Some("removed".to_owned()),
        Column { default: Some(_), .. } => Some("it has a default".to_owned()),
        Column { since: Some(_), .. } => Some("it begins later".to_owned()),
        Column { renamed_from, .. } => {
            renamed_from.iter().find(|name| is_new(name)).map(|name| format!("renamed from {name}"))
        }
    }
}

fn misfit(contract: &Contract, inferred: &InferredSchema, change: &NotedChange) -> Option<String> {
    let Some(column) = contract.column(&change.column) else {
        return Some("not a column of the contract".to_owned());
    };
    if change.data_type.as_ref().is_some_and(|was| *was != column.data_type) {
        return Some(declared(column));
    }
    let wider = inferred.widened.get(&change.column).filter(|wider| wider.widens(&column.data_type));
    wider.map(|wider| format!("widened to {wider}"))
}

/// When a new column waits no longer for a person, and what is decided of it then: by the mode of the contract, or by the
/// policy of the lake where the contract says nothing. That a column is another one under a new name is never decided by
/// time.
fn due(
    contract: &Contract,
    note: &SourceChangeNote,
    change: &NotedChange,
    policy: Option<NewColumns>,
) -> Option<(i64, SourceDecision)> {
    let source = contract.source.as_ref()?;
    let (seconds, then) = match source.evolution.adds() {
        true => (source.review_seconds?, SourceDecision::Add),
        false if source.says_evolution || may_be_renamed(note, change) => return None,
        false => policy.map(|policy| (policy.review_seconds, policy.decision))?,
    };
    let wait_ms = i64::try_from(seconds.saturating_mul(1_000)).ok()?;
    (change.change == SourceChange::NewColumn).then(|| (note.at_ms.saturating_add(wait_ms), then))
}

/// Whether a new column may be one that the records lack since.
fn may_be_renamed(note: &SourceChangeNote, change: &NotedChange) -> bool {
    let is_gone = |other: &NotedChange| other.change == SourceChange::MissingColumn;
    change.renamed_from.is_some() || note.changes.iter().any(is_gone)
}
