//! Sandboxes of the lake: made, listed, kept, removed.

use super::{Host, OpenLake, demo};
use crate::support::author::usual_author;
use crate::support::blocking::blocking;
use crate::{Clock, RunError};
use sluice_api::{Answer, InSandbox, RemovedSandbox, SandboxState, SandboxView, TableRef, ask};
use sluice_lake::{Lake, NewSandbox, SandboxEntry};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// How long the lake keeps what a new sandbox needs.
const KEEP_DEFAULT: Duration = Duration::from_secs(7 * 86_400);
/// Digits of the lake's hash in the name of the folder with its sandboxes.
const HASH_DIGITS: usize = 8;

impl OpenLake {
    /// The lake itself, also while one of its sandboxes is open.
    pub(crate) fn production(&self) -> &Lake {
        self.lake.base().unwrap_or(&self.lake)
    }

    /// The sandbox that is open.
    pub(crate) fn in_sandbox(&self, clock: &Clock) -> Option<InSandbox> {
        let sandbox = self.lake.sandbox()?;
        Some(InSandbox { sandbox: view(&sandbox.entry, clock), base: sandbox.base.clone() })
    }

    /// The version of the base that a table of the open sandbox begins with.
    pub(crate) fn base_version(&self, table: &TableRef) -> Option<u64> {
        let folder = crate::support::places::location(table).folder();
        self.lake.sandbox()?.base_version(&folder)
    }
}

fn view(entry: &SandboxEntry, clock: &Clock) -> SandboxView {
    let state = match (&entry.pins, entry.is_open(clock.now_ms())) {
        (_, false) => SandboxState::Expired,
        (None, true) => SandboxState::Unfinished,
        (Some(_), true) => SandboxState::Open,
    };
    SandboxView {
        name: entry.name.clone(),
        place: entry.place.clone(),
        by: entry.by.clone(),
        created_ms: entry.created_ms,
        expires_ms: entry.expires_ms,
        state,
    }
}

/// A folder of the user's data for the sandboxes of a lake, named so that those of two lakes do not meet.
fn folder_of(lake: &Lake) -> Result<PathBuf, RunError> {
    let data = demo::data_folder().ok_or_else(|| {
        RunError::input("There is no folder for a sandbox", "Name one with --place, or set XDG_DATA_HOME or HOME")
    })?;
    let hash = blake3::hash(lake.url().as_bytes()).to_hex();
    Ok(data.join("sandboxes").join(format!("{}-{}", lake.name(), hash.get(..HASH_DIGITS).unwrap_or_default())))
}

/// Who works here, as releases name them, and the host.
pub(super) async fn who() -> Result<String, RunError> {
    let named =
        |names: [&str; 2]| names.iter().find_map(|name| std::env::var(name).ok().filter(|text| !text.is_empty()));
    let user = blocking(|| Ok(usual_author())).await?.unwrap_or_else(|| "an unknown user".to_owned());
    let host = std::fs::read_to_string("/etc/hostname").ok().map(|text| text.trim().to_owned());
    Ok(match host.or_else(|| named(["HOSTNAME", "COMPUTERNAME"])).filter(|host| !host.is_empty()) {
        Some(host) => format!("{user} on {host}"),
        None => user,
    })
}

fn milliseconds(seconds: u64) -> u64 {
    seconds.saturating_mul(1_000)
}

impl Answer<ask::Sandboxes> for Host {
    async fn answer(&self, _request: ask::Sandboxes) -> Result<Vec<SandboxView>, RunError> {
        let open = self.opened().await?;
        open.production().remove_unfinished(&[SandboxEntry::FOLDER.to_owned()]).await;
        let mut entries = open.production().sandboxes().await?;
        entries.sort_by(|a, b| b.created_ms.cmp(&a.created_ms).then_with(|| a.name.cmp(&b.name)));
        Ok(entries.iter().map(|entry| view(entry, &self.options.clock)).collect())
    }
}

impl Answer<ask::NewSandbox> for Host {
    async fn answer(&self, request: ask::NewSandbox) -> Result<SandboxView, RunError> {
        let ask::NewSandbox { name, place, under_lake, keep_seconds } = request;
        let open = self.opened().await?;
        let lake = open.production();
        let place = match place {
            Some(place) => Some(place),
            None if under_lake => None,
            None => Some(folder_of(lake)?.join(&name).display().to_string()),
        };
        let keep_ms = milliseconds(keep_seconds.unwrap_or(KEEP_DEFAULT.as_secs()));
        let made = lake
            .create_sandbox(NewSandbox { name, place, by: who().await?, keep_ms, versions: BTreeMap::new() })
            .await?;
        Ok(view(&made, &self.options.clock))
    }
}

impl Answer<ask::KeepSandbox> for Host {
    async fn answer(&self, request: ask::KeepSandbox) -> Result<SandboxView, RunError> {
        let open = self.opened().await?;
        let kept = open.production().keep_sandbox(&request.name, milliseconds(request.keep_seconds)).await?;
        Ok(view(&kept, &self.options.clock))
    }
}

impl Answer<ask::RemoveSandbox> for Host {
    async fn answer(&self, request: ask::RemoveSandbox) -> Result<RemovedSandbox, RunError> {
        let open = self.opened().await?;
        let ask::RemoveSandbox { name } = request;
        if open.lake.sandbox().is_some_and(|sandbox| sandbox.entry.name == name) {
            return Err(RunError::input(format!("{name} is open"), "Go back to its lake first, then remove it"));
        }
        let lake = open.production();
        let place = lake.sandbox_named(&name).await?.place;
        let files = lake.remove_sandbox(&name).await? == sluice_lake::RemovedSandbox::Files;
        Ok(RemovedSandbox { name, place, files })
    }
}
