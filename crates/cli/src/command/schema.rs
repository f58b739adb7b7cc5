//! `sluice schema`: the inbox of changes of sources.

use crate::args::{Chosen, Decide, Schema};
use crate::exit::Exit;
use crate::print::{Output, number, time};
use sluice_api::{
    ApiError, ChosenChange, ErrorCode, SourceChange, SourceChangeState, SourceChangeView, SourceChanges, SourceChoice,
    SourceDecision, SourceProposal, ask,
};
use sluice_contract::NamePattern;
use sluice_runner::Host;

/// Readers that a line names.
const READERS_SHOWN: usize = 3;

/// Lists changes, or decides on them.
pub(crate) async fn run(host: &Host, out: &Output, call: Schema) -> anyhow::Result<Exit> {
    match call {
        Schema::Ls { tables, all } => {
            let inbox = host.call(ask::SourceChanges { tables, all }).await?;
            out.show(&inbox, list_text)?;
            Ok(if inbox.problems.is_empty() { Exit::Done } else { Exit::TableStopped })
        }
        Schema::Decide(call) => decide(host, out, call).await,
    }
}

async fn decide(host: &Host, out: &Output, call: Decide) -> anyhow::Result<Exit> {
    let inbox = host.call(ask::SourceChanges { tables: Vec::new(), all: false }).await?;
    let decision = match call.decision {
        Chosen::Proposed => None,
        Chosen::This(decision) => Some(decision),
    };
    let keep_name = (call.keep_name || call.new_name).then_some(call.keep_name);
    let choice = |change: &SourceChangeView| SourceChoice {
        table: change.table.clone(),
        column: change.column.clone(),
        decision,
        data_type: call.data_type.as_ref().map(ToString::to_string),
        from: call.from.clone(),
        keep_name,
    };
    let mut choices = Vec::new();
    for pattern in &call.changes {
        let meant: Vec<SourceChoice> =
            inbox.changes.iter().filter(|change| is_meant(pattern, change)).map(choice).collect();
        if meant.is_empty() {
            let message = format!("No open change is called {pattern}");
            return Err(ApiError::new(ErrorCode::NotFound, message, "`sluice schema ls` lists them").into());
        }
        choices.extend(meant.into_iter().filter(|one| !choices.contains(one)).collect::<Vec<_>>());
    }
    let chosen = host.call(ask::DecideSourceChanges { choices, author: call.author }).await?;
    out.show(&chosen, |chosen| chosen_text(chosen))?;
    let is_refused = chosen.iter().any(|one| one.refused.is_some());
    Ok(if is_refused { Exit::QuestionsOpen } else { Exit::Done })
}

/// A name without a dot is that of a column.
fn is_meant(pattern: &NamePattern, change: &SourceChangeView) -> bool {
    match pattern.to_string().contains('.') {
        true => pattern.fits(&change.address()),
        false => pattern.fits(&change.column),
    }
}

fn list_text(inbox: &SourceChanges) -> String {
    let mut text: String = inbox.changes.iter().map(entry).collect();
    let open = inbox.changes.iter().filter(|change| change.is_open()).count() as u64;
    match open {
        0 => text.push_str("no change of a source waits for a decision\n"),
        1 => text.push_str("1 change waits for a decision\n"),
        many => text.push_str(&format!("{} changes wait for a decision\n", number(many))),
    }
    for problem in &inbox.problems {
        text.push_str(&format!("problem: {problem}\n"));
    }
    if open > 0 {
        text.push_str("next: `sluice schema decide COLUMN --as proposed`, or add, ignore, widen, rename, remove\n");
    }
    text
}

fn entry(change: &SourceChangeView) -> String {
    let place = match change.record {
        Some(record) => format!("record {record} of {}", change.file),
        None => change.file.clone(),
    };
    let mut text = format!(
        "{}  {}, {} records since batch {} ({}), first in {place}\n",
        change.address(),
        what(change.change),
        number(change.records),
        change.batch,
        time(change.seen_ms),
    );
    if !change.examples.is_empty() {
        let masked = if change.masked { " (masked)" } else { "" };
        text.push_str(&format!("    values: {}{masked}\n", change.examples.join(", ")));
    }
    if !change.readers.is_empty() {
        let shown: Vec<&str> = change.readers.iter().take(READERS_SHOWN).map(String::as_str).collect();
        let more = change.readers.len().saturating_sub(READERS_SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        text.push_str(&format!("    read by: {}{more}\n", shown.join(", ")));
    }
    if let Some(proposal) = &change.proposal {
        text.push_str(&format!("    proposed: {}\n", proposed(proposal)));
        for reason in &proposal.evidence {
            text.push_str(&format!("      {reason}\n"));
        }
    }
    match &change.state {
        SourceChangeState::Open { due_ms: Some(due), then } => {
            let becomes = if *then == Some(SourceDecision::Ignore) { "ignored" } else { "added" };
            text.push_str(&format!("    without a decision it is {becomes} at {}\n", time(*due)));
        }
        SourceChangeState::Open { due_ms: None, .. } => {}
        SourceChangeState::Decided { by, at_ms, decision, says } => {
            text.push_str(&format!("    {decision} by {by} at {}: {says}\n", time(*at_ms)));
        }
        SourceChangeState::ByContract { says } => text.push_str(&format!("    by the contract: {says}\n")),
    }
    text
}

fn what(change: SourceChange) -> &'static str {
    match change {
        SourceChange::NewColumn => "a new column",
        SourceChange::MissingColumn => "a column that is gone",
        SourceChange::Misfit => "values that do not fit the type",
        SourceChange::NameAgain => "a name that is there again",
    }
}

fn proposed(proposal: &SourceProposal) -> String {
    let data_type = proposal.data_type.as_deref().unwrap_or_default();
    let from = proposal.from.as_deref().unwrap_or_default();
    match proposal.decision {
        SourceDecision::Add if proposal.since.is_some() => format!("add {data_type} from its first event on"),
        SourceDecision::Add if proposal.pii => format!("add {data_type} as personal data"),
        SourceDecision::Add => format!("add {data_type}"),
        SourceDecision::Widen => format!("widen to {data_type}"),
        SourceDecision::Rename if proposal.keep_name => format!("rename: it is {from}, which keeps its name in silver"),
        SourceDecision::Rename => format!("rename: it is {from}"),
        SourceDecision::AddedAgain => "added_again: another column, whose older values are not its own".to_owned(),
        SourceDecision::Ignore | SourceDecision::Remove => proposal.decision.to_string(),
    }
}

fn chosen_text(chosen: &[ChosenChange]) -> String {
    let line = |one: &ChosenChange| match (&one.says, &one.refused) {
        (Some(says), _) => format!("{}.{}: {says}\n", one.table, one.column),
        (None, refused) => format!("{}.{}: not decided. {}\n", one.table, one.column, refused.as_deref().unwrap_or("")),
    };
    let mut text: String = chosen.iter().map(line).collect();
    if chosen.iter().any(|one| one.says.is_some()) {
        text.push_str("next: `sluice replay`, or `sluice publish` where production has a release\n");
    }
    text
}
