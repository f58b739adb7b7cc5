//! The table of commands: one row per user action.
//!
//! Commands that open a screen or go to a place of the rail are not listed here: their words and keys are in the rows
//! of [`ScreenKind`] and [`Place`].

use super::When;
use crate::action::{Action, Shortcut};
use crate::design::icon;
use crate::state::{Place, ScreenKind, Tab};
use egui::Key;
use sluice_api::{JobId, TableRef};

/// Declares [`Command`] and its rows. Those of `listed` are in palette and keyboard map as they are; those of `given`
/// act on something and are offered where it is.
macro_rules! commands {
    (
        listed { $($(#[$about:meta])* $name:ident: $action:expr, $when:expr;)* }
        given { $($(#[$given_about:meta])* $given:ident($($type:ty),+): $given_action:expr;)* }
    ) => {
        /// What a person can do. The palette, the shortcuts, the menus and the buttons all produce these.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Command {
            $($(#[$about])* $name,)*
            $($(#[$given_about])* $given($($type),+),)*
            /// Goes to a place of the rail.
            Show(Place),
            /// Opens a screen, for a table or for the one in focus.
            Open(ScreenKind, Option<TableRef>),
            /// Opens a tab.
            OpenTab(Tab),
            /// Puts another tab in the place of the one in front.
            ReplaceTab(Tab),
        }

        impl Command {
            /// The commands of the table that palette and keyboard map list, in their order.
            pub const LISTED: &[Self] = &[$(Self::$name,)*];

            /// Words, icon and keys.
            #[must_use]
            pub fn action(&self) -> &'static Action {
                match self {
                    $(Self::$name => {
                        static ACTION: Action = $action;
                        &ACTION
                    })*
                    $(Self::$given(..) => {
                        static ACTION: Action = $given_action;
                        &ACTION
                    })*
                    Self::Show(place) => &place.row().show,
                    Self::Open(kind, _) => &kind.row().open,
                    Self::OpenTab(tab) | Self::ReplaceTab(tab) => &tab.kind().row().open,
                }
            }

            /// Who acts on it, and when.
            pub(super) fn when(&self) -> When {
                match self {
                    $(Self::$name => $when,)*
                    $(Self::$given(..) => When::Always,)*
                    Self::Show(place) => When::Place(*place),
                    Self::Open(kind, table) => When::Opens(*kind, table.clone()),
                    Self::OpenTab(_) | Self::ReplaceTab(_) => When::Always,
                }
            }
        }
    };
}

const REPLAY: When = When::Screen(&[ScreenKind::Replay], "Only on the replay screen");
const DIFFS: &[ScreenKind] = &[ScreenKind::Diff, ScreenKind::LakeDiff];
const DIFF: When = When::Screen(DIFFS, "Only on the diff screen");
const SQL: When = When::Screen(&[ScreenKind::Sql], "Only in a query");

commands! {
    listed {
        /// Replay screen: all waiting files.
        ReplayStart: Action::new("replay.start", "Replay all waiting files")
            .word("Start")
            .tooltip("in the batches shown")
            .icon(icon::PLAY_ARROW)
            .keys(&[Shortcut::plain(Key::F5)]), REPLAY;
        /// Replay screen: one batch.
        ReplayStep: Action::new("replay.step", "Replay one batch")
            .word("Step")
            .tooltip("the next one")
            .icon(icon::STEP)
            .keys(&[Shortcut::plain(Key::F10)]), REPLAY;
        /// Replay screen: up to the selected batch.
        ReplayRunToHere: Action::new("replay.run_to_here", "Replay up to here")
            .word("Run to here")
            .tooltip("stops after the selected batch")
            .icon(icon::FAST_FORWARD)
            .keys(&[Shortcut::plain(Key::F9)]), REPLAY;
        /// Replay screen: what the next batch would do.
        ReplayPreview: Action::new("replay.preview", "Preview the next batch")
            .word("Preview")
            .tooltip("what it would do, nothing is written")
            .icon(icon::SEARCH)
            .keys(&[Shortcut::plain(Key::P)]), REPLAY;
        /// Replay screen: stops on a whole batch.
        ReplayCancel: Action::new("replay.cancel", "Cancel the replay")
            .word("Cancel")
            .tooltip("ends on a whole batch")
            .icon(icon::STOP_CIRCLE)
            .keys(&[Shortcut::shift(Key::F5)]), REPLAY;
        /// Diff screen: next changed cell.
        NextChange: Action::new("diff.next", "Next changed cell")
            .icon(icon::ARROW_DOWNWARD)
            .keys(&[Shortcut::plain(Key::CloseBracket)]), DIFF;
        /// Diff screen: previous changed cell.
        PreviousChange: Action::new("diff.previous", "Previous changed cell")
            .icon(icon::ARROW_UPWARD)
            .keys(&[Shortcut::plain(Key::OpenBracket)]), DIFF;
        /// Diff and history: changed cells only.
        ChangedOnly: Action::new("changed_only", "Changed cells only")
            .tooltip("hides what is equal")
            .icon(icon::DIFFERENCE)
            .keys(&[Shortcut::plain(Key::C)]),
            When::Screen(
                &[ScreenKind::Diff, ScreenKind::LakeDiff, ScreenKind::History],
                "Only on the diff and history screens",
            );
        /// History screen: the versions as a Markdown table.
        CopyMarkdown: Action::new("history.copy", "Copy the history as Markdown")
            .word("Copy as Markdown")
            .tooltip("verdict and versions, personal data masked")
            .icon(icon::CONTENT_COPY)
            .keys(&[Shortcut::ctrl_shift(Key::M)]),
            When::Screen(&[ScreenKind::History], "Only on the history screen");
        /// The main thing of a screen with text: runs a query, inspects a source, publishes, takes back, finds a row.
        RunText: Action::new("run", "Run")
            .tooltip("the query, the inspection, the release in front")
            .icon(icon::PLAY_ARROW)
            .keys(&[Shortcut::ctrl(Key::Enter)]),
            When::Screen(
                &[
                    ScreenKind::Sql,
                    ScreenKind::Onboard,
                    ScreenKind::Publish,
                    ScreenKind::Releases,
                    ScreenKind::LakeTests,
                ],
                "Only in a query, in tests, and where tables are onboarded or published",
            );
        /// SQL: completes.
        Complete: Action::new("sql.complete", "Complete")
            .tooltip("tables, columns, functions")
            .icon(icon::TERMINAL)
            .keys(&[Shortcut::ctrl(Key::Space)]), SQL;
        /// SQL: formats.
        FormatText: Action::new("sql.format", "Format the query")
            .word("Format")
            .icon(icon::FORMAT_ALIGN_LEFT)
            .keys(&[Shortcut::ctrl_shift(Key::F)]), SQL;
        /// SQL: goes to a row of the result.
        GoToRow: Action::new("sql.go_to_row", "Go to row…")
            .word("Go to row")
            .icon(icon::SEARCH)
            .keys(&[Shortcut::ctrl(Key::G)]), SQL;
        /// SQL and contract: next problem.
        NextProblem: Action::new("problem.next", "Next problem")
            .icon(icon::WARNING)
            .keys(&[Shortcut::plain(Key::F8)]),
            When::Screen(&[ScreenKind::Sql, ScreenKind::Onboard], "Only in a query and where tables are onboarded");
        /// Contract: takes the fix that a problem proposes.
        Fix: Action::new("problem.fix", "Fix the problem")
            .tooltip("takes what it proposes")
            .icon(icon::BOLT)
            .keys(&[Shortcut::alt(Key::Enter)]),
            When::Screen(&[ScreenKind::Onboard], "Only where tables are onboarded");
        /// Saves the contract in front.
        Save: Action::new("save", "Save in the draft")
            .icon(icon::SAVE)
            .keys(&[Shortcut::ctrl(Key::S)]),
            When::Screen(
                &[ScreenKind::Table, ScreenKind::Onboard, ScreenKind::LakeTests],
                "Only where a contract or a test is edited",
            );
        /// Opens an empty query.
        NewQuery: Action::new("new_query", "New query").icon(icon::ADD), When::Lake;
        /// Reads the lake again.
        Reload: Action::new("reload", "Read the lake again")
            .tooltip("look for new files and versions")
            .icon(icon::REFRESH)
            .keys(&[Shortcut::ctrl(Key::R)]), When::Lake;
        /// Replays the waiting files of every table.
        ReplayAll: Action::new("replay.all", "Replay all tables")
            .word("Replay all")
            .tooltip("the waiting files of every table")
            .icon(icon::PLAY_ARROW), When::Lake;
        /// Shows the list of problems.
        ShowProblems: Action::new("problems", "Show problems").icon(icon::WARNING), When::Problems;
        /// Shows the dialog to open another lake.
        OpenLakeDialog: Action::new("open_lake", "Open another lake…")
            .tooltip("a folder or a bucket")
            .icon(icon::FOLDER_OPEN)
            .keys(&[Shortcut::ctrl(Key::L)]), When::Always;
        /// Shows the sandboxes of the lake.
        Sandboxes: Action::new("sandboxes", "Sandboxes of the lake…")
            .word("Sandbox…")
            .tooltip("try a draft, the lake stays as it is")
            .icon(icon::LOCK)
            .keys(&[Shortcut::ctrl_shift(Key::S)]), When::Lake;
        /// Asks for a folder and opens the lake in it.
        ChooseFolder: Action::new("choose_folder", "Open a folder…")
            .word("Folder…")
            .tooltip("on this machine or a mounted drive")
            .icon(icon::FOLDER_OPEN)
            .keys(&[Shortcut::ctrl(Key::O)]), When::Always;
        /// Dark or light.
        SwitchTheme: Action::new("theme", "Switch between dark and light")
            .tooltip("the choice is remembered")
            .icon(icon::LIGHT_MODE), When::Always;
        /// Shows or hides the side panel.
        ToggleSide: Action::new("side", "Show or hide the side panel")
            .icon(icon::DOCK_TO_LEFT)
            .keys(&[Shortcut::ctrl(Key::B)]), When::Lake;
        /// Shows or hides the inspector.
        ToggleInspector: Action::new("inspector", "Show or hide the inspector")
            .icon(icon::DOCK_TO_RIGHT)
            .keys(&[Shortcut::ctrl(Key::I)]), When::TabOpen;
        /// Shows or hides the bottom panel.
        ToggleBottom: Action::new("bottom", "Show or hide jobs and log")
            .icon(icon::DOCK_TO_BOTTOM)
            .keys(&[Shortcut::ctrl(Key::J)]), When::TabOpen;
        /// Selection back.
        Back: Action::new("back", "Selection back")
            .icon(icon::ARROW_BACK)
            .keys(&[Shortcut::alt(Key::ArrowLeft)]), When::Past;
        /// Selection forward.
        Forward: Action::new("forward", "Selection forward")
            .icon(icon::ARROW_FORWARD)
            .keys(&[Shortcut::alt(Key::ArrowRight)]), When::Future;
        /// Tab to the right.
        NextTab: Action::new("tab.next", "Next tab")
            .icon(icon::CHEVRON_RIGHT)
            .keys(&[Shortcut::ctrl(Key::Tab)]), When::TabOpen;
        /// Tab to the left.
        PreviousTab: Action::new("tab.previous", "Previous tab")
            .icon(icon::CHEVRON_LEFT)
            .keys(&[Shortcut::ctrl_shift(Key::Tab)]), When::TabOpen;
        /// Closes the tab in front.
        CloseTab: Action::new("tab.close", "Close tab")
            .icon(icon::CLOSE)
            .keys(&[Shortcut::ctrl(Key::W)]), When::TabOpen;
        /// Opens the tab again that was closed last.
        ReopenTab: Action::new("tab.reopen", "Reopen the closed tab")
            .tooltip("a query comes back with its text")
            .icon(icon::UNDO)
            .keys(&[Shortcut::ctrl_shift(Key::T)]), When::Closed;
        /// Moves the focus to the filter of the screen or the tree.
        FocusFilter: Action::new("filter", "Filter")
            .tooltip("of this screen, else of the tree")
            .icon(icon::FILTER_LIST)
            .keys(&[Shortcut::plain(Key::Slash)]), When::Lake;
        /// Moves the focus to the next region.
        NextRegion: Action::new("region", "Next region")
            .tooltip("rail, side panel, tabs, centre")
            .icon(icon::KEYBOARD)
            .keys(&[Shortcut::plain(Key::F6)]), When::Always;
        /// Shows the keyboard map.
        KeyMap: Action::new("key_map", "Keyboard map")
            .tooltip("every key of this window")
            .icon(icon::KEYBOARD)
            .keys(&[Shortcut::plain(Key::F1)]), When::Always;
        /// Opens the palette.
        Palette: Action::new("palette", "Find anything…")
            .tooltip("tables, columns, commands")
            .icon(icon::SEARCH)
            .keys(&[Shortcut::ctrl(Key::K), Shortcut::ctrl(Key::P)]), When::Always;
        /// Closes the topmost thing, else stops the query.
        Dismiss: Action::new("dismiss", "Close what is on top, else stop the query")
            .icon(icon::CLOSE)
            .keys(&[Shortcut::plain(Key::Escape)]), When::Always;
    }
    given {
        /// Opens a lake; `None` is the one given at start.
        OpenLake(Option<String>): Action::new("lake", "Open the lake {}").icon(icon::FOLDER_OPEN);
        /// Makes the folder and opens an empty lake there.
        CreateLake(String): Action::new("create_lake", "Create a lake at {}").icon(icon::ADD);
        /// Opens a table and selects a column.
        OpenColumn(TableRef, String): Action::new("column", "Open {}").icon(icon::VIEW_COLUMN);
        /// Opens a closed tab again, by its place among them.
        ReopenTabAt(usize): Action::new("tab.reopen_at", "Reopen the closed tab").icon(icon::UNDO);
        /// Closes a tab by its position.
        CloseTabAt(usize): Action::new("tab.close_at", "Close tab").icon(icon::CLOSE);
        /// Cancels a job.
        CancelJob(JobId): Action::new("job.cancel", "Cancel {}")
            .word("Cancel")
            .tooltip("ends on a whole batch")
            .icon(icon::STOP_CIRCLE);
    }
}
