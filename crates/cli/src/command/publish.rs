//! `sluice publish`.

use crate::args::Publish;
use crate::exit::Exit;
use crate::print::{Grid, Output, number, time};
use anyhow::Context;
use sluice_api::{
    ApiError, CanaryTable, Effect, ErrorCode, LakeTestReport, LakeTestState, PlanDocument, PlannedDecision,
    ProposalView, PublishPlan, PublishScope, PublishedView, TableEffect, ask,
};
use sluice_contract::{duration_text, limits};
use sluice_runner::Host;
use std::collections::BTreeSet;
use std::path::Path;

/// Digits of a hash that are shown.
pub(super) const HASH_SHOWN: usize = 12;

/// Publishes, or shows, writes or proposes the plan of it.
pub(crate) async fn run(host: &Host, out: &Output, call: Publish) -> anyhow::Result<Exit> {
    let handed = match &call.apply {
        Some(source) => Some(handed(host, source).await?),
        None => None,
    };
    let scope = handed.as_ref().map_or_else(|| call.scope(), |plan| plan.scope.clone());
    let plan = host.call(ask::PublishPlan { scope: scope.clone(), plan: handed.clone() }).await?;
    if call.plan || call.plan_out.is_some() {
        if let Some(path) = &call.plan_out {
            write_plan(path, &plan.document)?;
        }
        out.show(&plan, |plan| plan_text(plan, call.plan_out.as_deref()))?;
        return Ok(Exit::Done);
    }
    // A plan that was handed in is published or stale, which the host decides.
    if plan.is_published() && handed.is_none() {
        let others = match &scope {
            PublishScope::Tables(_) => changed_tables(host).await?,
            PublishScope::Draft | PublishScope::Rollback(_) => Vec::new(),
        };
        out.show(&plan, |plan| nothing_text(plan) + &others_text(&plan.document.scope, &others))?;
        return Ok(Exit::Done);
    }
    if !plan.blockers.is_empty() && !call.force && !call.propose {
        let next = "Fix it, or publish all the same with --force";
        return Err(ApiError::new(ErrorCode::Quality, plan.blockers.join("; "), next).into());
    }
    if let Some(tests) = plan.tests.as_ref().filter(|tests| tests.has_failures())
        && !call.without_tests
        && !call.propose
    {
        let next = "`sluice test` shows what differs; publish all the same with --without-tests --because WHY";
        return Err(ApiError::new(ErrorCode::Quality, tests_text(tests).trim_end().to_owned(), next).into());
    }
    let (message, author) = (call.message, call.author);
    if call.propose {
        let proposed = host.call(ask::ProposeRelease { scope, message, author, plan: handed }).await?;
        out.show(&proposed, proposed_text)?;
        return Ok(Exit::Done);
    }
    let base = match &handed {
        Some(plan) => plan.base,
        None => call.base.or(plan.document.base),
    };
    let (release, during_incident, canary) = (plan.next, call.during_incident, call.canary);
    let without_tests = call.because.filter(|_| call.without_tests);
    let plan = handed;
    let request = ask::Publish { release, base, scope, message, author, plan, during_incident, canary, without_tests };
    let published = host.call(request).await?;
    out.show(&published, published_text)?;
    Ok(Exit::Done)
}

/// The plan of a file, or a proposed one by its hash.
async fn handed(host: &Host, source: &str) -> anyhow::Result<Box<PlanDocument>> {
    let is_hash = source.len() >= 8 && source.chars().all(|digit| digit.is_ascii_hexdigit());
    if !is_hash {
        return Ok(Box::new(read_plan(Path::new(source))?));
    }
    let digits = source.to_ascii_lowercase();
    let list = host.call(ask::Releases {}).await?;
    let mut found = list.proposals.into_iter().filter(|proposal| proposal.document.plan.starts_with(&digits));
    let next = "`sluice releases` lists the plans that were proposed; write ./NAME for a file of that name";
    match (found.next(), found.next()) {
        (Some(proposal), None) => Ok(Box::new(proposal.document)),
        (Some(_), Some(_)) => {
            Err(ApiError::new(ErrorCode::Input, format!("Several proposed plans begin with {digits}"), next).into())
        }
        (None, _) => {
            let message = format!("No plan that waits to be published begins with {digits}");
            Err(ApiError::new(ErrorCode::NotFound, message, next).into())
        }
    }
}

