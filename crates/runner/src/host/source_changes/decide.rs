//! Decisions: written into the draft's contracts, and kept with who decided and why.

use crate::host::OpenLake;
use crate::{ContractSet, RunError};
use bytes::Bytes;
use sluice_api::{ChosenChange, SourceChangeView, SourceChoice, SourceProposal};
use sluice_contract::{
    ColumnType, Contract, Mistake, SchemaEdit, SourceChange, SourceDecision, TableName, edited_contract,
};
use sluice_lake::SourceDecisionNote;
use sluice_publish::Author;
use std::collections::BTreeMap;

/// A decision that is written.
struct Written {
    contract: Contract,
    says: String,
    /// The column that a rename is of.
    from: Option<String>,
    decision: SourceDecision,
}

impl OpenLake {
    /// Decides on changes, table by table. A choice that cannot be carried out changes nothing and stops no other.
    pub(super) async fn decide_source_changes(
        &self,
        choices: &[SourceChoice],
        author: &Author,
    ) -> Result<Vec<ChosenChange>, RunError> {
        let mut by_table: BTreeMap<TableName, Vec<&SourceChoice>> = BTreeMap::new();
        for choice in choices {
            by_table.entry(choice.table.clone()).or_default().push(choice);
        }
        let tables: Vec<TableName> = by_table.keys().cloned().collect();
        let inbox = self.source_changes(&tables, false).await?;
        let draft = sluice_publish::draft(&self.lake).await?;
        let set = ContractSet::of(&draft);
        let mut chosen = Vec::new();
        for (table, choices) in by_table {
            let open: Vec<&SourceChangeView> = inbox.changes.iter().filter(|change| change.table == table).collect();
            let mut contract = set.contract(&table)?.as_ref().clone();
            for choice in choices {
                let of_column: Vec<&&SourceChangeView> =
                    open.iter().filter(|change| change.column == choice.column).collect();
                let outcome = match of_column.as_slice() {
                    [change] => written(&contract, change, choice).map(|written| (**change, written)),
                    [] => Err(Mistake::new(
                        format!("{table} has no open change of {}", choice.column),
                        "`sluice schema ls --all` lists those that are decided",
                    )),
                    many => Err(Mistake::new(
                        format!("{} changes of {} are open", many.len(), choice.column),
                        "Decide them one after the other, the newest by hand in the contract",
                    )),
                };
                let (says, refused) = match outcome {
                    Ok((change, written)) => {
                        contract = written.contract.clone();
                        self.keep(&draft, change, &written, author).await?;
                        (Some(written.says), None)
                    }
                    Err(mistake) => (None, Some(mistake.to_string())),
                };
                chosen.push(ChosenChange { table: table.clone(), column: choice.column.clone(), says, refused });
            }
        }
        Ok(chosen)
    }

    /// Writes the contract, then who decided. Where it ends between the two, the contract says what is done.
    async fn keep(
        &self,
        draft: &sluice_publish::Draft,
        change: &SourceChangeView,
        written: &Written,
        author: &Author,
    ) -> Result<(), RunError> {
        let (ledger, table) = (self.lake.ledger(), &change.table);
        let text = &written.contract.text;
        match draft.path_of(table) {
            Some(path) => self.lake.objects().put(path, Bytes::copy_from_slice(text.as_bytes())).await?,
            None => {
                ledger.put_contract(table, text).await?;
            }
        }
        let note = |of: SourceChange, column: &str| SourceDecisionNote {
            number: 0,
            by: author.to_string(),
            at_ms: ledger.now_ms(),
            batch: change.batch,
            change: of,
            column: column.to_owned(),
            decision: written.decision,
            says: written.says.clone(),
            evidence: change.proposal.iter().flat_map(|proposal| proposal.evidence.clone()).collect(),
            contract: blake3::hash(text.as_bytes()).to_hex().to_string(),
        };
        ledger.put_source_decision(table, note(change.change, &change.column)).await?;
        if let Some(from) = &written.from {
            ledger.put_source_decision(table, note(SourceChange::MissingColumn, from)).await?;
        }
        Ok(())
    }
}

