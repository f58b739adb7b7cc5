//! `sluice release`: show, diff, approve, lock, unlock.

use super::publish::{document_text, short};
use super::run::reached_text;
use crate::args::{Release, ReleaseAction};
use crate::exit::Exit;
use crate::print::{Grid, Output};
use sluice_api::{
    DiffLine, IncidentLock, ProposalView, ReleaseDetail, ReleaseDiff, ReleaseTableDiff, ReleaseText, UNKNOWN, ask,
};
use sluice_contract::utc_text;
use sluice_runner::Host;

/// Does what was asked for.
pub(crate) async fn run(host: &Host, out: &Output, call: Release) -> anyhow::Result<Exit> {
    match call.action {
        ReleaseAction::Show { release } => out.show(&host.call(ask::Release { release }).await?, detail_text)?,
        ReleaseAction::Diff { from, to } => out.show(&host.call(ask::ReleaseDiff { from, to }).await?, diff_text)?,
        ReleaseAction::Approve { hash, author } => {
            out.show(&host.call(ask::ApprovePlan { plan: hash, author }).await?, approved_text)?;
        }
        ReleaseAction::Lock { because, author } => {
            out.show(&host.call(ask::LockReleases { because, author }).await?, |lock| locked_text("Locked", lock))?;
        }
        ReleaseAction::Unlock { author } => {
            let text = |lock: &IncidentLock| locked_text("Unlocked. It was locked", lock);
            out.show(&host.call(ask::UnlockReleases { author }).await?, text)?;
        }
    }
    Ok(Exit::Done)
}

fn locked_text(did: &str, lock: &IncidentLock) -> String {
    format!("{did} by {} since {}: {}\n", lock.by, utc_text(lock.since_ms), lock.because)
}

fn approved_text(proposal: &ProposalView) -> String {
    let by: Vec<&str> = proposal.approvals.iter().map(|approval| approval.by.as_str()).collect();
    let plan = short(&proposal.document.plan);
    let next = if proposal.approvals.len() as u64 >= u64::from(proposal.approvals_needed) {
        format!("Publish it with `sluice publish --apply {plan}`")
    } else {
        "It waits for more".to_owned()
    };
    let reached = proposal.document.previewed.iter().flat_map(|previewed| &previewed.tables);
    let reached: Vec<String> = reached.map(|table| format!("{} {}", table.table, short(&table.fingerprint))).collect();
    let reached = if reached.is_empty() { String::new() } else { format!("It has to reach {}. ", reached.join(", ")) };
    format!(
        "The plan {plan} of {} is approved by {}, {} of {}. {reached}{next}\n",
        proposal.author,
        by.join(", "),
        by.len(),
        proposal.approvals_needed
    )
}

fn detail_text(detail: &ReleaseDetail) -> String {
    let release = &detail.release;
    let or_unknown = |text: Option<&str>| text.unwrap_or(UNKNOWN).to_owned();
    let title = format!("r{}", release.release);
    let mut facts = Grid::new(&[title.as_str(), if release.current { "current" } else { "" }]);
    let message = release.message_text();
    let on = release.base.map_or_else(|| "nothing".to_owned(), |base| format!("r{base}"));
    let mut fact = |name: &str, value: String| facts.row([name.to_owned(), value]);
    fact("published", utc_text(release.published_ms));
    fact("author", release.author_text().to_owned());
    fact("message", if message.is_empty() { "-".to_owned() } else { message.to_owned() });
    fact("on", on);
    if !release.approved_by.is_empty() {
        fact("approved by", release.approved_by.join(", "));
    }
    fact("engine", or_unknown(release.engine.as_deref()));
    fact("plan", or_unknown(release.plan.as_deref()));
    fact("tests", release.tests.to_string());
    if let Some(because) = &release.without_tests {
        fact("without tests", because.clone());
    }
    fact("hash", release.hash.clone());
    fact("reached", release.reached_text());
    let mut text = facts.to_text();
    text.push_str(&reached_text(&release.reached));
    if let Some(plan) = &detail.plan {
        text.push('\n');
        text.push_str(&document_text(plan, &format!("r{}", release.release)));
    }
    for ReleaseText { table, path, text: content } in &detail.texts {
        let table = table.as_ref().map_or_else(|| UNKNOWN.to_owned(), ToString::to_string);
        text.push_str(&format!("\n# {table}, {path}\n{content}"));
        if !content.ends_with('\n') {
            text.push('\n');
        }
    }
    text
}

fn diff_text(diff: &ReleaseDiff) -> String {
    if diff.tables.is_empty() {
        return format!("{} and {} are equal\n", diff.from, diff.to);
    }
    let mut text = String::new();
    for ReleaseTableDiff { table, path, changes, lines } in &diff.tables {
        let table = table.as_ref().map_or_else(|| path.clone(), ToString::to_string);
        text.push_str(&format!("# {table}, {} -> {}\n", diff.from, diff.to));
        match changes {
            None => text.push_str("One of the two texts is not valid, its entries cannot be compared\n"),
            Some(changes) => {
                let mut grid = Grid::new(&["", "grade", "place", "change", "effect"]);
                for change in changes {
                    grid.row([
                        change.kind.to_string(),
                        format!("{:?}", change.grade).to_lowercase(),
                        change.place.clone(),
                        change.change.clone(),
                        change.consequence.clone(),
                    ]);
                }
                text.push_str(&grid.to_text());
            }
        }
        text.push_str(&format!("{path}\n"));
        let mut last: Option<&DiffLine> = None;
        for line in lines {
            if last.is_some_and(|last| is_gap(last, line)) {
                text.push_str("  …\n");
            }
            text.push_str(&format!("{} {}\n", line.kind, line.text));
            last = Some(line);
        }
    }
    text
}

/// Whether equal lines between two lines are left out.
fn is_gap(before: &DiffLine, after: &DiffLine) -> bool {
    let jumps = |a: Option<u32>, b: Option<u32>| a.zip(b).is_some_and(|(a, b)| b > a + 1);
    jumps(before.old, after.old) || jumps(before.new, after.new)
}
