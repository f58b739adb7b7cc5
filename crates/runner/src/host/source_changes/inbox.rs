//! The changes of tables with what is proposed of them.

use super::evidence::{Evidence, SameValues, examples, there_again};
use super::look::Seen;
use super::readers::readers;
use super::state::{decided, state_of};
use crate::host::OpenLake;
use crate::support::hash_keys::with_keys;
use crate::{ContractSet, RunError};
use futures::StreamExt;
use sluice_api::{SourceChangeState, SourceChangeView, SourceChanges, SourceProposal};
use sluice_cdc::guess_column;
use sluice_contract::RecordNumber;
use sluice_contract::{Contract, NewColumns, SourceChange, SourceDecision, TableName};
use sluice_lake::{NotedChange, SourceChangeNote, SourceDecisionNote};
use std::sync::Arc;

/// Tables that are looked at beside each other.
const TABLES_AT_ONCE: usize = 8;
/// Values that say what a new column is.
const GUESSED_BY: usize = 1_000;

/// What a rename is proposed by.
struct Former {
    column: String,
    evidence: Vec<String>,
}

impl OpenLake {
    /// The inbox of some tables, or of all.
    pub(super) async fn source_changes(&self, tables: &[TableName], all: bool) -> Result<SourceChanges, RunError> {
        let set = ContractSet::draft(&self.lake).await?;
        let policy = sluice_publish::lake_settings(&self.lake).await?.new_columns;
        let wanted = set.contracts.values().filter(|of| tables.is_empty() || tables.contains(&of.name));
        let looked = wanted
            .map(|contract| async { (contract.name.clone(), self.changes_of(&set, contract, all, policy).await) });
        let looked: Vec<_> = futures::stream::iter(looked).buffered(TABLES_AT_ONCE).collect().await;
        let mut inbox = SourceChanges::default();
        for (table, found) in looked {
            match found {
                Ok(changes) => inbox.changes.extend(changes),
                Err(error) => inbox.problems.push(format!("{table}: {error}")),
            }
        }
        let order = |change: &SourceChangeView| {
            (!change.is_open(), std::cmp::Reverse(change.seen_ms), change.table.clone(), change.column.clone())
        };
        inbox.changes.sort_by_key(order);
        Ok(inbox)
    }

    async fn changes_of(
        &self,
        set: &ContractSet,
        contract: &Arc<Contract>,
        all: bool,
        policy: Option<NewColumns>,
    ) -> Result<Vec<SourceChangeView>, RunError> {
        let (ledger, name) = (self.lake.ledger(), &contract.name);
        let notes = ledger.source_changes(name).await?;
        if notes.is_empty() || contract.source.is_none() {
            return Ok(Vec::new());
        }
        let keyed = with_keys(&self.lake, contract).await?;
        let decisions = ledger.source_decisions(name).await?;
        let inferred = ledger.latest_schema(name).await?.map(|document| document.inferred).unwrap_or_default();
        let mut views = Vec::new();
        for note in &notes {
            let states: Vec<_> = note
                .changes
                .iter()
                .map(|change| state_of(contract, &inferred, &decisions, note, change, policy))
                .collect();
            let is_open = |state: &SourceChangeState| matches!(state, SourceChangeState::Open { .. });
            let evidence = match states.iter().any(is_open) {
                true => Some(Evidence::of(&self.lake, &keyed, note).await?),
                false => None,
            };
            let mut of_note = Vec::new();
            for (change, state) in note.changes.iter().zip(states) {
                match (&evidence, is_open(&state)) {
                    (Some(evidence), true) => {
                        of_note.push(self.open_change(set, contract, (note, change, state), evidence)?);
                    }
                    _ if all => of_note.push(view(contract, note, change, state)),
                    _ => {}
                }
                let is_gone = change.change == SourceChange::MissingColumn;
                if is_gone && let Some(again) = self.again(set, &keyed, &decisions, note, change).await? {
                    of_note.retain(|of| !(of.is_open() && of.column == change.column));
                    if all || again.is_open() {
                        of_note.push(again);
                    }
                }
            }
            without_renamed(&mut of_note);
            views.extend(of_note);
        }
        Ok(views)
    }

