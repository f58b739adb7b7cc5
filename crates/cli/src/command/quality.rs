//! `sluice quality`.

use crate::args::Table;
use crate::exit::Exit;
use crate::print::{Grid, Output, number};
use sluice_api::{QualityView, Severity, Verdict, ask};
use sluice_runner::Host;

/// Checks and quarantine of a table.
pub(crate) async fn run(host: &Host, out: &Output, call: Table) -> anyhow::Result<Exit> {
    let view = host.call(ask::Quality { table: call.table }).await?;
    out.show(&view, text)?;
    let failed = view.checks.iter().any(|check| check.verdict == Verdict::Fail && check.severity == Severity::Fail);
    Ok(if failed { Exit::CheckFailed } else { Exit::Done })
}

fn text(view: &QualityView) -> String {
    let version = view.version.map_or_else(|| "no version yet".to_owned(), |version| format!("v{version}"));
    let mut text = match view.refused_batch {
        Some(batch) => format!("silver.{}: batch {batch} was not published, {version} stays visible\n", view.table),
        None => format!("silver.{} {version}\n", view.table),
    };
    let mut grid = Grid::new(&["", "check", "severity", ">observed", ">limit", ">rows"]);
    for check in &view.checks {
        let verdict = match check.verdict {
            Verdict::Pass => "pass",
            Verdict::Warn => "warn",
            Verdict::Fail => "FAIL",
            Verdict::Skipped => "skip",
        };
        grid.row([
            verdict.to_owned(),
            check.check.clone(),
            format!("{:?}", check.severity).to_lowercase(),
            check.observed.clone(),
            check.limit.clone(),
            number(check.failed),
        ]);
    }
    text.push_str(&grid.to_text());
    for check in view.checks.iter().filter_map(|check| check.note.as_ref().map(|note| (check, note))) {
        text.push_str(&format!("{}: {}\n", check.0.check, check.1));
    }
    if view.quarantine.is_empty() {
        text.push_str("quarantine: empty\n");
    }
    for group in &view.quarantine {
        text.push_str(&format!("quarantine: {} {} ({})\n", number(group.rows), group.reason, group.sentence));
    }
    text
}
