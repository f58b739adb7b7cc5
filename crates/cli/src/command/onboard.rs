//! `sluice onboard`.

use crate::args::Onboard;
use crate::exit::Exit;
use crate::print::{Grid, Output, note, number};
use sluice_api::{ApiError, ErrorCode, OnboardDraft, TableName, ask};
use sluice_runner::Host;

/// Looks at change files and proposes contracts.
pub(crate) async fn run(host: &Host, out: &Output, call: Onboard) -> anyhow::Result<Exit> {
    let source = host.call(ask::InspectSource { source: call.source }).await?;
    if source.tables.is_empty() {
        let message = format!("No change files under {}", source.source);
        let next = format!("Looked for {}", source.looked_for.join("; "));
        return Err(ApiError::new(ErrorCode::NotFound, message, next).into());
    }
    let mut drafts = Vec::new();
    let mut unread = 0;
    let one = source.tables.len() == 1;
    for found in &source.tables {
        match propose(host, &found.path, call.name.clone().filter(|_| one)).await {
            Ok(proposed) => drafts.extend(proposed),
            // One folder that cannot be read stops no other.
            Err(error) => {
                unread += 1;
                note(format_args!("{}: {error}", found.path));
            }
        }
    }
    let mut unsaved = 0;
    if call.save {
        let mut saved: Vec<&TableName> = Vec::new();
        for draft in &drafts {
            match not_saved(draft, &saved, call.accept) {
                None => {
                    host.call(ask::SaveContract { yaml: draft.yaml.clone() }).await?;
                    note(format_args!("saved contracts/{}/{}.yaml", draft.name.dataset, draft.name.table));
                    saved.push(&draft.name);
                }
                Some(reason) => {
                    // A contract that is there already is no open question.
                    unsaved += usize::from(draft.existing.is_none());
                    note(format_args!("not saved, {}: {reason}", draft.name));
                }
            }
        }
    }
    out.show(&drafts, |drafts| drafts.iter().map(text).collect())?;
    let open = unsaved > 0 || (unread > 0 && (call.save || drafts.is_empty()));
    Ok(if open { Exit::QuestionsOpen } else { Exit::Done })
}

/// A proposal for a folder; one for each table where its records are of several.
async fn propose(host: &Host, path: &str, name: Option<TableName>) -> Result<Vec<OnboardDraft>, ApiError> {
    let request = |name, table| ask::InferContract { path: path.to_owned(), name, table };
    let draft = host.call(request(name, None)).await?;
    if draft.source_tables.len() < 2 {
        return Ok(vec![draft]);
    }
    let mut drafts = Vec::new();
    for (table, _) in draft.source_tables {
        drafts.push(host.call(request(None, Some(table))).await?);
    }
    Ok(drafts)
}

/// Why a proposal is not saved, and what to do; `None` if it is.
fn not_saved(draft: &OnboardDraft, saved: &[&TableName], accept: bool) -> Option<String> {
    if let Some(existing) = &draft.existing {
        return Some(format!("there is a contract of {existing} already; choose another name with --name"));
    }
    if let Some(other) = saved.iter().find(|name| name.differs_in_case_at_most(&draft.name)) {
        return Some(format!("{other} was just saved; onboard its folder ({}) alone, with --name", draft.path));
    }
    if !draft.problems.is_empty() {
        let problems: Vec<String> = draft.problems.iter().map(ToString::to_string).collect();
        return Some(format!("the proposal has problems that only you can decide: {}", problems.join("; ")));
    }
    if accept || draft.questions.is_empty() {
        return None;
    }
    Some(format!(
        "it has questions to decide: {}. Write the contract with your answers, or save it as proposed with --accept",
        draft.questions.join("; ")
    ))
}

fn text(draft: &OnboardDraft) -> String {
    let mut text = format!("# {} in {}\n# {}\n", draft.name, draft.path, draft.title);
    for evidence in &draft.evidence {
        let mark = if evidence.ok { "ok" } else { "decide" };
        text.push_str(&format!("#   {mark}: {} ({})\n", evidence.text, evidence.count));
    }
    let mut grid = Grid::new(&["# column", "arrives as", "type", ">null %", "role"]);
    for column in &draft.columns {
        grid.row([
            format!("#   {}", column.name),
            column.arrives_as.clone(),
            column.data_type.clone(),
            format!("{:.1}", column.null_share * 100.0),
            [column.key.then_some("key"), column.pii.as_deref(), column.decide.as_deref()]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(", "),
        ]);
    }
    text.push_str(&grid.to_text());
    text.push_str(&format!("# {} rows of {} files sampled\n", number(draft.sampled_rows), draft.sampled_files.0));
    text.push_str(&draft.yaml);
    for question in &draft.questions {
        text.push_str(&format!("# question: {question}\n"));
    }
    for problem in &draft.problems {
        text.push_str(&format!("# {problem}\n"));
    }
    text.push('\n');
    text
}
