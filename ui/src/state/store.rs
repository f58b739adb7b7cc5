//! The latest views by request.

use super::{Got, SlotMap};
use sluice_api::{
    ApiError, ContractCheck, DiffView, ErrorCode, JobId, JobState, JobView, LakeView, OnboardDraft, OnboardSource,
    PublishPlan, PublishedView, QualityView, ReplaySummary, ReplayView, Reply, Request, ResultId, ResultView,
    RowHistory, TableName, TableRef, TableView,
};

/// Key of a refined result: base, filter, order.
pub type RefineKey = (ResultId, Option<String>, Option<String>);

/// Key of a row's history: its table and its key's columns with their values.
pub type RowKey = (TableRef, Vec<(String, String)>);

/// Latest views, filled by [`Store::apply`], read by screens through the getters.
#[derive(Default)]
pub struct Store {
    lake: SlotMap<(), LakeView>,
    table: SlotMap<(TableRef, Option<u64>), TableView>,
    rows: SlotMap<(TableRef, Option<u64>), ResultView>,
    query: SlotMap<JobId, ResultView>,
    refined: SlotMap<RefineKey, ResultView>,
    source: SlotMap<String, OnboardSource>,
    draft: SlotMap<String, OnboardDraft>,
    check: SlotMap<String, ContractCheck>,
    saved: SlotMap<String, LakeView>,
    replay: SlotMap<TableName, ReplayView>,
    replayed: SlotMap<JobId, ReplaySummary>,
    diff: SlotMap<(TableRef, u64, u64), DiffView>,
    diff_first: SlotMap<(TableRef, u64, u64), DiffView>,
    row_history: SlotMap<RowKey, RowHistory>,
    quality: SlotMap<TableName, QualityView>,
    failing: SlotMap<(TableName, u32), ResultView>,
    plan: SlotMap<(), PublishPlan>,
    published: SlotMap<u64, PublishedView>,
    jobs: SlotMap<(), Vec<JobView>>,
    session: SlotMap<(), Option<String>>,
}

