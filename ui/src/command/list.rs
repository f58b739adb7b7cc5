//! The list of commands for palette, keyboard map and shortcuts.

use super::{Command, Shortcut};
use crate::state::{Place, Store, Workspace};
use egui::{Key, Modifiers};
use sluice_api::{JobState, Layer};

const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };

impl Command {
    /// Every command that makes sense with this lake and this workspace, the selected table's first.
    #[must_use]
    pub fn all(store: &Store, workspace: &Workspace) -> Vec<Self> {
        let mut all = Vec::new();
        let table = workspace.selection.table().or_else(|| workspace.active_tab().and_then(crate::state::Tab::table));
        if let Some(table) = table {
            if table.layer != Layer::Gold {
                all.push(Self::ReplayTable(table.name.clone()));
            }
            all.push(Self::DiffTable(table.clone()));
            all.push(Self::QueryTable(table.clone()));
            if table.layer != Layer::Gold {
                all.push(Self::QualityTable(table.name));
            }
        }
        all.extend([
            Self::ReplayStart,
            Self::ReplayStep,
            Self::ReplayRunToHere,
            Self::ReplayCancel,
            Self::NextChange,
            Self::PreviousChange,
            Self::ChangedOnly,
            Self::RunText,
            Self::Complete,
            Self::FormatText,
            Self::NextProblem,
            Self::Fix,
            Self::Save,
            Self::GoToRow,
            Self::NewQuery,
            Self::Onboard,
            Self::PlanAndPublish,
            Self::Reload,
            Self::ShowProblems,
            Self::OpenLakeDialog,
        ]);
        all.extend(Place::ALL.into_iter().map(Self::Show));
        for job in store.jobs() {
            if matches!(job.state, JobState::Queued | JobState::Running) {
                all.push(Self::CancelJob(job.id));
            }
        }
        all.extend([
            Self::SwitchTheme,
            Self::ToggleSide,
            Self::ToggleInspector,
            Self::ToggleBottom,
            Self::Back,
            Self::Forward,
            Self::NextTab,
            Self::PreviousTab,
            Self::CloseTab,
            Self::FocusFilter,
            Self::NextRegion,
            Self::KeyMap,
            Self::Palette(""),
            Self::Dismiss,
        ]);
        all
    }

    /// Its keys, the one shown first.
    #[must_use]
    pub fn shortcuts(&self) -> Vec<Shortcut> {
        let plain = |key| vec![Shortcut::new(Modifiers::NONE, key)];
        let ctrl = |key| vec![Shortcut::new(CTRL, key)];
        match self {
            Self::Palette(_) => vec![Shortcut::new(CTRL, Key::K), Shortcut::new(CTRL, Key::P)],
            Self::KeyMap => plain(Key::F1),
            Self::Show(place) => ctrl(match place {
                Place::Lake => Key::Num1,
                Place::Replay => Key::Num2,
                Place::Diff => Key::Num3,
                Place::Quality => Key::Num4,
                Place::Sql => Key::Num5,
                Place::Publish => Key::Num6,
            }),
            Self::ToggleSide => ctrl(Key::B),
            Self::ToggleInspector => ctrl(Key::I),
            Self::ToggleBottom => ctrl(Key::J),
            Self::NextRegion => plain(Key::F6),
            Self::FocusFilter => plain(Key::Slash),
            Self::Back => vec![Shortcut::new(Modifiers::ALT, Key::ArrowLeft)],
            Self::Forward => vec![Shortcut::new(Modifiers::ALT, Key::ArrowRight)],
            Self::Dismiss => plain(Key::Escape),
            Self::OpenLakeDialog => vec![Shortcut::new(CTRL, Key::L), Shortcut::new(CTRL, Key::O)],
            Self::Reload => ctrl(Key::R),
            Self::Onboard => plain(Key::O),
            Self::CloseTab => ctrl(Key::W),
            Self::NextTab => vec![Shortcut::new(CTRL, Key::Tab)],
            Self::PreviousTab => vec![Shortcut::new(CTRL_SHIFT, Key::Tab)],
            Self::QueryTable(_) => plain(Key::Q),
            Self::DiffTable(_) => plain(Key::D),
            Self::ReplayStart => plain(Key::F5),
            Self::ReplayStep => plain(Key::F10),
            Self::ReplayRunToHere => plain(Key::F9),
            Self::ReplayCancel => vec![Shortcut::new(Modifiers::SHIFT, Key::F5)],
            Self::NextChange => plain(Key::CloseBracket),
            Self::PreviousChange => plain(Key::OpenBracket),
            Self::ChangedOnly => plain(Key::C),
            Self::RunText => ctrl(Key::Enter),
            Self::Complete => ctrl(Key::Space),
            Self::FormatText => vec![Shortcut::new(CTRL_SHIFT, Key::F)],
            Self::NextProblem => plain(Key::F8),
            Self::Fix => vec![Shortcut::new(Modifiers::ALT, Key::Enter)],
            Self::Save => ctrl(Key::S),
            Self::GoToRow => ctrl(Key::G),
            _ => Vec::new(),
        }
    }

    /// The key on its cap, if it has one.
    #[must_use]
    pub fn key_text(&self) -> Option<String> {
        self.shortcuts().first().map(|shortcut| shortcut.text())
    }
}
