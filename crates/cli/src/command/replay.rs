//! `sluice replay`.

use crate::args::Replay;
use crate::exit::{Exit, code_of};
use crate::impact_report;
use crate::print::{Grid, Output, ledger, note, number, version};
use crate::progress::{JOB, watch};
use sluice_api::{ApiError, ErrorCode, Preview, PreviewedChecks, ReplaySummary, TableName, ask};
use sluice_contract::Verdict;
use sluice_runner::Host;

/// Replays using the draft's contracts.
pub(crate) async fn run(host: &Host, out: &Output, call: Replay) -> anyhow::Result<Exit> {
    let summary = match call.batch {
        Some(batch) => {
            let request = ask::ReprocessBatch { job: JOB, table: one_table(&call.tables)?.clone(), batch };
            let replayed = watch(host, out, host.call(request)).await?;
            ReplaySummary { tables: vec![replayed], ..ReplaySummary::default() }
        }
        None if call.diff => {
            let limits = call.limits.to_api(call.full_refresh, false);
            let request = ask::PreviewReplay { tables: call.tables, limits, job: JOB };
            let preview = watch(host, out, host.call(request)).await?;
            out.show(&preview, preview_text)?;
            return Ok(exit_of(&preview.replay));
        }
        None => {
            let limits = call.limits.to_api(call.full_refresh, call.dry_run);
            let request = ask::StartReplay { job: JOB, tables: call.tables, limits };
            watch(host, out, host.call(request)).await?
        }
    };
    for problem in &summary.left_out {
        note(format_args!("left out: {problem}"));
    }
    out.show(&summary, text)?;
    Ok(exit_of(&summary))
}

/// The one table of a call about a batch.
fn one_table(tables: &[TableName]) -> Result<&TableName, ApiError> {
    match tables {
        [table] => Ok(table),
        _ => Err(ApiError::new(
            ErrorCode::Input,
            "--batch needs one --table",
            "Write for example `sluice replay --table shop.orders --batch 3`",
        )),
    }
}

/// Exit for what a replay did; a table that stopped differs from one that was cancelled. A contract or model that is
/// left out is a table that stopped: whoever looks at the exit code alone has to see it.
pub(crate) fn exit_of(summary: &ReplaySummary) -> Exit {
    let of_tables = summary.tables.iter().filter_map(|table| table.error.as_ref());
    let of_models = summary.gold_failed.iter().map(|failure| &failure.error);
    let errors: Vec<ErrorCode> = of_tables.chain(of_models).map(|error| error.code).collect();
    match errors.as_slice() {
        [] if summary.left_out.is_empty() => Exit::Done,
        [] => Exit::TableStopped,
        all if all.iter().any(|code| code_of(*code) == 130) => Exit::Cancelled,
        all if all.iter().all(|code| *code == ErrorCode::Conflict) && summary.left_out.is_empty() => Exit::Held,
        _ => Exit::TableStopped,
    }
}

/// How many events had no order among themselves but the tie-breaker's.
pub(crate) fn ties(count: u64) -> String {
    format!("{} ties: different events of one key at one position, whose order the tie-breaker decided", number(count))
}

/// What a replay would do.
fn preview_text(preview: &Preview) -> String {
    let checks: String = preview.checks.iter().map(checks_text).collect();
    text(&preview.replay) + &checks + &impact_report::text(&preview.impact)
}

/// The checks of a table on the version that it would have: how many hold, and every one that does not.
fn checks_text(of: &PreviewedChecks) -> String {
    if of.checks.is_empty() {
        return String::new();
    }
    let [passed, failed, unknown] = of.counts().map(number);
    let mut text = format!("{}: checks: {passed} hold, {failed} do not, {unknown} not evaluated\n", of.table);
    for check in &of.checks {
        let severity = check.severity.as_str();
        match (&check.outcome.verdict, check.outcome.failed, check.outcome.reason()) {
            (Verdict::Passed, ..) => {}
            (Verdict::Failed, Some(rows), _) if rows > 0 => {
                text.push_str(&format!("  {severity}: {} does not hold in {} rows\n", check.check, number(rows)));
            }
            (Verdict::Failed, ..) => text.push_str(&format!("  {severity}: {} does not hold\n", check.check)),
            (Verdict::NotEvaluated { .. }, _, reason) => {
                let reason = reason.unwrap_or("nobody says why");
                text.push_str(&format!("  {severity}: {} is not evaluated: {reason}\n", check.check));
            }
        }
    }
    text
}

