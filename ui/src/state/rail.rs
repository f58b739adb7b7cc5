//! The rail: one row per place.

use super::{Place, ScreenKind};
use crate::action::{Action, Shortcut};
use crate::design::icon;
use egui::Key;

/// What the rail knows of a place.
#[derive(Debug)]
pub struct PlaceRow {
    /// The word under the icon.
    pub label: &'static str,
    /// Goes there.
    pub show: Action,
    /// The screen that opens when no tab of the place is open.
    pub opens: ScreenKind,
}

impl Place {
    /// Its row in the table of places.
    #[must_use]
    pub fn row(self) -> &'static PlaceRow {
        match self {
            Self::Lake => &LAKE,
            Self::Replay => &REPLAY,
            Self::Diff => &DIFF,
            Self::Quality => &QUALITY,
            Self::Sql => &SQL,
            Self::Publish => &PUBLISH,
        }
    }
}

static LAKE: PlaceRow = PlaceRow {
    label: "Lake",
    show: Action::new("show.lake", "Show Lake").icon(icon::WAVES).keys(&[Shortcut::ctrl(Key::Num1)]),
    opens: ScreenKind::Table,
};
static REPLAY: PlaceRow = PlaceRow {
    label: "Replay",
    show: Action::new("show.replay", "Show Replay").icon(icon::PLAY_CIRCLE).keys(&[Shortcut::ctrl(Key::Num2)]),
    opens: ScreenKind::Replay,
};
static DIFF: PlaceRow = PlaceRow {
    label: "Diff",
    show: Action::new("show.diff", "Show Diff").icon(icon::DIFFERENCE).keys(&[Shortcut::ctrl(Key::Num3)]),
    opens: ScreenKind::Diff,
};
static QUALITY: PlaceRow = PlaceRow {
    label: "Quality",
    show: Action::new("show.quality", "Show Quality").icon(icon::VERIFIED).keys(&[Shortcut::ctrl(Key::Num4)]),
    opens: ScreenKind::Quality,
};
static SQL: PlaceRow = PlaceRow {
    label: "SQL",
    show: Action::new("show.sql", "Show SQL").icon(icon::TERMINAL).keys(&[Shortcut::ctrl(Key::Num5)]),
    opens: ScreenKind::Sql,
};
static PUBLISH: PlaceRow = PlaceRow {
    label: "Publish",
    show: Action::new("show.publish", "Show Publish").icon(icon::PUBLISH).keys(&[Shortcut::ctrl(Key::Num6)]),
    opens: ScreenKind::Publish,
};
