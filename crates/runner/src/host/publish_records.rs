//! Decisions on single records of a sandbox: what a release brings of them into production.

use super::OpenLake;
use super::rebuild_time::rebuild_seconds;
use crate::pipeline::context::TableContext;
use crate::pipeline::decided_keys::concerned_keys;
use crate::pipeline::decoder::{Decoder, DecoderOptions};
use crate::pipeline::sides::Sides;
use crate::pipeline::table_state::TableState;
use crate::silver::Silver;
use crate::{Job, RunError};
use sluice_api::{
    DiffOptions, DiffSide, Effect, JobId, Layer, PlanDocument, PlannedDecision, PublishPlan, RecordAction, SideLake,
    SideVersion, TableDecisions, TableEffect, TableRef,
};
use sluice_contract::{Contract, TableName};
use sluice_lake::{Lake, PutNew, RecordDecision, StoreTimes, TableLocation};
use std::sync::Arc;

/// What a sandbox decided of the records of a table since it began, and the lake does not have yet.
///
/// # Errors
/// If something else was decided in the lake meanwhile: no order of the two is the right one.
async fn new_decisions(sandbox: &Lake, base: &Lake, name: &TableName) -> Result<Vec<RecordDecision>, RunError> {
    let Some(of) = sandbox.sandbox() else { return Ok(Vec::new()) };
    let folder = format!("_sluice/record_decisions/{}/{}", name.dataset, name.table);
    let began = of.pins.number(&folder).unwrap_or(0);
    let tried = sandbox.ledger().record_decisions(name).await?;
    let own = tried.after(began);
    if own.all().is_empty() {
        return Ok(Vec::new());
    }
    let there = base.ledger().record_decisions(name).await?.after(began);
    let Some(new) = own.all().strip_prefix(there.all()) else {
        return Err(decided_meanwhile(name));
    };
    // What was taken back again changes nothing.
    let is_same = tried.says_the_same(&tried.up_to(began + there.all().len() as u64));
    Ok(if is_same { Vec::new() } else { new.to_vec() })
}

impl OpenLake {
    /// What a release of this sandbox would bring of its decisions on records of a table; `None` if nothing.
    ///
    /// # Errors
    /// See [`new_decisions`].
    pub(super) async fn decisions_to_publish(&self, name: &TableName) -> Result<Option<TableDecisions>, RunError> {
        let Some(base) = self.lake.base() else { return Ok(None) };
        let new = new_decisions(&self.lake, base, name).await?;
        if new.is_empty() {
            return Ok(None);
        }
        let planned = |decision: &RecordDecision| PlannedDecision {
            number: decision.number,
            action: decision.action,
            batches: decision.records.iter().map(|record| record.place.batch).collect(),
            records: decision.records.len() as u64,
            because: decision.because.clone(),
            by: decision.by.clone(),
            at_ms: decision.at_ms,
        };
        let hash = self.lake.ledger().record_decisions(name).await?.fingerprint();
        Ok(Some(TableDecisions { table: name.clone(), decisions: new.iter().map(planned).collect(), hash }))
    }

    /// The effect of a release on a table whose records are decided on: the keys of these records are recomputed, or all of it is
    /// rebuilt, as the contract changes too or more than keys may differ.
    ///
    /// # Errors
    /// If production cannot be read; see [`new_decisions`].
    pub(super) async fn decided_effect(
        &self,
        decided: &TableDecisions,
        contract: &Arc<Contract>,
        effect: Option<TableEffect>,
    ) -> Result<Option<TableEffect>, RunError> {
        let (name, base) = (&decided.table, self.production());
        let silver = Silver::open_without_state(base, name).await?;
        if silver.batch() == 0 {
            return Ok(effect);
        }
        let is_rebuilt = effect.as_ref().is_some_and(|effect| effect.effect == Effect::Rebuild);
        let recomputed_keys = match is_rebuilt {
            true => None,
            false => Box::pin(self.keys_in_production(contract)).await?,
        };
        let rebuild_seconds = match recomputed_keys {
            Some(_) => None,
            None => rebuild_seconds(&silver, &base.table(TableLocation::Bronze(name.clone()))).await?,
        };
        let words = in_words(decided);
        let note = match recomputed_keys {
            Some(1) => format!("1 key is recomputed from bronze, all other rows stay: {words}"),
            Some(keys) => format!("{keys} keys are recomputed from bronze, all other rows stay: {words}"),
            None => format!("Silver is rebuilt from bronze with other records: {words}"),
        };
        Ok(Some(TableEffect {
            rebuild_seconds,
            recomputed_keys,
            layer: Layer::Silver,
            table: name.clone(),
            grade: effect.and_then(|effect| effect.grade),
            effect: Effect::Rebuild,
            note,
            rows: None,
            readers: Vec::new(),
        }))
    }

