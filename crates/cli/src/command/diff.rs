//! `sluice diff`.

use super::rows::{Rows, fetch};
use crate::args::Diff;
use crate::diff_side::Typed;
use crate::exit::Exit;
use crate::impact_report::{self, ReportForm};
use crate::print::{Output, number};
use crate::progress::{JOB, watch};
use serde::Serialize;
use sluice_api::{
    ApiError, DiffCounts, DiffNames, DiffOptions, DiffSide, DiffView, ErrorCode, ExportedFile, SideLake, SideVersion,
    TableRef, ask,
};
use sluice_runner::Host;

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    diff: DiffView,
    changes: Rows,
    #[serde(skip_serializing_if = "Option::is_none")]
    exported: Option<ExportedFile>,
}

/// What changed between two versions: how much by the log, the first rows, then what needs all of them.
pub(crate) async fn run(host: &Host, out: &Output, call: Diff) -> anyhow::Result<Exit> {
    let Some(table) = call.table.clone() else { return impacted(host, out, call).await };
    let call = with_version_before(host, &table, call).await?;
    let Some((from, to)) = versions(&call) else { return sides(host, out, table, call).await };
    let Diff { rows, reveal, counts, first, fail_over, export, .. } = call;
    if counts || !out.json {
        let request = ask::DiffCounts { table: table.clone(), from, to };
        out.show(&host.call(request).await?, counts_text)?;
    }
    if counts {
        return Ok(Exit::Done);
    }
    let mut shown = 0;
    if first || !out.json {
        let request = ask::DiffFirst { table: table.clone(), from, to, rows: rows.max(1) };
        let mut beginning = with_rows(host, host.call(request).await?, rows, reveal).await?;
        shown = beginning.changes.len();
        let all = beginning.diff.of.is_none();
        if all {
            beginning.exported = exported(host, &beginning.diff, export.as_ref(), reveal).await?;
        }
        out.show(&beginning, if all { text } else { first_text })?;
        if all || first {
            return Ok(exit_of(&beginning.diff, fail_over));
        }
    }
    let work = async {
        let diff = host.call(ask::Diff { table, from, to, job: Some(JOB) }).await?;
        let mut whole = with_rows(host, diff, rows, reveal).await?;
        whole.exported = exported(host, &whole.diff, export.as_ref(), reveal).await?;
        Ok::<_, anyhow::Error>(whole)
    };
    let whole = watch(host, out, work).await?;
    out.show(&whole, if shown > 0 { totals_after_rows } else { text })?;
    Ok(exit_of(&whole.diff, fail_over))
}

/// The two versions, if it is two versions of one table that are compared, and nothing is left out.
fn versions(call: &Diff) -> Option<(u64, u64)> {
    let whole = call.from_table.is_none()
        && call.filter.is_none()
        && call.key.is_empty()
        && call.ignore.is_empty()
        && call.tolerance.is_empty();
    let number = |typed: &Option<Typed>| match typed.as_ref()? {
        Typed { lake: SideLake::Open, version: SideVersion::Number(number) } => Some(*number),
        _ => None,
    };
    number(&call.from).zip(number(&call.to)).filter(|_| whole)
}

/// What is not said of the version before: outside of a sandbox the one before that after, where there is one.
async fn with_version_before(host: &Host, table: &TableRef, call: Diff) -> anyhow::Result<Diff> {
    let after = match &call.to {
        None | Some(Typed { lake: SideLake::Open, version: SideVersion::Latest }) => None,
        Some(Typed { lake: SideLake::Open, version: SideVersion::Number(number) }) => Some(*number),
        Some(_) => return Ok(call),
    };
    let is_said = call.from.is_some() || call.from_table.is_some();
    if is_said || host.lake().await?.sandbox().is_some() {
        return Ok(call);
    }
    let after = match after {
        Some(after) => after,
        None => host.call(ask::Table { table: table.clone(), version: None }).await?.version,
    };
    let typed = |number| Some(Typed { lake: SideLake::Open, version: SideVersion::Number(number) });
    Ok(match after.checked_sub(1) {
        Some(before) => Diff { from: typed(before), to: typed(after), ..call },
        None => call,
    })
}

/// Two tables that need not be versions of one.
async fn sides(host: &Host, out: &Output, table: TableRef, call: Diff) -> anyhow::Result<Exit> {
    let Diff {
        from,
        to,
        from_table,
        key,
        ignore,
        tolerance,
        filter,
        export,
        fail_over,
        rows,
        reveal,
        counts,
        first,
        ..
    } = call;
    if counts || first {
        return Err(ApiError::new(
            ErrorCode::Input,
            "--counts and --first are of two versions of one table",
            "Write both versions as numbers, without --key, --ignore, --tolerance and --where",
        )
        .into());
    }
    let from = from.unwrap_or(Typed { lake: SideLake::Production, version: SideVersion::Latest });
    let to = to.unwrap_or_default();
    let side = |typed: Typed, table: TableRef| DiffSide { table, lake: typed.lake, version: typed.version };
    let request = ask::DiffSides {
        from: side(from, from_table.unwrap_or_else(|| table.clone())),
        to: side(to, table),
        options: DiffOptions { key, ignore, tolerance, filter },
        job: JOB,
    };
    let work = async {
        let mut whole = with_rows(host, host.call(request).await?, rows, reveal).await?;
        whole.exported = exported(host, &whole.diff, export.as_ref(), reveal).await?;
        Ok::<_, anyhow::Error>(whole)
    };
    let whole = watch(host, out, work).await?;
    out.show(&whole, text)?;
    Ok(exit_of(&whole.diff, fail_over))
}

