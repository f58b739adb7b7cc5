//! The whole window: sends requests, applies answers, runs commands, draws the frame.

mod act;
mod session;

use crate::command::Command;
use crate::cx::Cx;
use crate::design::{apply_style, install_fonts};
use crate::frame::FrameState;
use crate::link::{Answer, Transport};
use crate::screen::Screen;
use crate::state::{History, Notice, PageCache, Selection, Store, Tab, Workspace};
use crate::steps::Steps;
use egui::{Context, OutputCommand, Ui};
use session::SessionKeeper;
use sluice_api::{ApiError, ErrorCode, LakeView, PageRequest, Reply, Request};
use std::collections::BTreeMap;
use std::time::Duration;

/// Between two polls of the jobs, seconds.
const JOBS_EVERY: f64 = 0.2;
/// How long a notice stays, seconds.
const NOTICE_STAYS: f64 = 6.0;

/// What the window needs from its host.
#[derive(Clone, Copy)]
pub struct Host {
    /// Job ids count from here; unique between two loads of the page.
    pub job_seed: u64,
    /// Milliseconds since the page began to load.
    pub since_load_ms: fn() -> u64,
}

/// A call whose answer has not come.
enum Sent {
    Request(Box<Request>),
    Page(PageRequest),
}

/// The window.
pub struct Workbench {
    transport: Box<dyn Transport>,
    host: Host,
    store: Store,
    pages: PageCache,
    workspace: Workspace,
    history: History,
    screens: BTreeMap<Tab, Box<dyn Screen>>,
    frame: FrameState,
    session: SessionKeeper,
    in_flight: BTreeMap<u64, Sent>,
    next_call: u64,
    next_job: u64,
    requests: Vec<Request>,
    commands: Vec<Command>,
    inbox: Vec<Command>,
    notices: Vec<Notice>,
    jobs_polled: f64,
    was_working: bool,
    frames: u64,
    /// Keys came that are for the next frame.
    input_waits: bool,
    /// The tab that was in front in the frame before.
    front: Option<Tab>,
    /// The window around the screens writes the clipboard; until it says that it cannot.
    shell_copies: bool,
    /// The lake that was asked for last, `None` for the one given at start.
    opening: Option<String>,
}

impl Workbench {
    /// Opens the lake given at start and restores the session.
    #[must_use]
    pub fn new(ctx: &Context, transport: Box<dyn Transport>, host: Host) -> Self {
        install_fonts(ctx);
        ctx.add_plugin(Steps::default());
        let workspace = Workspace::default();
        apply_style(ctx, workspace.theme);
        Self {
            transport,
            host,
            store: Store::default(),
            pages: PageCache::default(),
            workspace,
            history: History::default(),
            screens: BTreeMap::new(),
            frame: FrameState::default(),
            session: SessionKeeper::default(),
            in_flight: BTreeMap::new(),
            next_call: 0,
            next_job: host.job_seed,
            requests: vec![Request::LoadSession, Request::OpenLake { url: None, create: false }, Request::Jobs],
            commands: Vec::new(),
            inbox: Vec::new(),
            notices: Vec::new(),
            jobs_polled: 0.0,
            was_working: false,
            frames: 0,
            input_waits: false,
            front: None,
            shell_copies: true,
            opening: None,
        }
    }

