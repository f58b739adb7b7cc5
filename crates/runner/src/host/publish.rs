//! What publishing would do, and doing it.

use super::publish_records::{Carried, PRODUCTION, carried, carry};
use super::publish_sandbox::{Held, hold_tables, release_tables, take_over_tables};
use super::rebuild_time::rebuild_seconds;
use super::{Host, HostOptions, OpenLake};
use crate::contract_set::ContractSet;
use crate::pipeline::fill_columns::fill_text;
use crate::pipeline::sides::Sides;
use crate::silver::Silver;
use crate::silver::schema_change::{SchemaChange, effective, schema_change};
use crate::support::author::usual_author;
use crate::support::blocking::blocking;
use crate::support::places::location;
use crate::{Job, RunError};
use sluice_api::{
    Answer, Effect, JobId, Layer, PlanDocument, PublishPlan, PublishScope, PublishedView, TableEffect, TableRef, ask,
};
use sluice_contract::Contract;
use sluice_lake::TableLocation;
use sluice_publish::{Author, Contents, Publication};
use std::sync::Arc;

/// What this version calls itself in plans and releases.
const ENGINE: &str = concat!("sluice/", env!("CARGO_PKG_VERSION"));

/// Who publishes from this machine if the person names nobody.
async fn usual() -> Result<Option<Author>, RunError> {
    let name = blocking(|| Ok(usual_author())).await?;
    Ok(name.map(|name| Author::new(&name)).transpose()?)
}

/// Who acts: whom the person named, else who works at this machine.
pub(crate) async fn author(named: Option<&str>) -> Result<Author, RunError> {
    match named {
        Some(name) => Ok(Author::new(name)?),
        None => usual().await?.ok_or_else(|| {
            RunError::input(
                "This machine does not say who you are",
                "Name yourself with --author, or set SLUICE_AUTHOR",
            )
        }),
    }
}

impl OpenLake {
    /// What a release of this scope would hold now, and the plan of it.
    pub(crate) async fn planned(&self, scope: &PublishScope) -> Result<(Contents, PlanDocument), RunError> {
        let reads = |sql: &str| self.engine.tables_in(sql);
        let contents = sluice_publish::contents(&self.lake, scope, &reads).await?;
        let mut document = sluice_publish::plan_document(&contents, ENGINE);
        let set = ContractSet::of(&contents.draft);
        for (name, contract) in &set.contracts {
            let silver = TableRef { layer: Layer::Silver, name: name.clone() };
            // Of the other tables nothing is decided.
            if matches!(scope, PublishScope::Tables(_)) && !contents.taken.contains(&silver) {
                continue;
            }
            let at = document.tables.iter().position(|table| table.reference() == silver);
            let listed = at.map(|at| document.tables.remove(at));
            let mut effect = self.table_effect(contract, listed).await?;
            let decided = match scope {
                PublishScope::Rollback(_) => None,
                PublishScope::Draft | PublishScope::Tables(_) => Box::pin(self.decisions_to_publish(name)).await?,
            };
            if let Some(decided) = decided {
                effect = Box::pin(self.decided_effect(&decided, contract, effect)).await?;
                document.records.push(decided);
            }
            document.tables.extend(effect);
        }
        let readers = sluice_publish::readers(&contents.draft, &reads);
        for table in &mut document.tables {
            let reference = table.reference();
            table.rows =
                self.production().table(location(&reference)).snapshot(None).await?.map(|snapshot| snapshot.rows());
            table.readers = readers.get(&reference).into_iter().flatten().cloned().collect();
        }
        document.tables.sort_by_key(TableEffect::reference);
        Ok((contents, sluice_publish::sealed(document)))
    }

