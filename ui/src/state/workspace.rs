//! The document that survives a restart: tabs, theme, panel sizes, SQL texts, filters.

use super::{Place, Selection, Tab, queries};
use crate::design::Theme;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// Written into the session; another number is not read.
const FORMAT: u32 = 1;

/// Closed tabs that can be opened again.
const CLOSED_MAX: usize = 500;
/// Bytes of the texts of closed queries; a session has at most 4 MiB.
const CLOSED_BYTES_MAX: usize = 1 << 20;

/// Which panels are open and how large they are, in points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Panels {
    /// Side panel is open.
    pub side_open: bool,
    /// Width of the side panel, 200 to 256.
    pub side: f32,
    /// Inspector is open where it stands beside the centre.
    pub inspector_open: bool,
    /// Inspector is open over the centre; `None` while the window is wide enough for both.
    #[serde(skip)]
    pub inspector_over: Option<bool>,
    /// Width of the inspector, 320 to 400.
    pub inspector: f32,
    /// Bottom panel is open.
    pub bottom_open: bool,
    /// Height of the bottom panel.
    pub bottom: f32,
}

impl Default for Panels {
    fn default() -> Self {
        Self {
            side_open: true,
            side: 208.0,
            inspector_open: true,
            inspector_over: None,
            inspector: 336.0,
            bottom_open: true,
            bottom: 204.0,
        }
    }
}

impl Panels {
    /// The window became too narrow for an inspector beside the centre, or wide enough; over the centre it is closed
    /// until someone opens it.
    pub fn inspector_lies_over(&mut self, over: bool) {
        self.inspector_over = if over { Some(self.inspector_over.unwrap_or(false)) } else { None };
    }

    /// Whether the inspector is open.
    #[must_use]
    pub fn shows_inspector(&self) -> bool {
        self.inspector_over.unwrap_or(self.inspector_open)
    }

    /// Opens or closes the inspector.
    pub fn show_inspector(&mut self, open: bool) {
        match &mut self.inspector_over {
            Some(over) => *over = open,
            None => self.inspector_open = open,
        }
    }
}

/// A tab that was closed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClosedTab {
    /// The tab.
    pub tab: Tab,
    /// Where it stood.
    pub position: usize,
}

/// Everything a person arranged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Workspace {
    /// Version of this document.
    pub format: u32,
    /// Theme.
    pub theme: Theme,
    /// Panels.
    pub panels: Panels,
    /// Open tabs in order.
    #[serde(deserialize_with = "known_tabs")]
    pub tabs: Vec<Tab>,
    /// Position of the tab in front.
    pub active: usize,
    /// Chosen rail entry.
    pub place: Place,
    /// Selection.
    pub selection: Selection,
    /// SQL text by number of its tab, those of closed tabs too.
    pub sql: BTreeMap<u32, String>,
    /// Closed tabs, the latest last; each can be opened again.
    #[serde(deserialize_with = "known_closed")]
    pub closed: Vec<ClosedTab>,
    /// Texts that were edited and not saved, by what they are, for example `contract silver.shop.orders`.
    pub texts: BTreeMap<String, String>,
    /// Texts of filters by name, for example `tree` or `where silver.shop.orders`.
    pub filters: BTreeMap<String, String>,
    /// Closed nodes of the tree by path.
    pub folded: Vec<String>,
    /// Column widths by grid and column name, points.
    pub widths: BTreeMap<String, f32>,
    /// Small settings of screens by name, for example `table view silver.shop.orders` = `data`.
    pub choices: BTreeMap<String, String>,
    /// Lakes opened before, latest first.
    pub recent: Vec<String>,
}

impl ClosedTab {
    /// Number of the query, if it is one.
    #[must_use]
    pub fn query(&self) -> Option<u32> {
        match &self.tab {
            Tab::Sql { number } => Some(*number),
            _ => None,
        }
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self {
            format: FORMAT,
            theme: Theme::Dark,
            panels: Panels::default(),
            tabs: Vec::new(),
            active: 0,
            place: Place::Lake,
            selection: Selection::None,
            sql: BTreeMap::new(),
            closed: Vec::new(),
            texts: BTreeMap::new(),
            filters: BTreeMap::new(),
            folded: Vec::new(),
            widths: BTreeMap::new(),
            choices: BTreeMap::new(),
            recent: Vec::new(),
        }
    }
}

/// Tabs of screens that this version has; one of a screen that is gone or not there yet is left out.
fn known_tabs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Tab>, D::Error> {
    let tabs: Vec<serde_json::Value> = Vec::deserialize(deserializer)?;
    Ok(tabs.into_iter().filter_map(|tab| serde_json::from_value(tab).ok()).collect())
}

