//! `sluice onboard`.

use crate::args::Onboard;
use crate::exit::Exit;
use crate::print::{Grid, Output, note, number};
use sluice_api::{ApiError, ErrorCode, OnboardDraft, ask};
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
    let one = source.tables.len() == 1;
    for found in &source.tables {
        let request = ask::InferContract { path: found.path.clone(), name: call.name.clone().filter(|_| one) };
        match host.call(request).await {
            Ok(draft) => drafts.push(draft),
            // One folder that cannot be read stops no other.
            Err(error) => note(format_args!("{}: {error}", found.path)),
        }
    }
    if call.save {
        for draft in &drafts {
            if draft.problems.is_empty() {
                host.call(ask::SaveContract { yaml: draft.yaml.clone() }).await?;
                note(format_args!("saved contracts/{}/{}.yaml", draft.name.dataset, draft.name.table));
            } else {
                note(format_args!("not saved, {} has questions to decide", draft.name));
            }
        }
    }
    out.show(&drafts, |drafts| drafts.iter().map(text).collect())?;
    Ok(Exit::Done)
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
    for problem in &draft.problems {
        text.push_str(&format!("# {problem}\n"));
    }
    text.push('\n');
    text
}