fn read_plan(path: &Path) -> anyhow::Result<PlanDocument> {
    let shown = path.display();
    let wrong = |message: String| {
        ApiError::new(ErrorCode::Input, message, "Name a file that `sluice publish --plan-out FILE` wrote")
    };
    let size = std::fs::metadata(path).map_err(|error| wrong(format!("{shown} cannot be read: {error}")))?.len();
    if size > limits::PLAN_FILE_BYTES_MAX {
        return Err(wrong(format!("{shown} has {size} bytes and is no plan")).into());
    }
    let bytes = std::fs::read(path).map_err(|error| wrong(format!("{shown} cannot be read: {error}")))?;
    serde_json::from_slice(&bytes).map_err(|error| wrong(format!("{shown} is no plan: {error}")).into())
}

fn write_plan(path: &Path, plan: &PlanDocument) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(plan)?;
    text.push('\n');
    std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

/// Names of the tables and models that the draft changes.
async fn changed_tables(host: &Host) -> anyhow::Result<Vec<String>> {
    let plan = host.call(ask::PublishPlan { scope: PublishScope::Draft, plan: None }).await?;
    let names: BTreeSet<String> = plan.document.tables.iter().map(|effect| effect.table.to_string()).collect();
    Ok(names.into_iter().collect())
}

/// What there is to publish besides tables that are published already.
fn others_text(scope: &PublishScope, others: &[String]) -> String {
    match (scope, others) {
        (PublishScope::Tables(_), []) => "The draft changes no other table\n".to_owned(),
        (PublishScope::Tables(_), others) => format!("The draft changes {}\n", others.join(", ")),
        _ => String::new(),
    }
}

/// The first digits of a hash.
pub(super) fn short(hash: &str) -> &str {
    hash.get(..HASH_SHOWN).unwrap_or(hash)
}

fn nothing_text(plan: &PublishPlan) -> String {
    let base = plan.document.base.unwrap_or(0);
    match &plan.document.scope {
        PublishScope::Draft => format!("Draft equals r{base}, nothing to publish\n"),
        PublishScope::Tables(_) => format!("These tables are as in r{base}, nothing to publish\n"),
        PublishScope::Rollback(to) => format!("r{base} holds what r{to} holds, nothing to publish\n"),
    }
}

fn plan_text(plan: &PublishPlan, file: Option<&Path>) -> String {
    let mut text = document_text(&plan.document, &format!("r{}, {} contracts", plan.next, plan.contracts));
    if plan.is_published() {
        text.push_str(&nothing_text(plan));
    }
    for (table, records) in &plan.stay_decided {
        text.push_str(&format!(
            "{} records of {table} stay dropped or edited; `sluice batch undo` in a sandbox takes that back\n",
            number(*records)
        ));
    }
    for (table, [inserted, updated, deleted]) in &plan.changed_rows {
        let counts = [inserted, updated, deleted].map(|count| number(*count));
        let [inserted, updated, deleted] = counts;
        text.push_str(&format!(
            "silver.{table} in the sandbox: {inserted} inserted, {updated} updated, {deleted} deleted\n"
        ));
    }
    if let Some(tests) = plan.tests.as_ref().filter(|tests| !tests.tests.is_empty()) {
        text.push_str(&tests_text(tests));
    }
    if let Some(lock) = &plan.lock {
        text.push_str(&format!("locked by {}: {}\n", lock.by, lock.because));
    }
    if plan.approvals_needed > 0 {
        let given = plan.proposal.as_ref().map_or(0, |proposal| proposal.approvals.len());
        text.push_str(&format!("approvals: {given} of {}\n", plan.approvals_needed));
    }
    for blocker in &plan.blockers {
        text.push_str(&format!("in the way: {blocker}\n"));
    }
    if let Some(file) = file {
        text.push_str(&format!("Written to {0}; publish it with --apply {0}\n", file.display()));
    }
    text
}

/// What came of the tests, with the names of those that did not pass.
fn tests_text(tests: &LakeTestReport) -> String {
    let mut text = format!("tests: {}\n", tests.summary());
    for test in tests.tests.iter().filter(|test| test.state != LakeTestState::Passed) {
        text.push_str(&format!("test {}: {}\n", test.path, super::test::first_of(test)));
    }
    text
}