    fn open_change(
        &self,
        set: &ContractSet,
        contract: &Contract,
        (note, change, state): (&SourceChangeNote, &NotedChange, SourceChangeState),
        evidence: &Evidence,
    ) -> Result<SourceChangeView, RunError> {
        let values = evidence.values(change)?;
        let known = contract.column(&change.column);
        let texts = values.iter().filter_map(|seen| seen.value.as_deref()).take(GUESSED_BY);
        let guess = guess_column(&change.column, texts);
        let pii = known.map_or(guess.pii.is_some(), |column| column.pii);
        let masked = pii || may_be_personal(contract, note, change);
        let plain = SourceProposal {
            decision: SourceDecision::Ignore,
            data_type: None,
            from: None,
            keep_name: false,
            pii: false,
            since: None,
            evidence: Vec::new(),
        };
        let add = || SourceProposal {
            decision: SourceDecision::Add,
            data_type: Some(guess.data_type.to_string()),
            pii,
            evidence: guess.pii.iter().map(|kind| format!("it looks like personal data: {kind}")).collect(),
            ..plain.clone()
        };
        let mut read = readers(&self.engine, set, contract, &change.column);
        let proposal = match change.change {
            SourceChange::NewColumn => match former(contract, note, change, evidence)? {
                Some(Former { column, evidence }) => {
                    read = readers(&self.engine, set, contract, &column);
                    let keep_name = !read.is_empty();
                    let decision = SourceDecision::Rename;
                    SourceProposal { decision, from: Some(column), keep_name, evidence, ..plain }
                }
                None => add(),
            },
            SourceChange::MissingColumn => {
                let evidence = vec![format!("all {} rows of {} lack it", change.records_of_file, change.file)];
                SourceProposal { decision: SourceDecision::Remove, evidence, ..plain }
            }
            SourceChange::Misfit => match evidence.wider(&change.column) {
                Some(wider) => {
                    let records = change.records;
                    let evidence = vec![format!("{wider} holds all {records} values that do not fit")];
                    let data_type = Some(wider.to_string());
                    SourceProposal { decision: SourceDecision::Widen, data_type, evidence, ..plain }
                }
                None => {
                    let evidence = vec!["no wider type holds them; they stay in quarantine".to_owned()];
                    SourceProposal { evidence, ..plain }
                }
            },
            SourceChange::NameAgain => match evidence.first_beside(contract, &change.column)? {
                Some(since) => {
                    let text = "records have it beside the newer name of the column that it was".to_owned();
                    let added = add();
                    SourceProposal {
                        since: Some(since),
                        evidence: [vec![text], added.evidence.clone()].concat(),
                        ..added
                    }
                }
                None => plain,
            },
        };
        Ok(SourceChangeView {
            record: values.first().map(|seen| RecordNumber::of_row(seen.at.row)),
            examples: examples(&values, masked),
            masked,
            readers: read,
            proposal: Some(proposal),
            ..view(contract, note, change, state)
        })
    }

    /// A column that was gone and is there again.
    async fn again(
        &self,
        set: &ContractSet,
        contract: &Contract,
        decisions: &[SourceDecisionNote],
        note: &SourceChangeNote,
        change: &NotedChange,
    ) -> Result<Option<SourceChangeView>, RunError> {
        let state = decided(decisions, note.batch, SourceChange::NameAgain, &change.column);
        let Some(column) = contract.column(&change.column) else { return Ok(None) };
        if state.is_none() && column.since.is_some() {
            return Ok(None);
        }
        let change = NotedChange { change: SourceChange::NameAgain, ..change.clone() };
        if let Some(state) = state {
            return Ok(Some(view(contract, note, &change, state)));
        }
        let claimed = self.lake.ledger().batches(&contract.name).await?;
        let last = claimed.last().map_or(0, |manifest| manifest.batch);
        let column_name = column.name.as_str();
        let Some(first) = there_again(&self.lake, contract, column_name, note.batch, last).await? else {
            return Ok(None);
        };
        let Seen { seq, path, at, .. } = &first;
        let proposal = SourceProposal {
            decision: SourceDecision::AddedAgain,
            data_type: None,
            from: None,
            keep_name: false,
            pii: false,
            since: Some(seq.to_string()),
            evidence: vec![format!(
                "{} rows of {} lacked it, and later events have it",
                change.records_of_file, change.file
            )],
        };
        let personal = column.pii;
        Ok(Some(SourceChangeView {
            file: path.to_string(),
            record: Some(RecordNumber::of_row(at.row)),
            examples: examples(std::slice::from_ref(&first), personal),
            masked: personal,
            readers: readers(&self.engine, set, contract, column_name),
            proposal: Some(proposal),
            ..view(contract, note, &change, SourceChangeState::Open { due_ms: None, then: None })
        }))
    }
}