/// All tables of two lakes.
async fn impacted(host: &Host, out: &Output, call: Diff) -> anyhow::Result<Exit> {
    let Diff { from, to, ignore, report, fail_over, .. } = call;
    let from = from.unwrap_or(Typed { lake: SideLake::Production, version: SideVersion::Latest });
    let to = to.unwrap_or_default();
    if [&from, &to].iter().any(|side| side.version != SideVersion::Latest) {
        let next = "Name lakes without a version: production, sandbox:NAME or lake:URL";
        return Err(ApiError::new(ErrorCode::Input, "--impacted compares the latest versions", next).into());
    }
    let request = ask::DiffImpacted { from: from.lake, to: to.lake, ignore, job: JOB };
    let impact = watch(host, out, host.call(request)).await?;
    match report {
        None => out.show(&impact, impact_report::text)?,
        Some(ReportForm::Md) => out.show_text(&impact_report::markdown(&impact))?,
        Some(ReportForm::Html) => out.show_text(&impact_report::html(&impact))?,
        Some(ReportForm::Json) => Output::new(true).show(&impact, impact_report::text)?,
    }
    // What could not be compared may be anything.
    let changed = impact.changed_rows().unwrap_or(u64::MAX);
    Ok(if fail_over.is_some_and(|most| changed > most) { Exit::Different } else { Exit::Done })
}

fn exit_of(diff: &DiffView, fail_over: Option<u64>) -> Exit {
    let changed = diff.inserted + diff.updated + diff.deleted;
    if fail_over.is_some_and(|most| changed > most) { Exit::Different } else { Exit::Done }
}

async fn with_rows(host: &Host, diff: DiffView, rows: u32, reveal: bool) -> anyhow::Result<Shown> {
    let changes = fetch(host, &diff.result, u64::from(rows), reveal).await?;
    Ok(Shown { diff, changes, exported: None })
}

/// Writes the changed rows into a file, if one is named.
async fn exported(
    host: &Host,
    diff: &DiffView,
    file: Option<&String>,
    reveal: bool,
) -> anyhow::Result<Option<ExportedFile>> {
    let Some(file) = file else { return Ok(None) };
    let request = ask::ExportResult { result: diff.result.id, file: file.clone(), reveal };
    Ok(Some(host.call(request).await?))
}

/// By the log: shown before any data is read.
fn counts_text(counts: &DiffCounts) -> String {
    let rearranging = match counts.rearranging {
        0 => String::new(),
        rearranging => format!(", {} of them only rearranged files", number(rearranging)),
    };
    let kinds = counts.kinds.map_or_else(String::new, |kinds| {
        let [inserted, updated, deleted] = [kinds.inserted, kinds.updated, kinds.deleted].map(number);
        format!("; by the commit {inserted} inserted, {updated} updated, {deleted} deleted")
    });
    format!(
        "{} v{} -> v{}: {} rows written, {} removed in {} commits{rearranging}; {} -> {} rows{kinds}\n",
        counts.table,
        counts.from,
        counts.to,
        number(counts.added),
        number(counts.removed),
        number(counts.commits),
        number(counts.rows_before),
        number(counts.rows_after),
    )
}

fn text(shown: &Shown) -> String {
    let rows = shown.changes.to_changes();
    totals(shown) + &rows + &exported_text(shown)
}

fn exported_text(shown: &Shown) -> String {
    let Some(ExportedFile { file, rows, masked, .. }) = &shown.exported else { return String::new() };
    let masked = if masked.is_empty() { String::new() } else { format!(", masked: {}", masked.join(", ")) };
    let what = if *rows == 1 { "row" } else { "rows" };
    format!("{} {what} in {file}{masked}\n", number(*rows))
}

/// The totals, where the first rows were shown before.
fn totals_after_rows(shown: &Shown) -> String {
    totals(shown) + &exported_text(shown)
}

/// The rows alone, before the totals are known.
fn first_text(shown: &Shown) -> String {
    format!("the first {} changed rows:\n{}", number(shown.changes.len() as u64), shown.changes.to_changes())
}

fn totals(shown: &Shown) -> String {
    let diff = &shown.diff;
    let between = match &diff.sides {
        Some(DiffNames { from, to }) => format!("{} {from} -> {to}", diff.table),
        None => format!("{} v{} -> v{}", diff.table, diff.from, diff.to),
    };
    let mut text = format!(
        "{between}: + {} inserted, ~ {} updated, - {} deleted, = {} unchanged\n",
        number(diff.inserted),
        number(diff.updated),
        number(diff.deleted),
        number(diff.unchanged)
    );
    if let Some(all) = diff.changed_in_all {
        text.push_str(&format!("of {} changed rows, those of which the condition holds\n", number(all)));
    }
    if let Some(note) = diff.key_note() {
        text.push_str(&format!("{note}\n"));
    }
    for change in &diff.schema {
        let (before, after) = (change.before.as_deref().unwrap_or("-"), change.after.as_deref().unwrap_or("-"));
        text.push_str(&format!("schema: {} {before} -> {after}\n", change.column));
    }
    for column in diff.columns.iter().filter(|column| column.changed > 0) {
        text.push_str(&format!("{:>8} cells of {}\n", number(column.changed), column.name));
    }
    text
}
