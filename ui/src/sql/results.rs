//! Results of this tab: the latest, earlier ones, pinned ones.

use crate::cx::Cx;
use crate::state::{Got, RefineKey, Store};
use sluice_api::{JobId, Request, ResultId, ResultView};

/// Results that are kept without being pinned.
const KEPT_MAX: usize = 6;

/// A filter and an order over a result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Refinement {
    /// SQL condition.
    pub filter: Option<String>,
    /// SQL order.
    pub order_by: Option<String>,
}

impl Refinement {
    /// From the two fields.
    pub(super) fn of(filter: &str, order_by: &str) -> Self {
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Self { filter: text(filter), order_by: text(order_by) }
    }

    fn is_none(&self) -> bool {
        self.filter.is_none() && self.order_by.is_none()
    }

    fn key(&self, result: ResultId) -> RefineKey {
        (result, self.filter.clone(), self.order_by.clone())
    }
}

/// One run.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// Its job.
    pub job: JobId,
    /// Shown as `Result 4`.
    pub number: u32,
    /// What was run.
    pub sql: String,
    /// Survives later runs.
    pub pinned: bool,
    /// egui time of its start.
    pub started: f64,
    /// Text of the filter field.
    pub filter: String,
    /// Text of the order field.
    pub order_by: String,
    /// What was asked for last.
    pub asked: Refinement,
    /// What was answered last; stays visible while another is under way or was refused.
    good: Refinement,
    refined: Vec<Refinement>,
}

impl Run {
    /// The result before filter and order.
    pub(super) fn base<'a>(&self, store: &'a Store) -> Got<'a, ResultView> {
        store.query(self.job)
    }

    /// The result on screen.
    pub(super) fn view<'a>(&self, store: &'a Store) -> Option<&'a ResultView> {
        let base = self.base(store).value?;
        if self.good.is_none() {
            return Some(base);
        }
        store.refined(&self.good.key(base.id)).value.or(Some(base))
    }

    /// What is known of the filter and order asked for last.
    pub(super) fn refining<'a>(&self, store: &'a Store) -> Got<'a, ResultView> {
        match self.base(store).value {
            Some(base) if !self.asked.is_none() => store.refined(&self.asked.key(base.id)),
            _ => Got { value: None, error: None, pending: false },
        }
    }

    /// Asks for the filter and order in the fields.
    pub(super) fn refine(&mut self, cx: &mut Cx<'_>) {
        self.asked = Refinement::of(&self.filter, &self.order_by);
        let store = cx.store;
        let Some(base) = self.base(store).value else { return };
        if self.asked.is_none() {
            self.good = Refinement::default();
            return;
        }
        let Refinement { filter, order_by } = self.asked.clone();
        let request = Request::Refine { result: base.id, filter, order_by };
        if store.refined(&self.asked.key(base.id)).error.is_some() {
            cx.send(request);
        } else {
            cx.want(request);
        }
        if !self.refined.contains(&self.asked) {
            self.refined.push(self.asked.clone());
        }
    }

    /// Takes over what was answered since.
    fn settle(&mut self, store: &Store) {
        if self.good != self.asked && (self.asked.is_none() || self.refining(store).value.is_some()) {
            self.good = self.asked.clone();
        }
    }

    /// Frees what the host keeps for it.
    fn drop_results(&self, cx: &mut Cx<'_>) {
        let store = cx.store;
        let Some(base) = self.base(store).value else { return };
        let refined = self.refined.iter().filter_map(|each| store.refined(&each.key(base.id)).value);
        for id in refined.map(|view| view.id).chain([base.id]) {
            cx.pages.forget(id);
            cx.send(Request::DropResult { result: id });
        }
    }
}

/// All runs of a tab.
#[derive(Default)]
pub(super) struct Results {
    runs: Vec<Run>,
    active: usize,
    count: u32,
}

impl Results {
    /// Runs `sql` and shows it.
    pub(super) fn run(&mut self, sql: &str, cx: &mut Cx<'_>) {
        let job = cx.new_job();
        cx.send(Request::Query { job, sql: sql.to_owned() });
        self.count += 1;
        self.runs.push(Run {
            job,
            number: self.count,
            sql: sql.to_owned(),
            pinned: false,
            started: cx.time,
            filter: String::new(),
            order_by: String::new(),
            asked: Refinement::default(),
            good: Refinement::default(),
            refined: Vec::new(),
        });
        while self.runs.iter().filter(|run| !run.pinned).count() > KEPT_MAX {
            let Some(oldest) = self.runs.iter().position(|run| !run.pinned) else { break };
            self.runs.remove(oldest).drop_results(cx);
        }
        self.active = self.runs.len().saturating_sub(1);
    }

    /// Forgets runs that the lake no longer knows, and takes over answers.
    pub(super) fn settle(&mut self, store: &Store, time: f64) {
        let active = self.active_run().map(|run| run.job);
        self.runs.retain(|run| {
            let base = run.base(store);
            base.pending || base.value.is_some() || base.error.is_some() || time - run.started < 1.0
        });
        self.active =
            self.runs.iter().position(|run| Some(run.job) == active).unwrap_or(self.runs.len().saturating_sub(1));
        for run in &mut self.runs {
            run.settle(store);
        }
    }

    /// All of them, oldest first.
    pub(super) fn all(&self) -> &[Run] {
        &self.runs
    }

    /// Position of the one on screen.
    pub(super) fn active(&self) -> usize {
        self.active
    }

    /// Shows another.
    pub(super) fn show(&mut self, position: usize) {
        self.active = position.min(self.runs.len().saturating_sub(1));
    }

    /// The one on screen.
    pub(super) fn active_run(&self) -> Option<&Run> {
        self.runs.get(self.active)
    }

    /// The one on screen, to be changed.
    pub(super) fn active_run_mut(&mut self) -> Option<&mut Run> {
        self.runs.get_mut(self.active)
    }

    /// Closes the one on screen.
    pub(super) fn close_active(&mut self, cx: &mut Cx<'_>) {
        if self.active < self.runs.len() {
            self.runs.remove(self.active).drop_results(cx);
            self.active = self.active.min(self.runs.len().saturating_sub(1));
        }
    }

    /// Stops what runs and frees the rest.
    pub(super) fn close(&mut self, cx: &mut Cx<'_>) {
        for run in std::mem::take(&mut self.runs) {
            if run.base(cx.store).pending {
                cx.send(Request::Cancel { job: run.job });
            }
            run.drop_results(cx);
        }
    }

    /// The latest run that is under way.
    pub(super) fn running(&self, store: &Store) -> Option<&Run> {
        self.runs.iter().rev().find(|run| run.base(store).pending)
    }
}
