//! `sluice sandbox`: where a draft is tried while the lake stays as it is.

use crate::args::{KeepSandbox, NewSandbox, Sandbox};
use crate::exit::Exit;
use crate::print::{Grid, Output, time};
use sluice_api::{RemovedSandbox, SandboxView, ask};
use sluice_runner::Host;

/// Makes, lists, keeps and removes sandboxes.
pub(crate) async fn run(host: &Host, out: &Output, call: Sandbox) -> anyhow::Result<Exit> {
    match call {
        Sandbox::New(NewSandbox { name, place, under_lake, keep }) => {
            let keep_seconds = keep.map(|keep| keep.as_secs());
            out.show(&host.call(ask::NewSandbox { name, place, under_lake, keep_seconds }).await?, made_text)?;
        }
        Sandbox::Ls => out.show(&host.call(ask::Sandboxes {}).await?, |found| list_text(found))?,
        Sandbox::Open(KeepSandbox { name, keep }) => {
            let keep_seconds = keep.as_secs();
            out.show(&host.call(ask::KeepSandbox { name, keep_seconds }).await?, open_text)?;
        }
        Sandbox::Rm { name } => {
            out.show(&host.call(ask::RemoveSandbox { name }).await?, removed_text)?;
        }
    }
    Ok(Exit::Done)
}

fn made_text(made: &SandboxView) -> String {
    format!(
        "sandbox {name} begins as the lake is now, in {place}; kept until {until}\n\
         next: `sluice --sandbox {name} replay` writes there and nowhere else\n",
        name = made.name,
        place = made.place,
        until = time(made.expires_ms),
    )
}

fn open_text(kept: &SandboxView) -> String {
    format!("sandbox {} is in {}; kept until {}\n", kept.name, kept.place, time(kept.expires_ms))
}

fn list_text(found: &[SandboxView]) -> String {
    if found.is_empty() {
        return "the lake has no sandbox\n".to_owned();
    }
    let mut grid = Grid::new(&["sandbox", "state", "made", "kept until", "by", "place"]);
    for sandbox in found {
        grid.row([
            sandbox.name.clone(),
            sandbox.state.as_str().to_owned(),
            time(sandbox.created_ms),
            time(sandbox.expires_ms),
            sandbox.by.clone(),
            sandbox.place.clone(),
        ]);
    }
    grid.to_text()
}

fn removed_text(removed: &RemovedSandbox) -> String {
    let RemovedSandbox { name, place, files } = removed;
    if *files {
        return format!("sandbox {name} is removed with its files in {place}\n");
    }
    format!(
        "the lake no longer knows sandbox {name}; its folder {place} cannot be reached from here, remove it there\n"
    )
}
