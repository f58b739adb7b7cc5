//! `sluice onboard`.

use crate::args::Onboard;
use crate::exit::Exit;
use crate::print::{Grid, Output, note, number};
use anyhow::Context;
use sluice_api::{
    ApiError, ErrorCode, OnboardAnswers, OnboardDraft, OnboardSource, OpenQuestion, QuestionKind, TableName, ask,
};
use sluice_runner::Host;
use std::collections::{BTreeMap, BTreeSet};

/// Tables that a question names before it counts the others.
const TABLES_NAMED: usize = 3;

/// A folder that could not be read.
struct Unread {
    path: String,
    why: ApiError,
}

/// Looks at change files and proposes contracts.
pub(crate) async fn run(host: &Host, out: &Output, call: Onboard) -> anyhow::Result<Exit> {
    let answers = answers(&call)?;
    let source = host.call(ask::InspectSource { source: call.source }).await?;
    if source.tables.is_empty() {
        let message = format!("No change files under {}", source.source);
        let there = match source.left_alone.as_slice() {
            [] => String::new(),
            names => format!("Of none of the formats by their names: {}. ", names.join(", ")),
        };
        let names = source.looked_for.last().map_or("", String::as_str);
        let next = format!("{there}Looked for {names}; docs/formats.md lists the formats");
        return Err(ApiError::new(ErrorCode::NotFound, message, next).into());
    }
    let mut drafts = Vec::new();
    let mut unread = Vec::new();
    let one = source.tables.len() == 1;
    for found in &source.tables {
        match propose(host, &found.path, call.name.clone().filter(|_| one), &answers).await {
            Ok(proposed) => drafts.extend(proposed),
            // One folder that cannot be read stops no other.
            Err(why) => {
                note(format_args!("{}: {why}", found.path));
                unread.push(Unread { path: found.path.clone(), why });
            }
        }
    }
    let mut saved: BTreeSet<TableName> = BTreeSet::new();
    let mut unsaved = 0;
    if call.save {
        for draft in &drafts {
            match not_saved(draft, &saved, call.accept) {
                None => {
                    host.call(ask::SaveContract { yaml: draft.yaml.clone() }).await?;
                    note(format_args!("saved contracts/{}/{}.yaml", draft.name.dataset, draft.name.table));
                    saved.insert(draft.name.clone());
                }
                Some(reason) => {
                    // A contract that is there already is no open question.
                    unsaved += usize::from(draft.existing.is_none());
                    // The overview has it in the line of the table.
                    if drafts.len() == 1 || call.details || out.json {
                        note(format_args!("not saved, {}: {reason}", draft.name));
                    }
                }
            }
        }
    }
    if !source.beside.is_empty() {
        note(format_args!(
            "left aside, as their records are of no table (transactions, heartbeats, changes of the schema): {}",
            source.beside.join(", ")
        ));
    }
    let whole = call.details || drafts.len() < 2;
    out.show(&drafts, |drafts| match whole {
        true => drafts.iter().map(text).collect(),
        false => overview(&source, drafts, &unread, &saved),
    })?;
    let open = unsaved > 0 || (!unread.is_empty() && (call.save || drafts.is_empty()));
    Ok(if open { Exit::QuestionsOpen } else { Exit::Done })
}

/// Answers of the file, then those of the command line.
fn answers(call: &Onboard) -> anyhow::Result<OnboardAnswers> {
    let mut answers = match &call.answers_from {
        None => OnboardAnswers::default(),
        Some(file) => {
            let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            let problem = |problem: sluice_api::Problem| {
                ApiError::new(ErrorCode::Input, problem.to_string(), "Correct the file and run it again")
            };
            OnboardAnswers::parse(&text, &file.display().to_string()).map_err(problem)?
        }
    };
    if let Some(file) = &call.ddl {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        answers.definitions.push(text);
    }
    answers.answers.extend(call.answers.iter().cloned());
    if let Some(owner) = &call.owner {
        answers.owner.clone_from(owner);
    }
    if let Some(sla) = &call.sla {
        answers.sla.clone_from(sla);
    }
    Ok(answers)
}

/// A proposal for a folder; one for each table where its records are of several.
async fn propose(
    host: &Host,
    path: &str,
    name: Option<TableName>,
    answers: &OnboardAnswers,
) -> Result<Vec<OnboardDraft>, ApiError> {
    let request = |name, table| ask::InferContract { path: path.to_owned(), name, table, answers: answers.clone() };
    let draft = host.call(request(name, None)).await?;
    if draft.source_tables.len() < 2 {
        return Ok(vec![draft]);
    }
    let mut drafts: Vec<OnboardDraft> = Vec::new();
    for (table, _) in draft.source_tables {
        let mut proposed = host.call(request(None, Some(table.clone()))).await?;
        // Tables of two schemas may have one name.
        for words in 2..=table.split('.').count() {
            if drafts.iter().all(|other| !other.name.looks_like(&proposed.name)) {
                break;
            }
            let name = longer_name(&proposed.name, &table, words);
            proposed = host.call(request(name, Some(table.clone()))).await?;
        }
        drafts.push(proposed);
    }
    Ok(drafts)
}

