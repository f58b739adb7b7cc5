//! The table of screens: one row per kind of tab.
//!
//! The saved session, the tab bar, the rail, the palette, the keyboard map and the shortcuts read the rows;
//! [`crate::registry`] makes the screen itself.

use super::{Comparison, KeyValues, Opening, Place};
use crate::action::{Action, Shortcut};
use crate::design::icon;
use egui::Key;
use serde::{Deserialize, Serialize};
use sluice_api::{Layer, TableName, TableRef};

/// What the window knows of a kind of screen.
pub struct ScreenRow {
    /// What it is called.
    pub name: &'static str,
    /// The place of the rail that it belongs to; its tab is brought to the front from there.
    pub place: Place,
    /// Opens it; the icon is that of its tabs.
    pub open: Action,
    /// What it opens for.
    pub opens: Opens,
}

/// What a screen opens for, and the tab to open.
pub enum Opens {
    /// Any lake.
    Lake(fn() -> Tab),
    /// A table, or nothing in particular.
    MaybeTable(fn(&mut Opening<'_>, Option<TableRef>) -> Tab),
    /// A table of any layer.
    Table(fn(&mut Opening<'_>, TableRef) -> Tab),
    /// A table that is filled from change files; and why not one of gold.
    ChangedTable(fn(&mut Opening<'_>, TableRef) -> Tab, &'static str),
}

/// Declares [`ScreenKind`] and [`Tab`] from one list, so that a screen is named once.
macro_rules! screens {
    ($(
        $(#[$about:meta])*
        $kind:ident { $($(#[$what:meta])* $field:ident: $type:ty,)* }
        title: $title:expr, table: $table:expr, row: $row:expr;
    )*) => {
        /// A kind of screen.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ScreenKind {
            $($(#[$about])* $kind,)*
        }

        impl ScreenKind {
            /// Every kind, in the order of menus.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// Its row in the table of screens.
            #[must_use]
            pub fn row(self) -> &'static ScreenRow {
                match self {
                    $(Self::$kind => {
                        static ROW: ScreenRow = $row;
                        &ROW
                    })*
                }
            }
        }

        /// A tab of the centre: which screen, and of what. Two equal tabs are one.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(tag = "tab", rename_all = "snake_case")]
        #[expect(clippy::large_enum_variant, reason = "a person has few tabs")]
        pub enum Tab {
            $($(#[$about])* $kind { $($(#[$what])* $field: $type,)* },)*
        }

        impl Tab {
            /// The kind of its screen.
            #[must_use]
            pub fn kind(&self) -> ScreenKind {
                match self {
                    $(Self::$kind { .. } => ScreenKind::$kind,)*
                }
            }

            /// Words on the tab.
            #[must_use]
            pub fn title(&self) -> String {
                match self {
                    $(Self::$kind { $($field,)* } => {
                        $(let _ = $field;)*
                        $title
                    })*
                }
            }

            /// The table that it is about.
            #[must_use]
            pub fn table(&self) -> Option<TableRef> {
                match self {
                    $(Self::$kind { $($field,)* } => {
                        $(let _ = $field;)*
                        $table
                    })*
                }
            }
        }
    };
}

screens! {
    /// A table: its rows, versions, files and contract.
    Table {
        /// Which.
        table: TableRef,
    }
    title: table.to_string(), table: Some(table.clone()),
    row: ScreenRow {
        name: "Table",
        place: Place::Lake,
        open: Action::new("open.table", "Open {}").tooltip("rows, versions, files").icon(icon::TABLE),
        opens: Opens::Table(|_, table| Tab::Table { table }),
    };

    /// Batches of a table.
    Replay {
        /// Which.
        table: TableName,
    }
    title: format!("Replay {table}"), table: Some(silver(table)),
    row: ScreenRow {
        name: "Replay",
        place: Place::Replay,
        open: Action::new("open.replay", "Replay {}")
            .word("Replay")
            .tooltip("step through its batches")
            .icon(icon::PLAY_CIRCLE)
            .keys(&[Shortcut::plain(Key::R)]),
        opens: Opens::ChangedTable(
            |_, table| Tab::Replay { table: table.name },
            "A model makes gold, it has no batches",
        ),
    };

    /// A diff; `None` until versions are chosen.
    Diff {
        /// Table.
        table: TableRef,
        /// Versions before and after.
        versions: Option<(u64, u64)>,
    }
    title: match versions {
        Some((from, to)) => format!("Diff {} v{from} → v{to}", table.name.table),
        None => format!("Diff {}", table.name.table),
    },
    table: Some(table.clone()),
    row: ScreenRow {
        name: "Diff",
        place: Place::Diff,
        open: Action::new("open.diff", "Diff {} with the version before")
            .word("Diff")
            .tooltip("row by row")
            .icon(icon::DIFFERENCE)
            .keys(&[Shortcut::plain(Key::D)]),
        opens: Opens::Table(|opening, table| Tab::Diff { versions: opening.latest_versions(&table), table }),
    };

    /// A table on two sides that are not two versions: in a sandbox, beside the lake's own.
    LakeDiff {
        /// Table.
        table: TableRef,
        /// What with what.
        #[serde(default)]
        comparison: Comparison,
    }
    title: if *comparison == Comparison::default() {
        format!("Diff {} with the lake", table.name.table)
    } else {
        format!("Compare {}", table.name.table)
    },
    table: Some(table.clone()),
    row: ScreenRow {
        name: "Diff with the lake",
        place: Place::Diff,
        open: Action::new("open.lake_diff", "Diff {} with the lake")
            .word("Diff with the lake")
            .tooltip("what the sandbox made of it")
            .icon(icon::COMPARE_ARROWS)
            .keys(&[Shortcut::shift(Key::D)]),
        opens: Opens::Table(|_, table| Tab::LakeDiff { table, comparison: Comparison::default() }),
    };

    /// Every version of one row; without a key, a field for it.
    History {
        /// Table.
        table: TableRef,
        /// The row; empty until one is named.
        #[serde(default, skip_serializing_if = "KeyValues::is_not_saved")]
        key: KeyValues,
    }
    title: if key.is_empty() {
        format!("History {}", table.name.table)
    } else {
        format!("History {} {}", table.name.table, key.values())
    },
    table: Some(table.clone()),
    row: ScreenRow {
        name: "Row history",
        place: Place::Lake,
        open: Action::new("open.history", "History of a row of {}")
            .word("Row history")
            .tooltip("every version of the selected row, or of a key you type")
            .icon(icon::HISTORY)
            .keys(&[Shortcut::plain(Key::H)]),
        opens: Opens::ChangedTable(
            |opening, table| {
                let table = silver(&table.name);
                Tab::History { key: opening.selected_key(&table), table }
            },
            "A model replaces gold as a whole, its rows have no history",
        ),
    };

    /// Why one row has its values; without a key, a field for it.
    Explain {
        /// Table.
        table: TableRef,
        /// The row; empty until one is named.
        #[serde(default, skip_serializing_if = "KeyValues::is_not_saved")]
        key: KeyValues,
    }
    title: if key.is_empty() {
        format!("Explain {}", table.name.table)
    } else {
        format!("Explain {} {}", table.name.table, key.values())
    },
    table: Some(table.clone()),
    row: ScreenRow {
        name: "Explain",
        place: Place::Lake,
        open: Action::new("open.explain", "Explain a row of {}")
            .word("Explain")
            .tooltip("why the selected row, or that of a key you type, has its values")
            .icon(icon::KEY)
            .keys(&[Shortcut::plain(Key::E)]),
        opens: Opens::ChangedTable(
            |opening, table| {
                let table = silver(&table.name);
                Tab::Explain { key: opening.selected_key(&table), table }
            },
            "A model makes gold; explain the rows of silver that it reads",
        ),
    };

    /// Since when something is so in a table.
    Bisect {
        /// Table.
        table: TableRef,
        /// The row that was selected; empty without one.
        #[serde(default, skip_serializing_if = "KeyValues::is_not_saved")]
        key: KeyValues,
    }
    title: format!("Bisect {}", table.name.table), table: Some(table.clone()),
    row: ScreenRow {
        name: "Bisect",
        place: Place::Lake,
        open: Action::new("open.bisect", "Bisect {}")
            .word("Bisect")
            .tooltip("since which batch something is so")
            .icon(icon::UNFOLD_LESS)
            .keys(&[Shortcut::plain(Key::B)]),
        opens: Opens::Table(|opening, table| {
            let table = if table.layer == Layer::Bronze { silver(&table.name) } else { table };
            Tab::Bisect { key: opening.selected_key(&table), table }
        }),
    };

    /// What became of a delivered file or record.
    Trace {
        /// File, or the end of its path, and behind a colon the record; empty until one is named.
        place: String,
    }
    title: if place.is_empty() {
        "Trace".to_owned()
    } else {
        format!("Trace {}", place.rsplit('/').next().unwrap_or(place))
    },
    table: None,
    row: ScreenRow {
        name: "Trace",
        place: Place::Lake,
        open: Action::new("open.trace", "Trace a file or record…")
            .word("Trace")
            .tooltip("what became of it, from its file to gold")
            .icon(icon::SEARCH),
        opens: Opens::Lake(|| Tab::Trace { place: String::new() }),
    };

    /// The tests of the draft.
    LakeTests {}
    title: "Tests".to_owned(), table: None,
    row: ScreenRow {
        name: "Tests",
        place: Place::Quality,
        open: Action::new("open.tests", "Tests of the lake")
            .word("Tests")
            .tooltip("which pass, and what differs")
            .icon(icon::RULE),
        opens: Opens::Lake(|| Tab::LakeTests {}),
    };

    /// A query; its text is in [`Workspace::sql`] under the same number.
    Sql {
        /// Number.
        number: u32,
    }
    title: format!("Query {number}"), table: None,
    row: ScreenRow {
        name: "SQL",
        place: Place::Sql,
        open: Action::new("open.query", "Query {}")
            .word("Query")
            .tooltip("in a new tab")
            .icon(icon::TERMINAL)
            .keys(&[Shortcut::plain(Key::Q)]),
        opens: Opens::MaybeTable(|opening, table| {
            let text = table.map(|table| format!("SELECT *\nFROM {table}\nLIMIT 1000"));
            Tab::Sql { number: opening.query(text.unwrap_or_default()) }
        }),
    };

    /// Checks and quarantine of a table.
    Quality {
        /// Which.
        table: TableName,
    }
    title: format!("Quality {table}"), table: Some(silver(table)),
    row: ScreenRow {
        name: "Quality",
        place: Place::Quality,
        open: Action::new("open.quality", "Quality of {}")
            .word("Quality")
            .tooltip("checks and quarantine")
            .icon(icon::VERIFIED),
        opens: Opens::ChangedTable(
            |_, table| Tab::Quality { table: table.name },
            "A model makes gold, it has no checks",
        ),
    };

    /// What becomes of the records in quarantine of a table.
    Quarantine {
        /// Which.
        table: TableName,
    }
    title: format!("Quarantine {table}"), table: Some(silver(table)),
    row: ScreenRow {
        name: "Quarantine",
        place: Place::Quality,
        open: Action::new("open.quarantine", "Quarantine of {}")
            .word("Quarantine")
            .tooltip("records that are not in silver, and what becomes of them")
            .icon(icon::INVENTORY_2),
        opens: Opens::ChangedTable(
            |_, table| Tab::Quarantine { table: table.name },
            "A model makes gold, it has no quarantine",
        ),
    };

    /// The records of a batch, and what is decided of single ones.
    Records {
        /// Table.
        table: TableName,
        /// Number of the batch; the newest if `None`.
        batch: Option<u64>,
    }
    title: match batch {
        Some(batch) => format!("Records of batch {batch}, {table}"),
        None => format!("Records {table}"),
    },
    table: Some(silver(table)),
    row: ScreenRow {
        name: "Records",
        place: Place::Replay,
        open: Action::new("open.records", "Records of a batch of {}")
            .word("Records")
            .tooltip("drop or edit single ones in a sandbox")
            .icon(icon::TABLE_ROWS),
        opens: Opens::ChangedTable(
            |_, table| Tab::Records { table: table.name, batch: None },
            "A model makes gold, it has no records",
        ),
    };

    /// What is wrong with the change feed of a table.
    Doctor {
        /// Which.
        table: TableName,
    }
    title: format!("Doctor {table}"), table: Some(silver(table)),
    row: ScreenRow {
        name: "Doctor",
        place: Place::Quality,
        open: Action::new("open.doctor", "Doctor of {}")
            .word("Doctor")
            .tooltip("what is wrong with its change feed")
            .icon(icon::RULE),
        opens: Opens::ChangedTable(
            |_, table| Tab::Doctor { table: table.name },
            "A model makes gold, it has no change feed",
        ),
    };

    /// A table beside its source.
    Reconcile {
        /// Table.
        table: TableName,
    }
    title: format!("Reconcile {}", table.table), table: Some(silver(table)),
    row: ScreenRow {
        name: "Reconcile",
        place: Place::Quality,
        open: Action::new("open.reconcile", "Reconcile {}")
            .word("Reconcile")
            .tooltip("which rows differ from the source, and what puts them right")
            .icon(icon::COMPARE_ARROWS),
        opens: Opens::ChangedTable(
            |_, table| Tab::Reconcile { table: table.name },
            "A model makes gold, it has no source",
        ),
    };

    /// What changed in the shape of sources.
    SourceChanges {}
    title: "Schema changes".to_owned(), table: None,
    row: ScreenRow {
        name: "Schema changes",
        place: Place::Quality,
        open: Action::new("open.source_changes", "Schema changes…")
            .word("Schema changes")
            .tooltip("new, missing and renamed columns of sources")
            .icon(icon::DIFFERENCE),
        opens: Opens::Lake(|| Tab::SourceChanges {}),
    };

    /// From change files to contracts.
    Onboard {}
    title: "Onboard tables".to_owned(), table: None,
    row: ScreenRow {
        name: "Onboarding",
        place: Place::Lake,
        open: Action::new("open.onboard", "Onboard tables…")
            .tooltip("from change files to contracts")
            .icon(icon::PLAYLIST_ADD)
            .keys(&[Shortcut::plain(Key::O)]),
        opens: Opens::Lake(|| Tab::Onboard {}),
    };

    /// What publishing would change, and publishing it.
    Publish {}
    title: "Publish".to_owned(), table: None,
    row: ScreenRow {
        name: "Publish",
        place: Place::Publish,
        open: Action::new("open.publish", "Plan and publish…")
            .tooltip("see what would change first")
            .icon(icon::PUBLISH),
        opens: Opens::Lake(|| Tab::Publish {}),
    };

    /// What was published: compare, take back, approve.
    Releases {}
    title: "Releases".to_owned(), table: None,
    row: ScreenRow {
        name: "Releases",
        place: Place::Publish,
        open: Action::new("open.releases", "Releases…")
            .word("Releases")
            .tooltip("compare them, take one back, approve a plan")
            .icon(icon::HISTORY),
        opens: Opens::Lake(|| Tab::Releases {}),
    };
}

impl ScreenKind {
    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }
}

impl Tab {
    /// The rail entry it belongs to.
    #[must_use]
    pub fn place(&self) -> Place {
        self.kind().row().place
    }

    /// Icon on the tab.
    #[must_use]
    pub fn icon(&self) -> char {
        self.kind().row().open.icon
    }
}

/// Batches and checks are those of silver.
fn silver(name: &TableName) -> TableRef {
    TableRef { layer: Layer::Silver, name: name.clone() }
}
