//! `sluice init`.

use crate::exit::Exit;
use crate::print::Output;
use serde::Serialize;
use sluice_api::ask;
use sluice_runner::Host;

#[derive(Serialize)]
struct Made {
    lake: String,
}

/// Makes a lake at `--lake`; one that is there stays as it is.
pub(crate) async fn run(host: &Host, out: &Output) -> anyhow::Result<Exit> {
    host.call(ask::InitLake { url: None }).await?;
    let lake = host.lake().await.map_err(|error| error.to_api())?.url().to_owned();
    out.show(&Made { lake }, |made| {
        format!("a lake at {}\nnext: put change files into landing/ and run `sluice onboard landing/`\n", made.lake)
    })?;
    Ok(Exit::Done)
}
