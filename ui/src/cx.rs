//! What a screen gets each frame: views to read, a workspace to change, and ways to ask and to act.

use crate::command::{Command, Facts};
use crate::state::{History, Notice, PageCache, Selection, Store, Tab, Workspace};
use sluice_api::{JobId, Request};

/// Handed to every screen. Screens never do IPC: they ask with [`Cx::want`] or [`Cx::send`] and act with
/// [`Cx::run`].
pub struct Cx<'a> {
    /// Latest views. Copy the reference out (`let store = cx.store;`) to keep a view while acting.
    pub store: &'a Store,
    /// The document that is saved.
    pub workspace: &'a mut Workspace,
    /// Pages for the grid.
    pub pages: &'a mut PageCache,
    pub(crate) history: &'a mut History,
    pub(crate) requests: &'a mut Vec<Request>,
    pub(crate) commands: &'a mut Vec<Command>,
    pub(crate) inbox: &'a mut Vec<Command>,
    pub(crate) notices: &'a mut Vec<Notice>,
    /// The lake that was asked for last, `None` for the one given at start.
    pub(crate) opening: Option<&'a str>,
    pub(crate) next_job: &'a mut u64,
    /// egui time, seconds.
    pub time: f64,
}

impl Cx<'_> {
    /// Asks unless the answer is known or under way. Call it every frame.
    pub fn want(&mut self, request: Request) {
        if self.store.wants(&request) && !self.requests.contains(&request) {
            self.requests.push(request);
        }
    }

    /// Asks again, whatever is known.
    pub fn send(&mut self, request: Request) {
        if !self.requests.contains(&request) {
            self.requests.push(request);
        }
    }

    /// Why `command` cannot run now; `None` means it can.
    #[must_use]
    pub fn why_not(&self, command: &Command) -> Option<&'static str> {
        command.unavailable(&self.facts())
    }

    /// What decides whether a command can run.
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        Facts { store: self.store, workspace: self.workspace, history: self.history }
    }

    /// Runs a command after this frame.
    pub fn run(&mut self, command: Command) {
        self.commands.push(command);
    }

    /// True if `command` was chosen by key, menu or palette for the screen in front; call it once per frame.
    pub fn take(&mut self, command: &Command) -> bool {
        let before = self.inbox.len();
        self.inbox.retain(|waiting| waiting != command);
        self.inbox.len() < before
    }

    /// What is selected in the window.
    #[must_use]
    pub fn selection(&self) -> &Selection {
        self.history.now()
    }

    /// Selects.
    pub fn select(&mut self, selection: Selection) {
        self.history.select(selection);
    }

    /// Replaces the selection by the same thing with more known of it.
    pub fn amend_selection(&mut self, selection: Selection) {
        self.history.amend(selection);
    }

    /// Opens a tab, or brings it to the front.
    pub fn open(&mut self, tab: Tab) {
        self.run(Command::OpenTab(tab));
    }

    /// An id for a new job.
    pub fn new_job(&mut self) -> JobId {
        *self.next_job += 1;
        JobId(*self.next_job)
    }

    /// Shows one line at the bottom for a few seconds.
    pub fn notify(&mut self, text: impl Into<String>, is_problem: bool) {
        self.notices.push(Notice { text: text.into(), is_problem, since: self.time });
    }
}