    /// What publishing would do, with the fingerprints that the runner has to reach.
    async fn publish_plan(&self, request: ask::PublishPlan) -> Result<PublishPlan, RunError> {
        let ask::PublishPlan { scope, plan: handed } = request;
        let scope = Self::scope_of(scope, handed.as_deref())?;
        let (contents, document) = self.planned(&scope).await?;
        if let Some(handed) = &handed
            && sluice_publish::published_by(self.production(), handed).await?.is_none()
        {
            sluice_publish::ensure_current(handed, &document)?;
        }
        let document = PlanDocument { previewed: handed.and_then(|handed| handed.previewed), ..document };
        let document = self.with_preview(&contents, sluice_publish::sealed(document)).await?;
        let mut plan = sluice_publish::plan(&self.lake, &contents, document).await?;
        plan.fingerprints = plan.document.previewed.iter().flat_map(|previewed| previewed.fingerprints()).collect();
        // A name that cannot be one is refused when something is published.
        plan.author = usual().await.ok().flatten().map(|author| author.to_string());
        if contents.rollback().is_none() && !plan.is_published() {
            plan.tests = Some(Box::pin(self.tests_of(&contents.draft)).await?);
        }
        let set = ContractSet::of(&contents.draft);
        if contents.rollback().is_some() {
            for name in set.contracts.keys() {
                let records = self.production().ledger().record_decisions(name).await?.in_force().len() as u64;
                plan.stay_decided.extend((records > 0).then(|| (name.clone(), records)));
            }
        }
        for (name, contract) in set.contracts.iter().filter(|(name, _)| contents.is_judged_by_rows(name)) {
            // The draft's checks on the rows as they are, not only what the last batch recorded.
            if let Some((_, files)) = self.silver_files(name).await? {
                let checks = self.checks_now(contract, files).await?;
                for check in checks.iter().filter(|check| check.blocks()) {
                    // A check of the whole table fails in no single row.
                    let rows = check.outcome.failed.filter(|rows| *rows > 0);
                    let rows = rows.map(|rows| format!(" in {rows} rows")).unwrap_or_default();
                    plan.blockers.push(format!("{name}: {} does not hold{rows}", check.check));
                }
            }
            if let (_, Some(batch)) = self.last_checks(contract).await? {
                plan.blockers.push(format!("{name}: batch {batch} was not published, the last good version stays"));
            }
        }
        Ok(plan)
    }

    /// What the next run by a contract does to its table in production, after a look at bronze and silver there. `listed` is the
    /// most that the changed entries do.
    async fn table_effect(
        &self,
        contract: &Arc<Contract>,
        listed: Option<TableEffect>,
    ) -> Result<Option<TableEffect>, RunError> {
        let contract = effective(self.production(), contract).await?;
        let silver = Silver::open_without_state(self.production(), &contract.name).await?;
        let bronze = self.production().table(TableLocation::Bronze(contract.name.clone()));
        let filled;
        let (effect, note) = match (&schema_change(self.production(), &bronze, &silver, &contract).await?, &listed) {
            (SchemaChange::Fill(columns), _) => {
                let rows = silver.rows();
                filled = fill_text(columns, rows);
                (Effect::Rebuild, filled.as_str())
            }
            (SchemaChange::Rebuild, _) => (Effect::Rebuild, Effect::Rebuild.sentence()),
            (SchemaChange::Columns, _) => (Effect::ColumnsOnly, Effect::ColumnsOnly.sentence()),
            (SchemaChange::Same, None) => return Ok(None),
            (SchemaChange::Same, Some(found)) => match found.effect {
                Effect::Metadata | Effect::ChecksOnly => return Ok(listed),
                _ if silver.batch() == 0 => (Effect::NewBatchesOnly, "There is no batch in silver yet"),
                Effect::NewBatchesOnly => return Ok(listed),
                Effect::ColumnsOnly | Effect::Rebuild => {
                    (Effect::NewBatchesOnly, "Silver is as these contracts say already")
                }
            },
        };
        let rebuild_seconds = match effect {
            Effect::Rebuild => rebuild_seconds(&silver, &bronze).await?,
            _ => None,
        };
        Ok(Some(TableEffect {
            rebuild_seconds,
            recomputed_keys: None,
            layer: Layer::Silver,
            table: contract.name.clone(),
            grade: listed.and_then(|listed| listed.grade),
            effect,
            note: note.to_owned(),
            rows: None,
            readers: Vec::new(),
        }))
    }

