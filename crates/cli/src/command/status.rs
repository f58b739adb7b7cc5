//! `sluice status`.

use super::replay::ties;
use crate::exit::Exit;
use crate::print::{Grid, Output, number, time, version};
use sluice_api::{Health, InSandbox, LakeView, TableSummary, ask};
use sluice_runner::Host;

/// Tables, versions, waiting files and problems.
pub(crate) async fn run(host: &Host, out: &Output) -> anyhow::Result<Exit> {
    let view = host.call(ask::Lake {}).await?;
    out.show(&view, text)?;
    // What is late is shown, and nothing has stopped.
    let is_broken = view.tables.iter().any(|table| table.health == Health::Fail && !table.is_only_late);
    Ok(if is_broken || !view.problems.is_empty() { Exit::TableStopped } else { Exit::Done })
}

/// The version, and in a sandbox where it was written.
fn place(table: &TableSummary) -> String {
    match (table.version, table.base_version) {
        (Some(now), Some(base)) if now > base => format!("s{} on v{base}", now - base),
        (now, _) => version(now),
    }
}

fn text(view: &LakeView) -> String {
    let release =
        view.release.map_or_else(|| "nothing published".to_owned(), |release| format!("published r{release}"));
    let mut text =
        format!("{}, {release}, {} contracts and models differ in the draft\n\n", view.url, view.draft_changes);
    if let Some(InSandbox { sandbox, base }) = &view.sandbox {
        let (name, until) = (&sandbox.name, time(sandbox.expires_ms));
        text = format!("sandbox {name} of {base}, kept until {until}; the lake stays as it is\n{text}");
    }
    let mut grid = Grid::new(&["table", ">rows", ">version", "health", ">waiting files"]);
    for table in &view.tables {
        let waiting = view.waiting.iter().find(|waiting| waiting.table == table.table.name);
        let waiting = waiting.filter(|_| table.table.layer == sluice_api::Layer::Silver);
        grid.row([
            table.table.to_string(),
            table.rows.map_or_else(|| "-".to_owned(), number),
            place(table),
            format!("{:?}{}", table.health, table.note.as_ref().map(|n| format!(": {n}")).unwrap_or_default()),
            match waiting.map(|waiting| waiting.files) {
                None | Some(Some(0)) => String::new(),
                Some(Some(files)) => number(files),
                Some(None) => "?".to_owned(),
            },
        ]);
    }
    text.push_str(&grid.to_text());
    for table in view.tables.iter().filter(|table| table.facts.ties > 0) {
        text.push_str(&format!("{}: {}\n", table.table, ties(table.facts.ties)));
    }
    for problem in &view.problems {
        text.push_str(&format!("problem: {problem}\n"));
    }
    text
}
