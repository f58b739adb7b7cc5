//! What the palette offers: commands, tables, columns.

use super::fuzzy::fuzzy;
use crate::command::Command;
use crate::cx::Cx;
use crate::design::icon;
use crate::widget::number;
use sluice_api::Layer;

/// Items of a group that are shown.
const GROUP_MAX: usize = 50;

/// What stands before an item.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Mark {
    Icon(char),
    Layer(Layer),
}

/// A line of the palette.
pub(super) struct Item {
    pub label: String,
    pub note: String,
    pub mark: Mark,
    pub mono: bool,
    pub positions: Vec<usize>,
    pub command: Command,
    /// Why it cannot run.
    pub why: Option<&'static str>,
    score: i32,
}

/// A heading with its items, best first, and how many matched in all.
pub(super) struct Group {
    pub title: &'static str,
    pub items: Vec<Item>,
    pub matches: usize,
}

/// Groups for what was typed. A first `>` means commands only, `@` columns only.
pub(super) fn groups(typed: &str, cx: &Cx<'_>) -> Vec<Group> {
    let (only, pattern) = match typed.chars().next() {
        Some(first @ ('>' | '@' | '#' | ':')) => (Some(first), typed.get(1..).unwrap_or_default()),
        _ => (None, typed),
    };
    let mut groups = Vec::new();
    if only.is_none() || only == Some('>') {
        groups.push(group("Commands", pattern, commands(cx)));
    }
    if only.is_none() {
        groups.push(group("Tables", pattern, tables(cx)));
    }
    if only == Some('@') || (only.is_none() && !pattern.is_empty()) {
        groups.push(group("Columns", pattern, columns(cx)));
    }
    groups.retain(|group| !group.items.is_empty());
    if !pattern.is_empty() {
        groups.sort_by_key(|group| std::cmp::Reverse(group.items.first().map(|item| item.score)));
    }
    groups
}

fn group(title: &'static str, pattern: &str, items: Vec<Item>) -> Group {
    let mut items: Vec<Item> = items
        .into_iter()
        .filter_map(|mut item| {
            let found = fuzzy(pattern, &item.label)?;
            item.score = found.score - if item.why.is_some() { 1_000 } else { 0 };
            item.positions = found.positions;
            Some(item)
        })
        .collect();
    items.sort_by_key(|item| std::cmp::Reverse(item.score));
    let matches = items.len();
    items.truncate(GROUP_MAX);
    Group { title, items, matches }
}

fn commands(cx: &Cx<'_>) -> Vec<Item> {
    let facts = cx.facts();
    Command::all(&facts)
        .into_iter()
        .filter(|command| !matches!(command, Command::Palette | Command::Dismiss))
        .map(|command| Item {
            label: command.label(),
            note: command.action().tooltip.to_owned(),
            mark: Mark::Icon(command.action().icon),
            mono: false,
            positions: Vec::new(),
            why: command.unavailable(&facts),
            command,
            score: 0,
        })
        .collect()
}

fn tables(cx: &Cx<'_>) -> Vec<Item> {
    let Some(lake) = cx.store.lake().value else { return Vec::new() };
    lake.tables
        .iter()
        .map(|each| {
            let rows = each
                .rows
                .map_or_else(|| "not built yet".to_owned(), |rows| format!("{} rows", number::short_count(rows)));
            let version = each.version.map(|version| format!(", v{version}")).unwrap_or_default();
            Item {
                label: each.table.to_string(),
                note: format!("{rows}{version}"),
                mark: Mark::Layer(each.table.layer),
                mono: true,
                positions: Vec::new(),
                command: Command::open_table(each.table.clone()),
                why: None,
                score: 0,
            }
        })
        .collect()
}

fn columns(cx: &Cx<'_>) -> Vec<Item> {
    cx.store
        .tables()
        .flat_map(|view| {
            view.columns.iter().map(|column| Item {
                label: column.name.clone(),
                note: format!("{}, {}{}", column.data_type, view.table, if column.key { ", key" } else { "" }),
                mark: Mark::Icon(icon::VIEW_COLUMN),
                mono: true,
                positions: Vec::new(),
                command: Command::OpenColumn(view.table.clone(), column.name.clone()),
                why: None,
                score: 0,
            })
        })
        .collect()
}