    /// The scope of a plan that was handed in and was not edited, else the one that was asked for.
    pub(crate) fn scope_of(asked: PublishScope, handed: Option<&PlanDocument>) -> Result<PublishScope, RunError> {
        let Some(plan) = handed else { return Ok(asked) };
        sluice_publish::ensure_whole(plan)?;
        Ok(plan.scope.clone())
    }

    /// The plan to go by: the one that was handed in, if it is still what would be done, else the one made now.
    pub(crate) fn agreed(handed: Option<Box<PlanDocument>>, now: PlanDocument) -> Result<PlanDocument, RunError> {
        let Some(plan) = handed else { return Ok(now) };
        sluice_publish::ensure_current(&plan, &now)?;
        Ok(*plan)
    }

    /// Runs the tests of what is published; why it is published all the same, if one fails.
    ///
    /// # Errors
    /// [`RunError::Untested`] if one does not pass and nobody says why that is right.
    async fn ensure_tested(&self, contents: &Contents, because: Option<String>) -> Result<Option<String>, RunError> {
        if because.as_ref().is_some_and(|because| because.trim().is_empty()) {
            return Err(RunError::input(
                "Nothing says why the tests do not count",
                "Say it with --because, one sentence",
            ));
        }
        // The tests of an earlier release passed when it was published, and it is the way out of what came after.
        if contents.rollback().is_some() {
            return Ok(None);
        }
        let report = self.tests_of(&contents.draft).await?;
        match (report.has_failures(), because) {
            (false, _) => Ok(None),
            (true, Some(because)) => Ok(Some(because)),
            (true, None) => Err(RunError::Untested(report.summary())),
        }
    }

    /// A plan that was proposed promises what its approvals are for: the fingerprints that it was proposed with.
    async fn as_approved(&self, plan: PlanDocument) -> Result<PlanDocument, RunError> {
        let needed = sluice_publish::lake_settings(self.production()).await?.approvals;
        if needed == 0 {
            return Ok(plan);
        }
        let proposed = sluice_publish::proposal(self.production(), &plan.plan, needed, plan.base).await?;
        let Some(previewed) = proposed.and_then(|proposed| proposed.document.previewed) else { return Ok(plan) };
        let approved = PlanDocument { previewed: Some(previewed), ..plan.clone() };
        sluice_publish::ensure_reached(&approved, &plan)?;
        Ok(sluice_publish::sealed(approved))
    }