/// Closed tabs of screens that this version has.
fn known_closed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ClosedTab>, D::Error> {
    let tabs: Vec<serde_json::Value> = Vec::deserialize(deserializer)?;
    Ok(tabs.into_iter().filter_map(|tab| serde_json::from_value(tab).ok()).collect())
}

impl Workspace {
    /// Reads a saved session.
    ///
    /// # Errors
    /// One sentence when the text is not a session of this format.
    pub fn from_session(text: &str) -> Result<Self, String> {
        let mut workspace: Self =
            serde_json::from_str(text).map_err(|_| "The saved session could not be read".to_owned())?;
        if workspace.format != FORMAT {
            return Err("The saved session is of another version".to_owned());
        }
        workspace.active = workspace.active.min(workspace.tabs.len().saturating_sub(1));
        workspace.panels.side = workspace.panels.side.clamp(200.0, 256.0);
        workspace.panels.inspector = workspace.panels.inspector.clamp(320.0, 400.0);
        workspace.panels.bottom = workspace.panels.bottom.clamp(96.0, 480.0);
        Ok(workspace)
    }

    /// The text to save.
    #[must_use]
    pub fn to_session(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The tab in front.
    #[must_use]
    pub fn active_tab(&self) -> Option<&Tab> {
        self.tabs.get(self.active)
    }

    /// Brings the tab at `position` to the front.
    pub fn front(&mut self, position: usize) {
        if let Some(tab) = self.tabs.get(position) {
            self.place = tab.place();
            self.active = position;
        }
    }

    /// Brings `tab` to the front, adding it if it is not open.
    pub fn open(&mut self, tab: Tab) {
        self.place = tab.place();
        self.active = self.tabs.iter().position(|open| *open == tab).unwrap_or(self.tabs.len());
        if self.active == self.tabs.len() {
            self.tabs.push(tab);
        }
    }

    /// Puts `tab` in the place of the tab in front, for example when versions of a diff change.
    pub fn replace_active(&mut self, tab: Tab) {
        match self.tabs.get_mut(self.active) {
            Some(active) => *active = tab,
            None => self.open(tab),
        }
    }

    /// Closes the tab at `position`.
    pub fn close(&mut self, position: usize) {
        if position >= self.tabs.len() {
            return;
        }
        let tab = self.tabs.remove(position);
        self.closed.retain(|closed| closed.tab != tab);
        match &tab {
            // There is nothing to lose.
            Tab::Sql { number } if self.sql.get(number).is_none_or(|text| text.trim().is_empty()) => {
                self.sql.remove(number);
            }
            _ => self.closed.push(ClosedTab { tab, position }),
        }
        self.forget_oldest();
        if self.active > position || self.active >= self.tabs.len() {
            self.active = self.active.saturating_sub(1);
        }
        if let Some(tab) = self.active_tab() {
            self.place = tab.place();
        }
    }

    /// Forgets the tabs that were closed longest ago, as far as there are too many.
    fn forget_oldest(&mut self) {
        let bytes = |sql: &BTreeMap<u32, String>, closed: &[ClosedTab]| -> usize {
            closed.iter().filter_map(|closed| sql.get(&closed.query()?)).map(String::len).sum()
        };
        while self.closed.len() > CLOSED_MAX
            || (self.closed.len() > 1 && bytes(&self.sql, &self.closed) > CLOSED_BYTES_MAX)
        {
            if let Some(number) = self.closed.remove(0).query() {
                self.sql.remove(&number);
            }
        }
    }

    /// Opens a closed tab again, the last one unless one is named; false if there is none.
    pub fn reopen(&mut self, which: Option<usize>) -> bool {
        let which = which.unwrap_or_else(|| self.closed.len().saturating_sub(1));
        if which >= self.closed.len() {
            return false;
        }
        let ClosedTab { tab, position } = self.closed.remove(which);
        if !self.tabs.contains(&tab) {
            self.tabs.insert(position.min(self.tabs.len()), tab.clone());
        }
        self.open(tab);
        true
    }

    /// Opens a new query with `text`.
    pub fn open_sql(&mut self, text: impl Into<String>) {
        let number = self.new_query(text);
        self.open(Tab::Sql { number });
    }

    /// The text under `name` as it was edited, else as it is saved.
    #[must_use]
    pub fn edited(&self, name: &str, saved: &str) -> String {
        self.texts.get(name).cloned().unwrap_or_else(|| saved.to_owned())
    }

    /// Keeps an edited text until it is what is saved.
    pub fn keep_edited(&mut self, name: &str, text: String, saved: &str) {
        if text == saved {
            self.texts.remove(name);
        } else {
            self.texts.insert(name.to_owned(), text);
        }
    }

    /// Number of a new query with `text`; its tab is not opened yet.
    pub fn new_query(&mut self, text: impl Into<String>) -> u32 {
        queries::add(&mut self.sql, text.into())
    }
}
