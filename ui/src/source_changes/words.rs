//! Changes and decisions in words.

use sluice_api::{SourceChange, SourceChangeState, SourceChangeView, SourceChoice, SourceDecision, SourceProposal};

/// `New column`.
pub(super) fn change(change: SourceChange) -> &'static str {
    match change {
        SourceChange::NewColumn => "New column",
        SourceChange::MissingColumn => "Column is gone",
        SourceChange::Misfit => "Values do not fit",
        SourceChange::NameAgain => "Name is there again",
    }
}

/// What a button says that decides.
pub(super) fn decide(decision: SourceDecision) -> &'static str {
    match decision {
        SourceDecision::Add => "Add column",
        SourceDecision::Ignore => "Ignore",
        SourceDecision::Widen => "Widen type",
        SourceDecision::Rename => "Confirm rename",
        SourceDecision::Remove => "Mark as removed",
        SourceDecision::AddedAgain => "It is another column",
    }
}

/// `Rename: it is note`.
pub(super) fn proposed(proposal: &SourceProposal) -> String {
    let data_type = proposal.data_type.as_deref().unwrap_or_default();
    let from = proposal.from.as_deref().unwrap_or_default();
    match proposal.decision {
        SourceDecision::Add => format!("Add {data_type}"),
        SourceDecision::Ignore => "Ignore".to_owned(),
        SourceDecision::Widen => format!("Widen to {data_type}"),
        SourceDecision::Rename if proposal.keep_name => format!("Rename: it is {from}, the name stays in silver"),
        SourceDecision::Rename => format!("Rename: it is {from}"),
        SourceDecision::Remove => "Removed by the source".to_owned(),
        SourceDecision::AddedAgain => "Another column of the same name".to_owned(),
    }
}

/// How a change stands.
pub(super) fn state(view: &SourceChangeView) -> String {
    match &view.state {
        SourceChangeState::Open { due_ms: Some(due), then } => {
            let becomes = if *then == Some(SourceDecision::Ignore) { "ignored" } else { "added" };
            format!("{becomes} {} if nobody decides", crate::widget::number::short_time(*due))
        }
        SourceChangeState::Open { due_ms: None, .. } => "waits".to_owned(),
        SourceChangeState::Decided { by, says, .. } => format!("{says}, by {by}"),
        SourceChangeState::ByContract { says } => says.clone(),
    }
}

/// Other decisions that fit a change.
pub(super) fn others(view: &SourceChangeView) -> Vec<SourceDecision> {
    let fit: &[SourceDecision] = match view.change {
        SourceChange::NewColumn => &[SourceDecision::Add, SourceDecision::Ignore],
        SourceChange::MissingColumn => &[SourceDecision::Remove, SourceDecision::Ignore],
        SourceChange::Misfit | SourceChange::NameAgain => &[SourceDecision::Ignore],
    };
    let proposed = view.proposal.as_ref().map(|proposal| proposal.decision);
    fit.iter().copied().filter(|decision| Some(*decision) != proposed).collect()
}

/// The choice of a decision; `None`: as proposed.
pub(super) fn choice(view: &SourceChangeView, decision: Option<SourceDecision>) -> SourceChoice {
    SourceChoice {
        table: view.table.clone(),
        column: view.column.clone(),
        decision,
        data_type: None,
        from: None,
        keep_name: None,
    }
}

/// Whether two changes are alike, so that one decision is for both.
pub(super) fn is_alike(one: &SourceChangeView, other: &SourceChangeView) -> bool {
    let of = |view: &SourceChangeView| {
        view.proposal.as_ref().map(|of| (of.decision, of.data_type.clone(), of.from.clone(), of.keep_name))
    };
    one.change == other.change && one.column == other.column && of(one) == of(other)
}