impl Store {
    /// The open lake.
    #[must_use]
    pub fn lake(&self) -> Got<'_, LakeView> {
        self.lake.get(&())
    }

    /// A table at a version, latest if `None`.
    #[must_use]
    pub fn table(&self, table: &TableRef, version: Option<u64>) -> Got<'_, TableView> {
        self.table.get(&(table.clone(), version))
    }

    /// Every table view known, for the palette's columns.
    pub fn tables(&self) -> impl Iterator<Item = &TableView> {
        self.table.values().map(|(_, view)| view)
    }

    /// Whether a column of a table holds personal data; of a table that is not known yet, every column does.
    #[must_use]
    pub fn is_personal(&self, table: &TableRef, column: &str) -> bool {
        let mut views = self.tables().filter(|view| view.table == *table).peekable();
        views.peek().is_none() || views.any(|view| view.columns.iter().any(|each| each.name == column && each.pii))
    }

    /// The rows of a table version.
    #[must_use]
    pub fn rows(&self, table: &TableRef, version: Option<u64>) -> Got<'_, ResultView> {
        self.rows.get(&(table.clone(), version))
    }

    /// Result of a query by its job.
    #[must_use]
    pub fn query(&self, job: JobId) -> Got<'_, ResultView> {
        self.query.get(&job)
    }

    /// A filtered or sorted result.
    #[must_use]
    pub fn refined(&self, key: &RefineKey) -> Got<'_, ResultView> {
        self.refined.get(key)
    }

    /// What is in a source.
    #[must_use]
    pub fn source(&self, source: &str) -> Got<'_, OnboardSource> {
        self.source.get(&source.to_owned())
    }

    /// Proposed contract for a folder.
    #[must_use]
    pub fn draft(&self, path: &str) -> Got<'_, OnboardDraft> {
        self.draft.get(&path.to_owned())
    }

    /// Check of a contract text.
    #[must_use]
    pub fn check(&self, yaml: &str) -> Got<'_, ContractCheck> {
        self.check.get(&yaml.to_owned())
    }

    /// Outcome of saving a contract text.
    #[must_use]
    pub fn saved(&self, yaml: &str) -> Got<'_, LakeView> {
        self.saved.get(&yaml.to_owned())
    }

    /// Batches of a table.
    #[must_use]
    pub fn replay(&self, table: &TableName) -> Got<'_, ReplayView> {
        self.replay.get(table)
    }

    /// What a replay did.
    #[must_use]
    pub fn replayed(&self, job: JobId) -> Got<'_, ReplaySummary> {
        self.replayed.get(&job)
    }

    /// A diff.
    #[must_use]
    pub fn diff(&self, table: &TableRef, from: u64, to: u64) -> Got<'_, DiffView> {
        self.diff.get(&(table.clone(), from, to))
    }

    /// The first rows of a diff.
    #[must_use]
    pub fn diff_first(&self, table: &TableRef, from: u64, to: u64) -> Got<'_, DiffView> {
        self.diff_first.get(&(table.clone(), from, to))
    }

    /// What happened to the rows of one key.
    #[must_use]
    pub fn row_history(&self, key: &RowKey) -> Got<'_, RowHistory> {
        self.row_history.get(key)
    }

    /// Quality of a table.
    #[must_use]
    pub fn quality(&self, table: &TableName) -> Got<'_, QualityView> {
        self.quality.get(table)
    }

    /// Rows that fail a check.
    #[must_use]
    pub fn failing(&self, table: &TableName, check: u32) -> Got<'_, ResultView> {
        self.failing.get(&(table.clone(), check))
    }

    /// What publishing would do.
    #[must_use]
    pub fn plan(&self) -> Got<'_, PublishPlan> {
        self.plan.get(&())
    }

    /// Outcome of publishing a release.
    #[must_use]
    pub fn published(&self, release: u64) -> Got<'_, PublishedView> {
        self.published.get(&release)
    }

    /// Running and recent jobs.
    #[must_use]
    pub fn jobs(&self) -> &[JobView] {
        self.jobs.get(&()).value.map_or(&[], Vec::as_slice)
    }

    /// A job.
    #[must_use]
    pub fn job(&self, id: JobId) -> Option<&JobView> {
        self.jobs().iter().find(|job| job.id == id)
    }

    /// Jobs queued or under way.
    #[must_use]
    pub fn running_jobs(&self) -> usize {
        self.jobs().iter().filter(|job| matches!(job.state, JobState::Queued | JobState::Running)).count()
    }

    /// The saved session, once loaded.
    #[must_use]
    pub fn session(&self) -> Got<'_, Option<String>> {
        self.session.get(&())
    }

    /// Whether a request that starts a job, or a job itself, is under way.
    #[must_use]
    pub fn is_working(&self) -> bool {
        self.running_jobs() > 0 || self.query.is_pending() || self.replayed.is_pending() || self.diff.is_pending()
    }

    /// Whether asking `request` would bring something new.
    #[must_use]
    pub fn wants(&self, request: &Request) -> bool {
        match request {
            Request::OpenLake { .. } | Request::Lake => self.lake.wants(&()),
            Request::Table { table, version } => self.table.wants(&(table.clone(), *version)),
            Request::TableRows { table, version } => self.rows.wants(&(table.clone(), *version)),
            Request::Query { job, .. } => self.query.wants(job),
            Request::Refine { result, filter, order_by } => {
                self.refined.wants(&(*result, filter.clone(), order_by.clone()))
            }
            Request::InspectSource { source } => self.source.wants(source),
            Request::InferContract { path, .. } => self.draft.wants(path),
            Request::CheckContract { yaml } => self.check.wants(yaml),
            Request::SaveContract { yaml } => self.saved.wants(yaml),
            Request::Replay { table } => self.replay.wants(table),
            Request::StartReplay { job, .. } => self.replayed.wants(job),
            Request::Diff { table, from, to, .. } => self.diff.wants(&(table.clone(), *from, *to)),
            Request::DiffFirst { table, from, to, .. } => self.diff_first.wants(&(table.clone(), *from, *to)),
            Request::RowHistory { table, key } => self.row_history.wants(&(table.clone(), key.clone())),
            Request::Quality { table } => self.quality.wants(table),
            Request::FailingRows { table, check } => self.failing.wants(&(table.clone(), *check)),
            Request::PublishPlan => self.plan.wants(&()),
            Request::Publish { release, .. } => self.published.wants(release),
            Request::Jobs => self.jobs.wants(&()),
            Request::LoadSession => self.session.wants(&()),
            Request::Page { .. }
            | Request::DropResult { .. }
            | Request::Cancel { .. }
            | Request::SaveSession { .. }
            | Request::FirstFrame { .. } => true,
        }
    }

    /// Marks `request` as under way.
    pub fn begin(&mut self, request: &Request) {
        match request {
            Request::OpenLake { .. } | Request::Lake => self.lake.begin(&()),
            Request::Table { table, version } => self.table.begin(&(table.clone(), *version)),
            Request::TableRows { table, version } => self.rows.begin(&(table.clone(), *version)),
            Request::Query { job, .. } => self.query.begin(job),
            Request::Refine { result, filter, order_by } => {
                self.refined.begin(&(*result, filter.clone(), order_by.clone()));
            }
            Request::InspectSource { source } => self.source.begin(source),
            Request::InferContract { path, .. } => self.draft.begin(path),
            Request::CheckContract { yaml } => self.check.begin(yaml),
            Request::SaveContract { yaml } => self.saved.begin(yaml),
            Request::Replay { table } => self.replay.begin(table),
            Request::StartReplay { job, .. } => self.replayed.begin(job),
            Request::Diff { table, from, to, .. } => self.diff.begin(&(table.clone(), *from, *to)),
            Request::DiffFirst { table, from, to, .. } => self.diff_first.begin(&(table.clone(), *from, *to)),
            Request::RowHistory { table, key } => self.row_history.begin(&(table.clone(), key.clone())),
            Request::Quality { table } => self.quality.begin(table),
            Request::FailingRows { table, check } => self.failing.begin(&(table.clone(), *check)),
            Request::PublishPlan => self.plan.begin(&()),
            Request::Publish { release, .. } => self.published.begin(release),
            Request::Jobs => self.jobs.begin(&()),
            Request::LoadSession => self.session.begin(&()),
            Request::Page { .. }
            | Request::DropResult { .. }
            | Request::Cancel { .. }
            | Request::SaveSession { .. }
            | Request::FirstFrame { .. } => {}
        }
    }

    /// Stores the answer to `request`. Returns results that nothing names any more.
    pub fn apply(&mut self, request: &Request, reply: Reply) -> Vec<ResultId> {
        let old = match request {
            Request::OpenLake { .. } => {
                let answer = lake(reply);
                if answer.is_ok() {
                    self.forget_lake();
                }
                self.lake.fill(&(), answer);
                None
            }
            Request::Lake => {
                self.lake.fill(&(), lake(reply));
                None
            }
            Request::Table { table, version } => {
                let answer = take(reply, |r| if let Reply::Table(v) = r { Ok(v) } else { Err(Box::new(r)) });
                self.table.fill(&(table.clone(), *version), answer);
                None
            }
            Request::TableRows { table, version } => self.rows.fill(&(table.clone(), *version), result(reply)),
            Request::Query { job, .. } => self.query.fill(job, result(reply)),
            Request::Refine { result: base, filter, order_by } => {
                self.refined.fill(&(*base, filter.clone(), order_by.clone()), result(reply))
            }
            Request::FailingRows { table, check } => self.failing.fill(&(table.clone(), *check), result(reply)),
            Request::Diff { table, from, to, .. } | Request::DiffFirst { table, from, to, .. } => {
                let answer = take(reply, |r| if let Reply::Diff(v) = r { Ok(v) } else { Err(Box::new(r)) });
                let first = matches!(request, Request::DiffFirst { .. });
                let views = if first { &mut self.diff_first } else { &mut self.diff };
                views.fill(&(table.clone(), *from, *to), answer).map(|view| view.result)
            }
            Request::RowHistory { table, key } => {
                let answer = take(reply, |r| if let Reply::RowHistory(v) = r { Ok(v) } else { Err(Box::new(r)) });
                self.row_history.fill(&(table.clone(), key.clone()), answer).map(|view| view.result)
            }
            Request::Quality { table } => {
                let answer = take(reply, |r| if let Reply::Quality(v) = r { Ok(v) } else { Err(Box::new(r)) });
                self.quality.fill(table, answer).and_then(|view| view.quarantined_rows)
            }
            Request::InferContract { path, .. } => {
                let answer = take(reply, |r| if let Reply::Draft(v) = r { Ok(*v) } else { Err(Box::new(r)) });
                self.draft.fill(path, answer).map(|draft| draft.sample)
            }
            _ => {
                self.apply_plain(request, reply);
                None
            }
        };
        old.map(|view| view.id).into_iter().collect()
    }

    fn apply_plain(&mut self, request: &Request, reply: Reply) {
        match request {
            Request::InspectSource { source } => {
                let answer = take(reply, |r| if let Reply::Source(v) = r { Ok(v) } else { Err(Box::new(r)) });
                self.source.fill(source, answer);
            }
            Request::CheckContract { yaml } => {
                let answer = take(reply, |r| if let Reply::ContractCheck(v) = r { Ok(v) } else { Err(Box::new(r)) });
                self.check.fill(yaml, answer);
            }
            Request::SaveContract { yaml } => {
                let answer = lake(reply);
                if let Ok(view) = &answer {
                    self.lake.fill(&(), Ok(view.clone()));
                    self.mark_stale();
                }
                self.saved.fill(yaml, answer);
            }
            Request::Replay { table } => {
                let answer = take(reply, |r| if let Reply::Replay(v) = r { Ok(v) } else { Err(Box::new(r)) });
                self.replay.fill(table, answer);
            }
            Request::StartReplay { job, .. } => {
                let answer = take(reply, |r| if let Reply::Replayed(v) = r { Ok(v) } else { Err(Box::new(r)) });
                self.replayed.fill(job, answer);
                self.mark_stale();
            }
            Request::PublishPlan => {
                let answer = take(reply, |r| if let Reply::PublishPlan(v) = r { Ok(v) } else { Err(Box::new(r)) });
                self.plan.fill(&(), answer);
            }
            Request::Publish { release, .. } => {
                let answer = take(reply, |r| if let Reply::Published(v) = r { Ok(v) } else { Err(Box::new(r)) });
                self.published.fill(release, answer);
                self.mark_stale();
            }
            Request::Jobs => {
                let answer = take(reply, |r| if let Reply::Jobs(v) = r { Ok(v) } else { Err(Box::new(r)) });
                self.jobs.fill(&(), answer);
            }
            Request::LoadSession => {
                let answer = take(reply, |r| if let Reply::Session(v) = r { Ok(v) } else { Err(Box::new(r)) });
                self.session.fill(&(), answer);
            }
            _ => {}
        }
    }

    /// Everything read from the lake may be out of date; it is asked again when a screen needs it.
    pub fn mark_stale(&mut self) {
        self.lake.mark_stale();
        self.table.mark_stale();
        self.rows.mark_stale();
        self.replay.mark_stale();
        self.row_history.mark_stale();
        self.quality.mark_stale();
        self.failing.mark_stale();
        self.plan.mark_stale();
        self.source.mark_stale();
    }

    /// Another lake was opened: nothing of the old one stays.
    fn forget_lake(&mut self) {
        self.table.clear();
        self.rows.clear();
        self.query.clear();
        self.refined.clear();
        self.source.clear();
        self.draft.clear();
        self.check.clear();
        self.saved.clear();
        self.replay.clear();
        self.replayed.clear();
        self.diff.clear();
        self.diff_first.clear();
        self.row_history.clear();
        self.quality.clear();
        self.failing.clear();
        self.plan.clear();
        self.published.clear();
    }
}

fn take<T>(reply: Reply, pick: impl FnOnce(Reply) -> Result<T, Box<Reply>>) -> Result<T, ApiError> {
    pick(reply).map_err(|other| match *other {
        Reply::Error(error) => error,
        _ => ApiError::new(
            ErrorCode::Internal,
            "The host answered something else than was asked",
            "Nothing was changed. Reload the window, and report this if it happens again",
        ),
    })
}

fn lake(reply: Reply) -> Result<LakeView, ApiError> {
    take(reply, |r| if let Reply::Lake(v) = r { Ok(v) } else { Err(Box::new(r)) })
}

fn result(reply: Reply) -> Result<ResultView, ApiError> {
    take(reply, |r| if let Reply::Result(v) = r { Ok(v) } else { Err(Box::new(r)) })
}