/// A name with so many of the last words of a table of the source: `app.sales.orders` becomes `sales_orders`.
fn longer_name(name: &TableName, table: &str, words: usize) -> Option<TableName> {
    let parts: Vec<&str> = table.split('.').collect();
    let text = parts.get(parts.len().saturating_sub(words)..)?.join("_");
    let clean = |letter: char| if letter.is_alphanumeric() || letter == '_' || letter == '-' { letter } else { '_' };
    TableName::new(&name.dataset, &text.chars().map(clean).collect::<String>()).ok()
}

/// Why a proposal is not saved, and what to do; `None` if it is.
fn not_saved(draft: &OnboardDraft, saved: &BTreeSet<TableName>, accept: bool) -> Option<String> {
    if let Some(existing) = &draft.existing {
        return Some(format!("there is a contract of {existing} already; choose another name with --name"));
    }
    if let Some(other) = saved.iter().find(|name| name.looks_like(&draft.name)) {
        return Some(format!("{other} was just saved; onboard its folder ({}) alone, with --name", draft.path));
    }
    if accept && draft.problems.is_empty() {
        return None;
    }
    if !draft.questions.is_empty() {
        let questions: Vec<String> = draft.questions.iter().map(ToString::to_string).collect();
        return Some(format!(
            "it has questions to decide: {}. Answer them with --answer, write the contract with your answers, or save it \
             as proposed with --accept",
            questions.join("; ")
        ));
    }
    let problems: Vec<String> = draft.problems.iter().map(ToString::to_string).collect();
    (!problems.is_empty())
        .then(|| format!("the proposal has problems that only you can decide: {}", problems.join("; ")))
}

/// One line a table, the questions once for all of them, and a summary.
fn overview(source: &OnboardSource, drafts: &[OnboardDraft], unread: &[Unread], saved: &BTreeSet<TableName>) -> String {
    let asked = questions(drafts);
    let number_of = |kind| asked.keys().position(|known| *known == kind).map_or(0, |at| at + 1);
    let mut grid = Grid::new(&["table", "format", "key", "order", ">columns", ">personal", ">records", "state"]);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for draft in drafts {
        let (word, state) = if saved.contains(&draft.name) {
            ("saved", "saved".to_owned())
        } else if let Some(existing) = &draft.existing {
            ("with a contract", format!("{existing} has a contract"))
        } else if !draft.questions.is_empty() {
            let numbers: BTreeSet<usize> = draft.questions.iter().map(|question| number_of(question.kind)).collect();
            let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            ("with questions", format!("question {}", numbers.join(", ")))
        } else if !draft.problems.is_empty() {
            (
                "with problems",
                draft.problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>().join("; "),
            )
        } else {
            ("ready", "ready".to_owned())
        };
        *counts.entry(word).or_default() += 1;
        let personal = draft.columns.iter().filter(|column| column.pii.is_some()).count();
        grid.row([
            draft.name.to_string(),
            draft.format.clone(),
            draft.key.join(", "),
            draft.sequence.join(", "),
            number(draft.columns.len() as u64),
            number(personal as u64),
            number(draft.sampled_rows),
            state,
        ]);
    }
    let mut text = grid.to_text();
    for folder in unread {
        text.push_str(&format!("cannot be read: {}: {}\n", folder.path, folder.why.message));
    }
    for (at, (kind, (tables, example))) in asked.iter().enumerate() {
        let names: Vec<String> = tables.iter().take(TABLES_NAMED).map(ToString::to_string).collect();
        let more = tables.len().saturating_sub(TABLES_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        text.push_str(&format!("\n{}  {} ({})\n", at + 1, kind.title(), count(tables.len(), "table")));
        text.push_str(&format!("   {}{more}\n   {example}\n", names.join(", ")));
        let value = example.suggestions.first().map(String::as_str).or(kind.example());
        match value {
            Some(value) => text.push_str(&format!("   --answer \"{kind}={value}\"\n")),
            None => text.push_str("   To be decided for each table: onboard its folder alone\n"),
        }
    }
    let states = ["ready", "with questions", "with problems", "with a contract", "saved"];
    let states = states.iter().filter_map(|word| Some(format!("{} {word}", counts.get(word)?)));
    let unread = (!unread.is_empty()).then(|| format!("{} cannot be read", unread.len()));
    let states: Vec<String> = states.chain(unread).collect();
    text.push_str(&format!("\n{} under {}: {}\n", count(drafts.len(), "table"), source.source, states.join(", ")));
    if saved.is_empty() && counts.contains_key("ready") {
        text.push_str("--save saves those that are ready, --details prints the whole proposals\n");
    }
    text
}

/// Tables by the kind of question that they have, with the first of the questions.
fn questions(drafts: &[OnboardDraft]) -> BTreeMap<QuestionKind, (BTreeSet<&TableName>, &OpenQuestion)> {
    let mut asked: BTreeMap<QuestionKind, (BTreeSet<&TableName>, &OpenQuestion)> = BTreeMap::new();
    for draft in drafts.iter().filter(|draft| draft.existing.is_none()) {
        for question in &draft.questions {
            let (tables, _) = asked.entry(question.kind).or_insert_with(|| (BTreeSet::new(), question));
            tables.insert(&draft.name);
        }
    }
    asked
}

fn count(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
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
