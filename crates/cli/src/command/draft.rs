//! `sluice draft`: a folder of contracts and models kept in step with the lake's draft.

use crate::args::Draft;
use crate::exit::Exit;
use crate::print::Output;
use sluice_api::{DraftFileState, DraftFolder, ask};
use sluice_runner::Host;

/// Compares a folder with the draft, or takes what only one side changed to the other.
pub(crate) async fn run(host: &Host, out: &Output, call: Draft) -> anyhow::Result<Exit> {
    let folder = |folder: std::path::PathBuf| folder.display().to_string();
    let done = match call {
        Draft::Status { folder: at } => host.call(ask::DraftStatus { folder: folder(at) }).await?,
        Draft::Pull { folder: at } => host.call(ask::DraftPull { folder: folder(at) }).await?,
        Draft::Push { folder: at } => host.call(ask::DraftPush { folder: folder(at) }).await?,
    };
    out.show(&done, text)?;
    let conflicts = done.files.iter().any(|file| file.state == DraftFileState::Conflict);
    Ok(if conflicts { Exit::Different } else { Exit::Done })
}

fn text(done: &DraftFolder) -> String {
    let mut text = String::new();
    for path in &done.moved {
        text.push_str(&format!("taken over: {path}\n"));
    }
    for file in &done.files {
        text.push_str(&format!("{}: {}\n", file.state.as_str(), file.path));
        if file.state == DraftFileState::Conflict {
            text.push_str(&sides(file.here.as_deref(), file.lake.as_deref()));
        }
    }
    text.push_str(&format!("{} files are the same in {} and in the lake\n", done.same, done.folder));
    text
}

/// The lines that differ, those of the folder and those of the lake.
fn sides(here: Option<&str>, lake: Option<&str>) -> String {
    let lines = |text: Option<&str>| text.unwrap_or_default().lines().map(str::to_owned).collect::<Vec<_>>();
    let (mine, theirs) = (lines(here), lines(lake));
    let mut text = String::new();
    for line in mine.iter().filter(|line| !theirs.contains(line)) {
        text.push_str(&format!("  here:     {line}\n"));
    }
    for line in theirs.iter().filter(|line| !mine.contains(line)) {
        text.push_str(&format!("  the lake: {line}\n"));
    }
    if text.is_empty() {
        text.push_str("  the same lines in another order, or one side has no such file\n");
    }
    text
}