/// The contract that says what was chosen.
fn written(contract: &Contract, change: &SourceChangeView, choice: &SourceChoice) -> Result<Written, Mistake> {
    let proposal = change.proposal.as_ref();
    let proposed = proposal.map(|proposal| proposal.decision);
    let decision = choice.decision.or(proposed).ok_or_else(|| impossible(change, SourceDecision::Ignore))?;
    let same = proposal.filter(|of| of.decision == decision);
    let data_type = |fallback: Option<ColumnType>| -> Result<ColumnType, Mistake> {
        match choice.data_type.as_ref().or_else(|| proposal.and_then(|of| of.data_type.as_ref())) {
            Some(text) => text.parse(),
            None => {
                fallback.ok_or_else(|| Mistake::new("No type holds the values", "Name one with --type, such as string"))
            }
        }
    };
    let column = change.column.clone();
    let (says, from, edit) = match (decision, change.change) {
        (SourceDecision::Add, SourceChange::NewColumn | SourceChange::NameAgain) => {
            let data_type = data_type(Some(ColumnType::String))?;
            let since = same.and_then(|of| of.since.clone());
            if change.change == SourceChange::NameAgain && since.is_none() {
                return Err(impossible(change, decision));
            }
            let pii = proposal.is_some_and(|of| of.pii);
            (format!("declared as {data_type}"), None, Some(SchemaEdit::Add { name: column, data_type, pii, since }))
        }
        (SourceDecision::Ignore, SourceChange::NewColumn) => {
            ("ignored".to_owned(), None, Some(SchemaEdit::Ignore { name: column }))
        }
        (SourceDecision::Ignore, _) => ("left as it is".to_owned(), None, None),
        (SourceDecision::Widen, SourceChange::Misfit) => {
            let data_type = data_type(None)?;
            (format!("type {data_type}"), None, Some(SchemaEdit::Widen { column, data_type }))
        }
        (SourceDecision::Rename, SourceChange::NewColumn) => {
            let from = choice.from.clone().or_else(|| same.and_then(|of| of.from.clone()));
            let from = from.filter(|from| contract.column(from).is_some()).ok_or_else(|| {
                Mistake::new(
                    format!("Which column of {} is {column} now?", contract.name),
                    "Name it with --from, a column of the contract",
                )
            })?;
            let keep_name = choice.keep_name.unwrap_or_else(|| same.is_some_and(|of: &SourceProposal| of.keep_name));
            let says = match keep_name {
                true => format!("{from}, which records call {column} now"),
                false => format!("renamed from {from}"),
            };
            let edit = SchemaEdit::Rename { column: from.clone(), to: column, keep_name };
            (says, Some(from), Some(edit))
        }
        (SourceDecision::Remove, SourceChange::MissingColumn) => {
            ("removed".to_owned(), None, Some(SchemaEdit::Remove { column }))
        }
        (SourceDecision::AddedAgain, SourceChange::NameAgain) => {
            let since = same.and_then(|of| of.since.clone()).ok_or_else(|| impossible(change, decision))?;
            let says = "another column since its first new event".to_owned();
            (says, None, Some(SchemaEdit::AddedAgain { column, since }))
        }
        _ => return Err(impossible(change, decision)),
    };
    let contract = match edit {
        Some(edit) => {
            let text = edited_contract(contract, &edit)?;
            Contract::parse(&text, "contract").map_err(|_| impossible(change, decision))?
        }
        None => contract.clone(),
    };
    Ok(Written { contract, says, from, decision })
}

fn impossible(change: &SourceChangeView, decision: SourceDecision) -> Mistake {
    let fits = match change.change {
        SourceChange::NewColumn => "add, ignore or rename",
        SourceChange::MissingColumn => "remove or ignore",
        SourceChange::Misfit => "widen or ignore",
        SourceChange::NameAgain => "what is proposed, or ignore",
    };
    let message = format!("{decision} does not fit {} of {}", change.change, change.address());
    Mistake::new(message, format!("Use {fits}"))
}
