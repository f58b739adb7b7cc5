//! The tree of layers, datasets and tables. Marks roll up to the worst.

use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::{Place, ScreenKind};
use crate::widget::{TreeMark, TreeRow, health_icon, number};
use egui::{Frame, Key, Margin, Modifiers, Ui};
use sluice_api::{Health, Layer, TableRef, TableSummary};

/// A visible row.
enum Node<'a> {
    Layer { layer: Layer, tables: usize, worst: Health },
    Dataset { layer: Layer, dataset: &'a str },
    Table { summary: &'a TableSummary, level: usize },
}

/// Draws the rows that match the filter.
pub(crate) fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let tokens = ui.tokens();
    let store = cx.store;
    let Some(lake) = store.lake().value else { return };
    let filter = cx.workspace.filters.get("tree").map(|text| text.trim().to_lowercase()).unwrap_or_default();
    let nodes = nodes(&lake.tables, &filter, &cx.workspace.folded);
    if nodes.is_empty() {
        let text = if filter.is_empty() { "No tables yet" } else { "No table matches the filter" };
        Frame::NONE.inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
            ui.label(typeface::text(text, typeface::control(), tokens.text_weak));
        });
        return;
    }
    let selected = cx.selection().table();
    let mut ids = Vec::with_capacity(nodes.len());
    let mut focused = None;
    let clip = ui.clip_rect();
    for (position, node) in nodes.iter().enumerate() {
        let top = ui.cursor().top();
        let response = row(ui, node, selected.as_ref(), &cx.workspace.folded, !filter.is_empty());
        ids.push(response.id);
        if response.has_focus() {
            focused = Some(position);
            if response.gained_focus() && (top < clip.top() || top + 24.0 > clip.bottom()) {
                response.scroll_to_me(None);
            }
        }
        if response.clicked() {
            match node {
                Node::Table { summary, .. } => cx.run(open_command(cx, &summary.table)),
                Node::Layer { .. } | Node::Dataset { .. } => toggle(cx, &path(node)),
            }
        }
    }
    if let Some(position) = focused {
        keys(ui, cx, &nodes, &ids, position);
    }
}

fn row(ui: &mut Ui, node: &Node<'_>, selected: Option<&TableRef>, folded: &[String], filtered: bool) -> egui::Response {
    let tokens = ui.tokens();
    let open = |path: &str| filtered || !folded.iter().any(|each| each == path);
    match node {
        Node::Layer { layer, tables, worst } => {
            let noun = if *layer == Layer::Gold { "mart" } else { "table" };
            let count = number::plural(u64::try_from(*tables).unwrap_or_default(), noun);
            let open = open(layer.as_str());
            let health = (!open && *worst >= Health::Warn).then(|| {
                let (mark, color, _) = health_icon(tokens, *worst);
                (mark, color)
            });
            TreeRow {
                name: layer.as_str(),
                accessible_name: format!("{layer}, {count}"),
                level: 0,
                open: Some(open),
                mark: TreeMark::Layer(*layer),
                count,
                health,
                selected: false,
                strong: true,
            }
            .show(ui)
        }
        Node::Dataset { layer, dataset } => TreeRow {
            name: dataset,
            accessible_name: format!("{layer}.{dataset}"),
            level: 1,
            open: Some(open(&format!("{layer}.{dataset}"))),
            mark: TreeMark::None,
            count: String::new(),
            health: None,
            selected: false,
            strong: false,
        }
        .show(ui),
        Node::Table { summary, level } => {
            let (mark, color, word) = health_icon(tokens, summary.health);
            let rows = summary.rows.map_or_else(|| "–".to_owned(), number::short_count);
            let response = TreeRow {
                name: &summary.table.name.table,
                accessible_name: format!("{}, {rows} rows, {word}{}", summary.table, origin(summary).1),
                level: *level,
                open: None,
                mark: origin(summary).0,
                count: rows,
                health: Some((mark, color)),
                selected: selected == Some(&summary.table),
                strong: false,
            }
            .show(ui);
            match &summary.note {
                Some(note) => response.on_hover_text(note),
                None => response,
            }
        }
    }
}