    /// Publishes the draft, a part of it, or what an earlier release holds.
    async fn publish(&self, request: ask::Publish, options: &HostOptions) -> Result<PublishedView, RunError> {
        let ask::Publish { release, base, scope, message, author, plan, during_incident, canary, without_tests } =
            request;
        let scope = Self::scope_of(scope, plan.as_deref())?;
        if let Some(plan) = &plan
            && let Some(done) = sluice_publish::published_by(self.production(), plan).await?
        {
            return Ok(done);
        }
        let (contents, now) = Box::pin(self.planned(&scope)).await?;
        let plan = Self::agreed(plan, now)?;
        if !contents.draft.problems.is_empty() {
            return Err(RunError::Contract(contents.draft.problems));
        }
        let without_tests = Box::pin(self.ensure_tested(&contents, without_tests)).await?;
        let changed = self.changed_drafts(&scope).await?;
        self.production().objects().ensure_writable().await?;
        let (author, usual_author) = (author.as_deref().map(Author::new).transpose()?, usual().await?);
        let job = Job::new(JobId(0), "publish");
        let (mut beside, mut seen, mut not_built) = (None, Vec::new(), None);
        let plan = if canary {
            let (built, tables) = Box::pin(self.canary(release, &contents, &plan, options, &job)).await?;
            let plan = Box::pin(built.open.with_preview(&contents, PlanDocument { previewed: None, ..plan })).await?;
            (beside, seen) = (Some(built), tables);
            plan
        } else {
            Box::pin(self.with_preview(&contents, plan)).await?
        };
        let plan = self.as_approved(plan).await?;
        let rolls_back = contents.rollback().is_some();
        if rolls_back && !canary {
            match Box::pin(self.rolled_back(release, &contents, &plan, options, &job)).await {
                Ok(built) => beside = built,
                // The release is published all the same; the next run does the work.
                Err(error) => not_built = Some(error),
            }
        }
        let own = self.lake.base().filter(|_| !rolls_back);
        let sides = match &beside {
            Some(beside) => Some(beside.sides(self.production(), &job)),
            None => own.map(|base| Sides { sandbox: &self.lake, base, engine: &self.engine, job: &job }),
        };
        let publication = Publication {
            release,
            base,
            author,
            usual_author,
            message,
            plan,
            without_tests,
            during_incident,
            now_ms: options.clock.now_ms(),
        };
        let plan = &publication.plan;
        let decided = match &sides {
            Some(sides) => Box::pin(carried(sides, plan)).await?,
            None => Carried::new(),
        };
        let held = match &sides {
            Some(sides) => Box::pin(hold_tables(sides, &contents, plan, &decided)).await,
            None => Held::new(),
        };
        // Whoever is stopped between the release and what follows it leaves the rest to the next run.
        if let Some(sides) = &sides {
            Box::pin(self.note_adoption(release, sides, &decided)).await?;
        }
        let published = sluice_publish::publish(self.production(), &contents, &publication).await;
        let done = match published {
            Ok(done) => {
                let carried = self.carry_drafts(&changed, plan).await;
                let whose = match (canary, rolls_back) {
                    (true, _) => "the canary's",
                    (false, true) => "its earlier",
                    (false, false) => "the sandbox's",
                };
                let tables = match (&sides, &not_built) {
                    (Some(sides), _) => {
                        if let Err(error) = Box::pin(carry(sides.base, &decided, PRODUCTION, &job)).await {
                            // The note stays, so the next run does it.
                            release_tables(held, &job).await;
                            return Err(error);
                        }
                        let set = ContractSet::of(&contents.draft);
                        let taken = Box::pin(take_over_tables(sides, &set, plan, whose, held)).await;
                        self.forget_adoption(release, &job).await;
                        taken
                    }
                    (None, Some(error)) => Self::rebuilt_by_next_run(plan, error),
                    (None, None) => Vec::new(),
                };
                carried.map(|()| PublishedView { tables, canary: seen, ..done })
            }
            Err(error) => {
                release_tables(held, &job).await;
                // Of an unknown outcome the note stays: it says nothing as long as the release is not current.
                if sides.is_some() && !matches!(error, sluice_publish::PublishError::Lake(_)) {
                    self.forget_adoption(release, &job).await;
                }
                Err(error.into())
            }
        };
        if let Some(beside) = &beside {
            self.remove_beside(&beside.name, &job).await;
        }
        done
    }
}

impl Answer<ask::PublishPlan> for Host {
    async fn answer(&self, request: ask::PublishPlan) -> Result<PublishPlan, RunError> {
        let open = self.opened().await?;
        let plan = Box::pin(open.publish_plan(request)).await?;
        Box::pin(open.with_changed_rows(plan, self.options.store)).await
    }
}

impl Answer<ask::Publish> for Host {
    async fn answer(&self, request: ask::Publish) -> Result<PublishedView, RunError> {
        let open = self.opened().await?;
        // Boxed, as the steps below: together they are too large for the stack of a thread.
        Box::pin(open.publish(request, &self.options)).await
    }
}
