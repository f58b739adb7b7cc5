//! Every action of a person: one enum with label, tooltip, shortcut and when it can run.

mod keys;
mod list;

pub use keys::{Shortcut, pressed};

use crate::design::icon;
use crate::state::{Place, Store, Tab, Workspace};
use sluice_api::{JobId, TableName, TableRef};

/// An action. The palette, the shortcuts and the buttons all produce these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Opens the palette, with a first character if any (`>`, `@`, `#`, `:`).
    Palette(&'static str),
    /// Shows the keyboard map.
    KeyMap,
    /// Goes to a rail entry.
    Show(Place),
    /// Dark or light.
    SwitchTheme,
    /// Shows or hides the side panel.
    ToggleSide,
    /// Shows or hides the inspector.
    ToggleInspector,
    /// Shows or hides the bottom panel.
    ToggleBottom,
    /// Moves the focus to the next region.
    NextRegion,
    /// Moves the focus to the filter of the screen or the tree.
    FocusFilter,
    /// Selection back.
    Back,
    /// Selection forward.
    Forward,
    /// Closes the topmost thing, else stops the query.
    Dismiss,
    /// Shows the dialog to open another lake.
    OpenLakeDialog,
    /// Opens a lake; `None` is the one given at start.
    OpenLake(Option<String>),
    /// Reads the lake again.
    Reload,
    /// Opens onboarding.
    Onboard,
    /// Opens the publish screen.
    PlanAndPublish,
    /// Shows the list of problems.
    ShowProblems,
    /// Opens a tab.
    OpenTab(Tab),
    /// Puts another tab in the place of the one in front.
    ReplaceTab(Tab),
    /// Closes a tab by its position.
    CloseTabAt(usize),
    /// Closes the tab in front.
    CloseTab,
    /// Tab to the right.
    NextTab,
    /// Tab to the left.
    PreviousTab,
    /// Opens a table.
    OpenTable(TableRef),
    /// Opens a table and selects a column.
    OpenColumn(TableRef, String),
    /// Opens a query on a table.
    QueryTable(TableRef),
    /// Opens an empty query.
    NewQuery,
    /// Opens the batches of a table.
    ReplayTable(TableName),
    /// Opens the diff of a table.
    DiffTable(TableRef),
    /// Opens the quality of a table.
    QualityTable(TableName),
    /// Cancels a job.
    CancelJob(JobId),
    /// Replay screen: starts.
    ReplayStart,
    /// Replay screen: one batch.
    ReplayStep,
    /// Replay screen: up to the selected batch.
    ReplayRunToHere,
    /// Replay screen: stops on a whole batch.
    ReplayCancel,
    /// Diff screen: next changed cell.
    NextChange,
    /// Diff screen: previous changed cell.
    PreviousChange,
    /// Diff screen: changed cells only.
    ChangedOnly,
    /// SQL and contract: runs or checks.
    RunText,
    /// SQL: completes.
    Complete,
    /// SQL: formats.
    FormatText,
    /// SQL and contract: next problem.
    NextProblem,
    /// Contract: fixes the problem under the cursor.
    Fix,
    /// Saves the text in front.
    Save,
    /// Grid in front: goes to a row.
    GoToRow,
}

