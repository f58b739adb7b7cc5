//! `sluice releases`.

use super::publish::short;
use crate::exit::Exit;
use crate::print::{Grid, Output};
use sluice_api::{ReleaseList, ReleaseView, UNKNOWN, ask};
use sluice_contract::utc_text;
use sluice_runner::Host;

/// Tables that a line names.
const TABLES_SHOWN: usize = 3;

/// Lists releases, proposals and the lock.
pub(crate) async fn run(host: &Host, out: &Output) -> anyhow::Result<Exit> {
    let list = host.call(ask::Releases {}).await?;
    out.show(&list, text)?;
    Ok(Exit::Done)
}

fn text(list: &ReleaseList) -> String {
    let mut text = String::new();
    if let Some(lock) = &list.lock {
        text.push_str(&format!("Locked by {} since {}: {}\n", lock.by, utc_text(lock.since_ms), lock.because));
    }
    if list.releases.is_empty() {
        text.push_str("Nothing is published yet\n");
    } else {
        let mut grid = Grid::new(&["release", "", "when", "author", "changed", "reached", "message"]);
        for release in &list.releases {
            grid.row([
                format!("r{}", release.release),
                if release.current { "current" } else { "" }.to_owned(),
                utc_text(release.published_ms),
                release.author_text().to_owned(),
                changed(release),
                release.reached_text(),
                one_line(release.message_text()),
            ]);
        }
        text.push_str(&grid.to_text());
    }
    for proposal in &list.proposals {
        let stale = proposal.overtaken_by.map(|release| format!(", stale: r{release} is current")).unwrap_or_default();
        let approved: Vec<&str> = proposal.approvals.iter().map(|approval| approval.by.as_str()).collect();
        let approved = if approved.is_empty() { "nobody".to_owned() } else { approved.join(", ") };
        text.push_str(&format!(
            "proposed {} by {} at {}: {}; approved by {approved}, {} of {}{stale}\n",
            short(&proposal.document.plan),
            proposal.author,
            utc_text(proposal.proposed_ms),
            one_line(&proposal.message),
            proposal.approvals.len(),
            proposal.approvals_needed,
        ));
    }
    for problem in &list.problems {
        text.push_str(&format!("problem: {problem}\n"));
    }
    text
}

/// Tables that a release changed, the first by name.
fn changed(release: &ReleaseView) -> String {
    let Some(changed) = &release.changed else { return UNKNOWN.to_owned() };
    let mut shown: Vec<String> = changed.iter().take(TABLES_SHOWN).map(ToString::to_string).collect();
    match changed.len().saturating_sub(TABLES_SHOWN) {
        0 if shown.is_empty() => "-".to_owned(),
        0 => shown.join(", "),
        more => {
            shown.push(format!("{more} more"));
            shown.join(", ")
        }
    }
}

/// The first line of a message.
fn one_line(message: &str) -> String {
    let mut lines = message.lines();
    let first = lines.next().unwrap_or_default();
    match (first.is_empty(), lines.next()) {
        (true, None) => "-".to_owned(),
        (_, None) => first.to_owned(),
        (_, Some(_)) => format!("{first} …"),
    }
}