    /// How many keys of production the new decisions concern; `None` if only a rebuild tells what they change.
    async fn keys_in_production(&self, contract: &Arc<Contract>) -> Result<Option<u64>, RunError> {
        let base = self.production();
        let decoder = Decoder::new(DecoderOptions::default());
        let job = Job::new(JobId(0), "publish");
        let context = TableContext::open(base, contract, &self.engine, &job, &decoder).await?;
        let table = TableState::open_to_look(&context).await?;
        let after = table.records.with(&new_decisions(&self.lake, base, &contract.name).await?);
        let concerned = concerned_keys(&context, &table, &table.records.up_to(table.silver.decided), &after).await?;
        Ok(concerned.map(|concerned| concerned.keys.len() as u64))
    }

    /// Adds to a plan how many rows its decisions on records change in the sandbox, and what stands in the way where they
    /// were not tried there.
    ///
    /// # Errors
    /// If the tables cannot be compared.
    pub(super) async fn with_changed_rows(
        &self,
        mut plan: PublishPlan,
        times: StoreTimes,
    ) -> Result<PublishPlan, RunError> {
        for TableDecisions { table: name, .. } in plan.document.records.clone() {
            let decisions = self.lake.ledger().record_decisions(&name).await?;
            let silver = Silver::open_without_state(&self.lake, &name).await?;
            if !decisions.up_to(silver.decided).says_the_same(&decisions) {
                plan.blockers.push(format!(
                    "{name}: the sandbox's silver is not made by the decisions on its records yet, `replay` does it"
                ));
                continue;
            }
            let table = TableRef { layer: Layer::Silver, name };
            let side = |lake| DiffSide { table: table.clone(), lake, version: SideVersion::Latest };
            let (from, to) = (side(SideLake::Production), side(SideLake::Open));
            let job = Job::new(JobId(0), "publish");
            let diff = self.diff_sides(&from, &to, &DiffOptions::default(), times, &job).await?;
            plan.changed_rows.push((table.name, [diff.inserted, diff.updated, diff.deleted]));
        }
        Ok(plan)
    }
}

/// Decisions that a release brings into production, by table.
pub(super) type Carried = Vec<(TableName, Vec<RecordDecision>)>;

/// Those of a plan, with the records that they are about.
///
/// # Errors
/// See [`new_decisions`].
pub(super) async fn carried(sides: &Sides<'_>, plan: &PlanDocument) -> Result<Carried, RunError> {
    carried_from(sides.sandbox, sides.base, plan).await
}

/// The same of a sandbox and its lake.
///
/// # Errors
/// See [`new_decisions`].
pub(super) async fn carried_from(sandbox: &Lake, base: &Lake, plan: &PlanDocument) -> Result<Carried, RunError> {
    let mut carried = Carried::new();
    for TableDecisions { table, .. } in &plan.records {
        carried.push((table.clone(), new_decisions(sandbox, base, table).await?));
    }
    Ok(carried)
}

/// Brings decisions into a lake, which is `called` so. Those that are there already stay, so it may be repeated.
///
/// # Errors
/// If a store fails, or something else was decided in the lake meanwhile.
pub(super) async fn carry(base: &Lake, carried: &Carried, called: &str, job: &Job) -> Result<(), RunError> {
    for (table, decisions) in carried {
        for decision in decisions {
            match base.ledger().put_record_decision_as(table, decision).await? {
                PutNew::Created => {
                    let (records, done) = (decision.records.len(), decision.action.done());
                    job.log(format!("{table}: {records} records are {done} in {called}, too"));
                }
                PutNew::Exists => {
                    let there = base.ledger().record_decisions(table).await?;
                    if !there.all().contains(decision) {
                        return Err(decided_meanwhile(table));
                    }
                }
            }
        }
    }
    Ok(())
}

/// What the lake is called beside its sandboxes.
pub(super) const PRODUCTION: &str = "production";

fn decided_meanwhile(table: &TableName) -> RunError {
    let message = format!("Records of {table} were decided on in the lake since the sandbox was made");
    RunError::input(message, "Make a new sandbox, and decide there again")
}

/// How many records are dropped, edited and as delivered by decisions, in words.
pub(super) fn in_words(of: &TableDecisions) -> String {
    let count = |action: RecordAction| -> u64 {
        of.decisions.iter().filter(|decision| decision.action == action).map(|decision| decision.records).sum()
    };
    let words =
        [RecordAction::Drop, RecordAction::Edit, RecordAction::Undo].map(|action| (count(action), action.done()));
    let words = words.iter().filter(|(records, _)| *records > 0).map(|(records, done)| format!("{records} {done}"));
    words.collect::<Vec<_>>().join(", ")
}