    /// The document that is saved.
    #[must_use]
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Latest views.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Nothing is under way and nothing waits to be sent.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let nothing_asked = self.in_flight.is_empty() && self.requests.is_empty() && self.commands.is_empty();
        nothing_asked && !self.input_waits && self.frames > 1
    }

    /// Runs a command as if chosen in the palette.
    pub fn run(&mut self, command: Command) {
        self.commands.push(command);
    }

    /// Draws one frame.
    pub fn ui(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        let time = ctx.input(|input| input.time);
        self.receive(&ctx, time);
        self.poll_jobs(&ctx, time);
        self.flush(&ctx, time);
        if !self.frame.takes_keys() {
            let mut pressed = crate::command::pressed(&ctx, &self.facts());
            self.commands.append(&mut pressed);
        }
        self.run_commands(&ctx, time);
        self.follow_tab();
        let (mut frame, mut screens) = (std::mem::take(&mut self.frame), std::mem::take(&mut self.screens));
        frame.ui(ui, &mut self.cx(time), &mut screens);
        (self.frame, self.screens) = (frame, screens);
        self.inbox.clear();
        self.workspace.selection = self.history.now().clone();
        self.merge_notices();
        self.notices.retain(|notice| time - notice.since < NOTICE_STAYS);
        if !self.notices.is_empty() {
            ctx.request_repaint_after(Duration::from_millis(500));
        }
        if self.frames == 0 {
            self.requests.push(Request::FirstFrame { since_load_ms: (self.host.since_load_ms)() });
        }
        self.frames += 1;
        if let Some(request) = self.session.tick(&ctx, &self.workspace, time) {
            self.requests.push(request);
        }
        self.copy_by_shell(&ctx);
        self.input_waits = ctx.with_plugin(|steps: &mut Steps| steps.is_waiting()).unwrap_or_default();
        self.run_commands(&ctx, time);
        self.flush(&ctx, time);
    }

    /// What screens get.
    fn cx(&mut self, time: f64) -> Cx<'_> {
        Cx {
            store: &self.store,
            workspace: &mut self.workspace,
            pages: &mut self.pages,
            history: &mut self.history,
            requests: &mut self.requests,
            commands: &mut self.commands,
            inbox: &mut self.inbox,
            notices: &mut self.notices,
            opening: self.opening.as_deref(),
            next_job: &mut self.next_job,
            time,
        }
    }

    /// The same words twice are said once.
    fn merge_notices(&mut self) {
        let mut merged: Vec<Notice> = Vec::new();
        for notice in self.notices.drain(..) {
            merged.retain(|before| before.text != notice.text);
            merged.push(notice);
        }
        self.notices = merged;
    }

    /// Hands copied texts to the window around the screens: a page may write the clipboard only while a key or button
    /// is being handled, which a copy that reads rows first has long left behind.
    fn copy_by_shell(&mut self, ctx: &Context) {
        if !self.shell_copies {
            return;
        }
        let requests = &mut self.requests;
        ctx.output_mut(|output| {
            output.commands.retain(|command| match command {
                OutputCommand::CopyText(text) => {
                    requests.push(Request::WriteClipboard { text: text.clone() });
                    false
                }
                _ => true,
            });
        });
    }

    /// Another tab is in front: its table is selected, so that tree and shortcuts mean what is on screen.
    fn follow_tab(&mut self) {
        let front = self.workspace.active_tab();
        if front == self.front.as_ref() {
            return;
        }
        self.front = front.cloned();
        if let Some(table) = self.front.as_ref().and_then(Tab::table)
            && self.history.now().table().as_ref() != Some(&table)
        {
            self.history.select(Selection::Table { table });
        }
    }

    /// Sends what was asked for this frame.
    fn flush(&mut self, ctx: &Context, time: f64) {
        let requests = std::mem::take(&mut self.requests);
        let pages = self.pages.take_missing();
        if requests.is_empty() && pages.is_empty() {
            return;
        }
        for request in requests {
            self.store.begin(&request);
            if let Request::SaveSession { .. } = request {
                self.session.saving();
            }
            self.next_call += 1;
            self.in_flight.insert(self.next_call, Sent::Request(Box::new(request.clone())));
            self.transport.call(self.next_call, request);
        }
        for page in pages {
            self.next_call += 1;
            self.in_flight.insert(self.next_call, Sent::Page(page));
            self.transport.page(self.next_call, page);
        }
        self.receive(ctx, time);
    }

    /// Applies the answers that came.
    fn receive(&mut self, ctx: &Context, time: f64) {
        let answers = self.transport.poll();
        if answers.is_empty() {
            return;
        }
        for answer in answers {
            match answer {
                Answer::Reply(id, reply) => {
                    if let Some(Sent::Request(request)) = self.in_flight.remove(&id) {
                        self.apply(ctx, &request, *reply, time);
                    }
                }
                Answer::Page(id, page) => {
                    if let Some(Sent::Page(request)) = self.in_flight.remove(&id) {
                        self.pages.fill(&request, page);
                    }
                }
            }
        }
        ctx.request_repaint();
    }

    fn apply(&mut self, ctx: &Context, request: &Request, reply: Reply, time: f64) {
        if let Reply::Error(error) = &reply {
            self.notify_error(request, error, time);
        }
        match (request, &reply) {
            (Request::LoadSession, Reply::LoadSession(text)) => self.restore(ctx, text.as_deref(), time),
            (Request::LoadSession, _) => self.restore(ctx, None, time),
            (_, Reply::OpenLake(lake)) => {
                self.pages.clear();
                // Answers about the former lake may still be on their way.
                self.in_flight.retain(|_, sent| match sent {
                    Sent::Request(request) => !request.kind().is_of_lake(),
                    Sent::Page(_) => false,
                });
                let url = lake.url.clone();
                match self.store.lake().value {
                    // A sandbox has the tables of its lake.
                    Some(before) if before.url != url && own_lake(before) == own_lake(lake) => {
                        self.close_screens(time);
                    }
                    Some(before) if before.url != url => self.leave_lake(time),
                    _ => {}
                }
                if lake.sandbox.is_none() {
                    // Where the address names region, endpoint or profile, it opens the lake again with them.
                    let asked = self
                        .opening
                        .clone()
                        .filter(|asked| asked.strip_prefix(url.as_str()).is_some_and(|rest| rest.starts_with('?')));
                    let address = asked.unwrap_or(url);
                    self.workspace.recent.retain(|recent| *recent != address);
                    self.workspace.recent.insert(0, address);
                    self.workspace.recent.truncate(8);
                }
                self.frame.lake_opened();
            }
            (Request::WriteClipboard { text }, Reply::Error(_)) => {
                // No such window here: from now on the page does what it may.
                self.shell_copies = false;
                ctx.copy_text(text.clone());
            }
            (_, Reply::ChooseFolder(Some(folder))) => self.commands.push(Command::OpenLake(Some(folder.clone()))),
            (_, Reply::SaveContract(_)) => self.notices.push(Notice {
                text: "Contract saved in the draft".to_owned(),
                is_problem: false,
                since: time,
            }),
            (_, Reply::SaveModel(_)) => self.notices.push(Notice {
                text: "Model saved in the draft, the next replay builds it again".to_owned(),
                is_problem: false,
                since: time,
            }),
            _ => {}
        }
        if let Some(unused) = self.store.apply(request, reply) {
            self.pages.forget(unused);
            self.requests.push(Request::DropResult { result: unused });
        }
    }

    /// Another lake takes the place of the open one: tabs and selection are of tables that it may not have. Queries
    /// stay, they are the person's own text.
    fn leave_lake(&mut self, time: f64) {
        self.close_screens(time);
        self.workspace.tabs.retain(|tab| matches!(tab, Tab::Sql { .. }));
        self.workspace.closed.retain(|closed| closed.query().is_some());
        self.workspace.active = 0;
        self.workspace.filters.clear();
        self.workspace.texts.clear();
        self.history = History::default();
    }

    /// Errors of requests that no screen shows in place.
    fn notify_error(&mut self, request: &Request, error: &ApiError, time: f64) {
        let shown = matches!(request, Request::Cancel { .. } | Request::SaveSession { .. } | Request::ChooseFolder);
        if shown && error.code != ErrorCode::Cancelled {
            self.notices.push(Notice { text: error.to_string(), is_problem: true, since: time });
        }
    }

    fn restore(&mut self, ctx: &Context, text: Option<&str>, time: f64) {
        match text.map(Workspace::from_session) {
            Some(Ok(mut workspace)) => {
                // The lake may have been opened before the session came.
                for recent in self.workspace.recent.iter().rev() {
                    workspace.recent.retain(|known| known != recent);
                    workspace.recent.insert(0, recent.clone());
                }
                self.history.select(workspace.selection.clone());
                self.workspace = workspace;
                apply_style(ctx, self.workspace.theme);
            }
            Some(Err(problem)) => {
                let text = format!("{problem}, starting with an empty one");
                self.notices.push(Notice { text, is_problem: true, since: time });
            }
            None => {}
        }
        self.session.loaded(&self.workspace);
    }

    fn poll_jobs(&mut self, ctx: &Context, time: f64) {
        let working = self.store.is_working();
        if self.was_working && !working {
            self.store.mark_stale();
            self.requests.push(Request::Jobs);
        }
        self.was_working = working;
        if working {
            if time - self.jobs_polled >= JOBS_EVERY {
                self.jobs_polled = time;
                self.requests.push(Request::Jobs);
            }
            ctx.request_repaint_after(Duration::from_secs_f64(JOBS_EVERY));
        }
    }
}

/// Address of a lake; of a sandbox that of its lake.
fn own_lake(lake: &LakeView) -> &str {
    lake.sandbox.as_ref().map_or(&lake.url, |open| &open.base)
}
