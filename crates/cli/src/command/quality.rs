//! `sluice quality`.

use super::rows::{Rows, fetch};
use crate::args::Quality;
use crate::exit::Exit;
use crate::print::{Grid, Output, number};
use sluice_api::{ApiError, CheckState, ErrorCode, QualityView, ask};
use sluice_runner::Host;

/// Checks and quarantine of a table, or the rows that fail one of its checks.
pub(crate) async fn run(host: &Host, out: &Output, call: Quality) -> anyhow::Result<Exit> {
    let view = host.call(ask::Quality { table: call.table }).await?;
    match call.failing {
        Some(check) => failing_rows(host, out, &view, &check, call.rows).await?,
        None => out.show(&view, text)?,
    }
    let failed = view.checks.iter().any(|check| check.state() == CheckState::Failed);
    Ok(if failed { Exit::CheckFailed } else { Exit::Done })
}

async fn failing_rows(host: &Host, out: &Output, view: &QualityView, check: &str, rows: u64) -> anyhow::Result<()> {
    let Some(found) = view.checks.iter().find(|of| of.check == check) else {
        let known: Vec<&str> = view.checks.iter().map(|check| check.check.as_str()).collect();
        let next = format!("Use one of: {}", known.join("; "));
        return Err(ApiError::new(ErrorCode::NotFound, format!("{} has no check `{check}`", view.table), next).into());
    };
    let result = host.call(ask::FailingRows { table: view.table.clone(), check: found.index }).await?;
    let rows = fetch(host, &result, rows).await?;
    out.show(&rows, |rows: &Rows| {
        let shown = format!("{} of {} rows that fail {check}", number(rows.rows.len() as u64), number(result.rows));
        format!("{}{shown}\n", rows.to_text())
    })
}

fn text(view: &QualityView) -> String {
    let version = view.version.map_or_else(|| "no version yet".to_owned(), |version| format!("v{version}"));
    let mut text = match view.refused_batch {
        Some(batch) => format!("silver.{}: batch {batch} was not published, {version} stays visible\n", view.table),
        None => format!("silver.{} {version}\n", view.table),
    };
    let mut grid = Grid::new(&["", "check", "severity", ">observed", ">limit", ">rows"]);
    for check in &view.checks {
        let word = match check.state() {
            CheckState::Passed => "pass",
            CheckState::Warned => "warn",
            CheckState::Failed => "FAIL",
            CheckState::NotEvaluated => "not evaluated",
        };
        grid.row([
            word.to_owned(),
            check.check.clone(),
            check.severity.as_str().to_owned(),
            check.observed.clone(),
            check.limit.clone(),
            check.outcome.failed.map_or_else(|| "?".to_owned(), number),
        ]);
    }
    text.push_str(&grid.to_text());
    for check in &view.checks {
        if let Some(reason) = check.outcome.reason() {
            text.push_str(&format!("{}: {reason}\n", check.check));
        }
    }
    if view.quarantine.is_empty() {
        text.push_str("quarantine: empty\n");
    }
    for group in &view.quarantine {
        text.push_str(&format!("quarantine: {} {} ({})\n", number(group.rows), group.reason, group.sentence));
        for (detail, rows) in &group.details {
            text.push_str(&format!("  {} {detail}\n", number(*rows)));
        }
    }
    text
}