/// In a sandbox: where the state of a table comes from, as a mark and in words.
fn origin(summary: &TableSummary) -> (TreeMark, &'static str) {
    match (summary.version, summary.base_version) {
        (Some(now), Some(base)) if now > base => (TreeMark::Icon(icon::LOCK), ", written in the sandbox"),
        (Some(_), Some(_)) => (TreeMark::Icon(icon::CLOUD), ", as in the lake"),
        _ => (TreeMark::None, ""),
    }
}

fn nodes<'a>(tables: &'a [TableSummary], filter: &str, folded: &[String]) -> Vec<Node<'a>> {
    let mut nodes = Vec::new();
    let is_folded = |path: &str| filter.is_empty() && folded.iter().any(|each| each == path);
    for layer in [Layer::Bronze, Layer::Silver, Layer::Gold] {
        let of_layer: Vec<&TableSummary> = tables
            .iter()
            .filter(|each| each.table.layer == layer)
            .filter(|each| filter.is_empty() || each.table.to_string().to_lowercase().contains(filter))
            .collect();
        if of_layer.is_empty() {
            continue;
        }
        let worst = of_layer.iter().map(|each| each.health).max().unwrap_or(Health::Ok);
        nodes.push(Node::Layer { layer, tables: of_layer.len(), worst });
        if is_folded(layer.as_str()) {
            continue;
        }
        let mut dataset = None;
        for summary in of_layer {
            let name = summary.table.name.dataset.as_str();
            if dataset != Some(name) {
                dataset = Some(name);
                nodes.push(Node::Dataset { layer, dataset: name });
            }
            if !is_folded(&format!("{layer}.{name}")) {
                nodes.push(Node::Table { summary, level: 2 });
            }
        }
    }
    nodes
}

fn path(node: &Node<'_>) -> String {
    match node {
        Node::Layer { layer, .. } => layer.to_string(),
        Node::Dataset { layer, dataset } => format!("{layer}.{dataset}"),
        Node::Table { summary, .. } => summary.table.to_string(),
    }
}

fn toggle(cx: &mut Cx<'_>, path: &str) {
    let folded = &mut cx.workspace.folded;
    let before = folded.len();
    folded.retain(|each| each != path);
    if folded.len() == before {
        folded.push(path.to_owned());
    }
}

/// On the replay screen the tree picks the table to replay; elsewhere it opens the table.
fn open_command(cx: &Cx<'_>, table: &TableRef) -> Command {
    if cx.workspace.place == Place::Replay && table.layer != Layer::Gold {
        Command::open_for(ScreenKind::Replay, table.clone())
    } else {
        Command::open_table(table.clone())
    }
}

/// Arrows move, left and right fold and unfold, Enter opens.
fn keys(ui: &Ui, cx: &mut Cx<'_>, nodes: &[Node<'_>], ids: &[egui::Id], position: usize) {
    let (Some(id), Some(node)) = (ids.get(position), nodes.get(position)) else { return };
    let filter = egui::EventFilter { horizontal_arrows: true, vertical_arrows: true, tab: false, escape: false };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(*id, filter));
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let focus = |position: usize| {
        if let Some(id) = ids.get(position) {
            ui.memory_mut(|memory| memory.request_focus(*id));
            ui.ctx().request_repaint();
        }
    };
    if pressed(Key::ArrowDown) {
        focus((position + 1).min(ids.len().saturating_sub(1)));
    } else if pressed(Key::ArrowUp) {
        focus(position.saturating_sub(1));
    } else if pressed(Key::Home) {
        focus(0);
    } else if pressed(Key::End) {
        focus(ids.len().saturating_sub(1));
    }
    let path = path(node);
    let is_branch = !matches!(node, Node::Table { .. });
    let is_folded = cx.workspace.folded.contains(&path);
    let (left, right) = (pressed(Key::ArrowLeft), pressed(Key::ArrowRight));
    if is_branch && ((left && !is_folded) || (right && is_folded)) {
        toggle(cx, &path);
    } else if left && !is_branch {
        let parent = nodes.iter().take(position).rposition(|node| !matches!(node, Node::Table { .. }));
        focus(parent.unwrap_or_default());
    }
}