/// Whether a column may be a personal one under another name.
fn may_be_personal(contract: &Contract, note: &SourceChangeNote, change: &NotedChange) -> bool {
    let is_gone = |name: &String| {
        note.changes.iter().any(|other| other.change == SourceChange::MissingColumn && other.column == *name)
    };
    let mut personal = contract.columns.iter().filter(|column| column.pii);
    personal.any(|column| is_gone(&column.name) || column.renamed_from.contains(&change.column))
}

/// A change without what is looked for in bronze.
fn view(
    contract: &Contract,
    note: &SourceChangeNote,
    change: &NotedChange,
    state: SourceChangeState,
) -> SourceChangeView {
    SourceChangeView {
        table: contract.name.clone(),
        change: change.change,
        column: change.column.clone(),
        batch: note.batch,
        seen_ms: note.at_ms,
        file: change.file.clone(),
        record: None,
        records: change.records,
        examples: Vec::new(),
        masked: false,
        readers: Vec::new(),
        proposal: None,
        state,
    }
}

/// The column that a new one is under another name, if one alone speaks for it: a statement of the source, or values of
/// the same keys beside the records in which the one ends and the other begins.
fn former(
    contract: &Contract,
    note: &SourceChangeNote,
    change: &NotedChange,
    evidence: &Evidence,
) -> Result<Option<Former>, RunError> {
    let gone = note.changes.iter().filter(|other| other.change == SourceChange::MissingColumn);
    let mut found: Vec<Former> = Vec::new();
    for other in gone.filter(|other| contract.column(&other.column).is_some_and(|column| !column.key)) {
        let same = evidence.same_values(&change.column, &other.column)?;
        if same.speaks() {
            found.push(Former { column: other.column.clone(), evidence: in_words(change, other, same) });
        }
    }
    if let Some(former) = change.renamed_from.as_ref().filter(|former| contract.column(former).is_some()) {
        let said = format!("a statement of the source renames {former} to {}", change.column);
        let counted = found.into_iter().find(|of| of.column == *former).map(|of| of.evidence).unwrap_or_default();
        let evidence = [vec![said], counted].concat();
        return Ok(Some(Former { column: former.clone(), evidence }));
    }
    // Two that have the same values are a question, as none is.
    Ok(if found.len() == 1 { found.pop() } else { None })
}

fn in_words(change: &NotedChange, gone: &NotedChange, same: SameValues) -> Vec<String> {
    let SameValues { keys, equal, distinct } = same;
    let mut words =
        vec![format!("{equal} of {keys} keys with both columns have the same value, {distinct} different values")];
    let place = if change.file == gone.file && change.records_of_file == gone.records_of_file {
        format!("{} rows of {} have {} and lack {}", change.records_of_file, change.file, change.column, gone.column)
    } else {
        format!("{} comes and {} goes in one batch", change.column, gone.column)
    };
    words.push(place);
    words
}

/// Leaves out columns that are gone because they have another name now.
fn without_renamed(views: &mut Vec<SourceChangeView>) {
    let renamed: Vec<String> = views.iter().filter_map(|view| view.proposal.as_ref()?.from.clone()).collect();
    views.retain(|view| {
        !(view.is_open() && view.change == SourceChange::MissingColumn && renamed.contains(&view.column))
    });
}