/// What a replay did, for people.
pub(crate) fn text(summary: &ReplaySummary) -> String {
    let mut grid = Grid::new(&[
        "table",
        ">files",
        ">batches",
        ">rows in",
        ">inserted",
        ">updated",
        ">deleted",
        ">superseded",
        ">quarantined",
        ">silver",
        ">version",
    ]);
    for table in &summary.tables {
        let counters = &table.counters;
        grid.row([
            table.table.to_string(),
            number(table.files),
            number(table.batches),
            number(counters.rows_in),
            number(counters.inserted),
            number(counters.updated),
            number(counters.deleted),
            number(counters.superseded),
            number(counters.quarantined),
            table.silver_rows.map_or_else(|| "?".to_owned(), number),
            version(table.silver_version),
        ]);
    }
    let mut text = grid.to_text();
    for table in summary.tables.iter().filter(|table| table.batches > 0) {
        text.push_str(&format!("{}: {}\n", table.table, ledger(&table.counters)));
    }
    for table in summary.tables.iter().filter(|table| table.counters.ties > 0) {
        text.push_str(&format!("{}: {}\n", table.table, ties(table.counters.ties)));
    }
    for table in &summary.tables {
        for remade in &table.remade {
            text.push_str(&format!("{}: {remade}\n", table.table));
        }
        if let (false, Some(rows)) = (table.would_fill.is_empty(), table.silver_rows) {
            let columns = table.would_fill.join(", ");
            text.push_str(&format!(
                "{}: fills {columns} of {} rows from bronze first, all other columns stay\n",
                table.table,
                number(rows)
            ));
        }
        if let Some(keys) = table.would_recompute {
            text.push_str(&format!(
                "{}: records were dropped or edited: {} are recomputed from bronze first, which this does not count, all \
                 other rows stay\n",
                table.table,
                if keys == 1 { "1 key".to_owned() } else { format!("{} keys", number(keys)) }
            ));
        }
        if table.would_remake {
            text.push_str(&format!(
                "{}: the contract or what was decided of its batches changed: silver is made anew first, which this does \
                 not count (`replay --dry-run --diff` shows its rows)\n",
                table.table
            ));
        }
        for (reason, count) in &table.reasons {
            text.push_str(&format!("{}: {} {reason} in quarantine\n", table.table, number(*count)));
        }
        for (words, count) in &table.orders {
            text.push_str(&format!("{}: {} events ordered by {words}\n", table.table, number(*count)));
        }
        if !table.left_out.is_empty() {
            let tables: Vec<String> =
                table.left_out.iter().map(|(name, count)| format!("{name} {}", number(*count))).collect();
            let total: u64 = table.left_out.iter().map(|(_, count)| count).sum();
            let tables = tables.join(", ");
            text.push_str(&format!("{}: {} records of other tables left out: {tables}\n", table.table, number(total)));
        }
        if let Some(reason) = &table.would_hold {
            text.push_str(&format!("{}: would be held: {reason}\n", table.table));
        }
        if let Some(error) = &table.error {
            text.push_str(&format!("{}: stopped: {error}\n", table.table));
        }
    }
    for gold in &summary.gold {
        text.push_str(&format!("gold.{}: {} rows, v{}\n", gold.model, number(gold.rows), gold.version));
    }
    for failure in &summary.gold_failed {
        text.push_str(&format!("{failure}\n"));
    }
    let files: u64 = summary.tables.iter().map(|table| table.files).sum();
    let done = if summary.dry_run { "would be ingested, nothing was written" } else { "ingested" };
    #[expect(clippy::cast_precision_loss, reason = "seconds for display")]
    let seconds = summary.elapsed_ms as f64 / 1_000.0;
    text.push_str(&format!("{} files {done} in {seconds:.2} s\n", number(files)));
    text
}