impl Command {
    /// Words for palette and menus.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Palette(_) => "Find anything…".into(),
            Self::KeyMap => "Keyboard map".into(),
            Self::Show(place) => format!("Show {}", place.label()),
            Self::SwitchTheme => "Switch between dark and light".into(),
            Self::ToggleSide => "Show or hide the side panel".into(),
            Self::ToggleInspector => "Show or hide the inspector".into(),
            Self::ToggleBottom => "Show or hide jobs and log".into(),
            Self::NextRegion => "Next region".into(),
            Self::FocusFilter => "Filter".into(),
            Self::Back => "Selection back".into(),
            Self::Forward => "Selection forward".into(),
            Self::Dismiss => "Close".into(),
            Self::OpenLakeDialog => "Open another lake…".into(),
            Self::OpenLake(_) => "Open the lake".into(),
            Self::Reload => "Read the lake again".into(),
            Self::Onboard => "Onboard tables…".into(),
            Self::PlanAndPublish => "Plan and publish…".into(),
            Self::ShowProblems => "Show problems".into(),
            Self::OpenTab(tab) | Self::ReplaceTab(tab) => format!("Open {}", tab.title()),
            Self::CloseTab | Self::CloseTabAt(_) => "Close tab".into(),
            Self::NextTab => "Next tab".into(),
            Self::PreviousTab => "Previous tab".into(),
            Self::OpenTable(table) => table.to_string(),
            Self::OpenColumn(_, column) => column.clone(),
            Self::QueryTable(table) => format!("Query {table}"),
            Self::NewQuery => "New query".into(),
            Self::ReplayTable(table) => format!("Replay {table}"),
            Self::DiffTable(table) => format!("Diff {table} with the version before"),
            Self::QualityTable(table) => format!("Quality of {table}"),
            Self::CancelJob(_) => "Cancel the job".into(),
            Self::ReplayStart => "Replay".into(),
            Self::ReplayStep => "Step".into(),
            Self::ReplayRunToHere => "Run to here".into(),
            Self::ReplayCancel => "Cancel the replay".into(),
            Self::NextChange => "Next changed cell".into(),
            Self::PreviousChange => "Previous changed cell".into(),
            Self::ChangedOnly => "Changed cells only".into(),
            Self::RunText => "Run".into(),
            Self::Complete => "Complete".into(),
            Self::FormatText => "Format".into(),
            Self::NextProblem => "Next problem".into(),
            Self::Fix => "Fix the problem".into(),
            Self::Save => "Save".into(),
            Self::GoToRow => "Go to row…".into(),
        }
    }

    /// What it does, for tooltips and the second column of the palette; may be empty.
    #[must_use]
    pub fn tooltip(&self) -> &'static str {
        match self {
            Self::Palette(_) => "tables, columns, commands",
            Self::KeyMap => "every key of this window",
            Self::SwitchTheme => "the choice is remembered",
            Self::NextRegion => "rail, side panel, centre, inspector",
            Self::FocusFilter => "of this screen",
            Self::OpenLakeDialog => "a folder or a bucket",
            Self::Reload => "look for new files and versions",
            Self::Onboard => "from change files to contracts",
            Self::PlanAndPublish => "see what would change first",
            Self::QueryTable(_) => "in a new tab",
            Self::ReplayTable(_) => "step through its batches",
            Self::DiffTable(_) => "row by row",
            Self::QualityTable(_) => "checks and quarantine",
            Self::ReplayStart => "all waiting files",
            Self::ReplayStep => "one batch",
            Self::ReplayRunToHere => "stop after the selected batch",
            Self::ReplayCancel | Self::CancelJob(_) => "ends on a whole batch",
            Self::ChangedOnly => "hide equal columns",
            _ => "",
        }
    }

    /// Icon for palette and menus.
    #[must_use]
    pub fn icon(&self) -> char {
        match self {
            Self::Show(place) => place.icon(),
            Self::OpenTab(tab) | Self::ReplaceTab(tab) => tab.icon(),
            Self::ReplayTable(_) | Self::ReplayStart => icon::PLAY_CIRCLE,
            Self::ReplayStep => icon::STEP,
            Self::ReplayRunToHere => icon::FAST_FORWARD,
            Self::ReplayCancel | Self::CancelJob(_) => icon::STOP_CIRCLE,
            Self::DiffTable(_) | Self::NextChange | Self::PreviousChange | Self::ChangedOnly => icon::DIFFERENCE,
            Self::QueryTable(_) | Self::NewQuery | Self::RunText | Self::Complete | Self::FormatText => icon::TERMINAL,
            Self::QualityTable(_) => icon::VERIFIED,
            Self::OpenTable(_) => icon::TABLE,
            Self::OpenColumn(..) => icon::VIEW_COLUMN,
            Self::Onboard => icon::PLAYLIST_ADD,
            Self::PlanAndPublish => icon::PUBLISH,
            Self::OpenLakeDialog | Self::OpenLake(_) => icon::FOLDER_OPEN,
            Self::Reload => icon::REFRESH,
            Self::SwitchTheme => icon::LIGHT_MODE,
            Self::KeyMap => icon::KEYBOARD,
            Self::ShowProblems | Self::NextProblem => icon::WARNING,
            Self::Save => icon::SAVE,
            Self::Palette(_) | Self::GoToRow => icon::SEARCH,
            Self::FocusFilter => icon::FILTER_LIST,
            Self::Back => icon::ARROW_BACK,
            Self::Forward => icon::ARROW_FORWARD,
            Self::ToggleSide => icon::DOCK_TO_LEFT,
            Self::ToggleInspector => icon::DOCK_TO_RIGHT,
            Self::ToggleBottom => icon::DOCK_TO_BOTTOM,
            _ => icon::CHEVRON_RIGHT,
        }
    }

    /// Why it cannot run now; `None` means it can.
    #[must_use]
    pub fn unavailable(&self, store: &Store, workspace: &Workspace) -> Option<&'static str> {
        let lake = store.lake().value;
        match self {
            Self::Show(Place::Lake) => None,
            Self::Show(Place::Replay | Place::Diff | Place::Quality)
                if lake.is_some_and(|lake| lake.tables.is_empty()) =>
            {
                Some("The lake has no tables yet")
            }
            Self::Show(_) | Self::Reload | Self::Onboard | Self::PlanAndPublish | Self::NewQuery if lake.is_none() => {
                Some("Open a lake first")
            }
            Self::ShowProblems if lake.is_none_or(|lake| lake.problems.is_empty()) => Some("There are no problems"),
            Self::CloseTab | Self::NextTab | Self::PreviousTab if workspace.tabs.is_empty() => Some("No tab is open"),
            _ => match self.place() {
                Some(place) if workspace.active_tab().map(Tab::place) != Some(place) => Some("Only on its own screen"),
                _ => None,
            },
        }
    }

    /// The screen that acts on it, if it is one of a screen's own.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::ReplayStart | Self::ReplayStep | Self::ReplayRunToHere | Self::ReplayCancel => Some(Place::Replay),
            Self::NextChange | Self::PreviousChange | Self::ChangedOnly => Some(Place::Diff),
            Self::Complete | Self::FormatText => Some(Place::Sql),
            _ => None,
        }
    }

    /// Whether the screen in front acts on it rather than the window.
    #[must_use]
    pub fn is_for_screen(&self) -> bool {
        self.place().is_some()
            || matches!(self, Self::RunText | Self::NextProblem | Self::Fix | Self::Save | Self::GoToRow)
    }
}