/// A plan: what it is of, every change with its grade, and each table with its size and readers.
pub(super) fn document_text(plan: &PlanDocument, to: &str) -> String {
    let base = plan.base.map_or_else(|| "nothing".to_owned(), |base| format!("r{base}"));
    let scope = match &plan.scope {
        PublishScope::Draft => String::new(),
        PublishScope::Rollback(release) => format!(", a rollback to r{release}"),
        PublishScope::Tables(_) => {
            let taken: Vec<String> = plan.taken.iter().map(ToString::to_string).collect();
            format!(", of the draft only {}", taken.join(", "))
        }
    };
    let mut text = format!("{base} -> {to}{scope}\nplan {}, by {}\n", short(&plan.plan), plan.engine);
    let mut grid = Grid::new(&["", "grade", "table", "place", "change", "effect"]);
    for change in &plan.changes {
        grid.row([
            change.kind.to_string(),
            format!("{:?}", change.grade).to_lowercase(),
            change.table.to_string(),
            change.place.clone(),
            change.change.clone(),
            change.consequence.clone(),
        ]);
    }
    text.push_str(&grid.to_text());
    for table in &plan.tables {
        text.push_str(&format!("{}: {}\n", table.reference(), effect_text(table)));
    }
    for of in &plan.records {
        for PlannedDecision { action, batches, records, because, by, at_ms, .. } in &of.decisions {
            let batches: Vec<String> = batches.iter().map(u64::to_string).collect();
            let word = if *records == 1 { "record" } else { "records" };
            text.push_str(&format!(
                "{}: {records} {word} of batch {} {} by {by} at {}: {because}\n",
                of.table,
                batches.join(", "),
                action.done(),
                time(*at_ms)
            ));
        }
    }
    if let Some(previewed) = &plan.previewed {
        let place = previewed.sandbox.as_ref().map_or_else(|| "the lake".to_owned(), |name| format!("sandbox {name}"));
        text.push_str(&format!("previewed in {place}: "));
        let tables = previewed.tables.iter();
        let tables: Vec<String> = tables.map(|of| format!("{} {}", of.table, short(&of.fingerprint))).collect();
        text.push_str(&format!("{}\n", tables.join(", ")));
    }
    text
}

fn effect_text(table: &TableEffect) -> String {
    let rows = match table.rows {
        None => "no table yet, rows unknown".to_owned(),
        Some(1) => "1 row".to_owned(),
        Some(rows) => format!("{} rows", number(rows)),
    };
    let readers: Vec<String> = table.readers.iter().map(|reader| format!("gold.{reader}")).collect();
    let readers = if readers.is_empty() { "no model".to_owned() } else { readers.join(", ") };
    let grade = table.grade.map_or_else(|| "no entry differs".to_owned(), |grade| format!("{grade:?}").to_lowercase());
    let effect = match table.recomputed_keys {
        Some(1) => "1 key".to_owned(),
        Some(keys) => format!("{} keys", number(keys)),
        None => table.effect.to_string(),
    };
    let time = match (table.effect, table.rebuild_seconds) {
        _ if table.recomputed_keys.is_some() => String::new(),
        (Effect::Rebuild, Some(seconds)) => format!("; takes about {}", duration_text(seconds.max(1))),
        (Effect::Rebuild, None) => "; how long it takes is unknown".to_owned(),
        _ => String::new(),
    };
    format!("{grade}. {} ({effect}); {rows}{time}; read by {readers}", table.note)
}

fn proposed_text(proposed: &ProposalView) -> String {
    let plan = short(&proposed.document.plan);
    format!(
        "{}Proposed by {}, {} of {} approvals\nSomebody else runs `sluice release approve {plan}`, then \
         `sluice publish --apply {plan}`\n",
        document_text(&proposed.document, "the next release"),
        proposed.author,
        proposed.approvals.len(),
        proposed.approvals_needed
    )
}

fn published_text(published: &PublishedView) -> String {
    let release = &published.release;
    let message = release.message_text();
    let message = if message.is_empty() { String::new() } else { format!(": {message}") };
    let mut text = format!(
        "Published r{} by {}{message}\n{} contracts, {}\n{}\n",
        release.release,
        release.author_text(),
        release.contracts,
        release.hash,
        published.location
    );
    for CanaryTable { table, changed, rows } in &published.canary {
        let what = match changed {
            Some([0, 0, 0]) => "no row differs".to_owned(),
            Some([inserted, updated, deleted]) => format!("{inserted} inserted, {updated} updated, {deleted} deleted"),
            None => "only one of the two has it".to_owned(),
        };
        text.push_str(&format!("canary {table}: {what}, {} rows\n", number(*rows)));
    }
    for table in &published.tables {
        let version = table.version.map(|version| format!(" v{version}")).unwrap_or_default();
        text.push_str(&format!("{}{version}: {}\n", table.table, table.note));
    }
    text
}
