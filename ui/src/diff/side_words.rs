//! The sides of a comparison in words, and those that can be chosen.

use crate::cx::Cx;
use crate::state::SidePlace;
use crate::widget::number;
use sluice_api::{SandboxState, SideLake, SideVersion, VersionView, ask};

/// Versions offered in a list.
const VERSIONS_MAX: usize = 200;

/// A side in words, as the command takes it.
pub(super) fn side_words((lake, version): &SidePlace) -> String {
    let place = match lake {
        SideLake::Open => String::new(),
        SideLake::Production => "production".to_owned(),
        SideLake::Sandbox(name) => format!("sandbox:{name}"),
        SideLake::Other(url) => format!("lake:{url}"),
    };
    match version {
        SideVersion::Latest if place.is_empty() => "latest".to_owned(),
        SideVersion::Latest => place,
        SideVersion::Number(number) if place.is_empty() => format!("v{number}"),
        SideVersion::Number(number) => format!("{place}@{number}"),
        SideVersion::At(ms) => format!("{place}@{}", number::short_time(*ms)),
        SideVersion::Release(number) if *lake == SideLake::Production => format!("release:r{number}"),
        SideVersion::Release(number) => format!("{place}@r{number}"),
    }
}

/// What a side can be, with its words: the latest, versions with their times, the lake itself where a sandbox is open,
/// other sandboxes, what releases left, and in any case what is chosen.
pub(super) fn choices(cx: &Cx<'_>, history: &[VersionView], chosen: &SidePlace) -> Vec<(SidePlace, String)> {
    let mut choices: Vec<(SidePlace, String)> = Vec::new();
    let mut offer = |place: SidePlace, words: String| choices.push((place, words));
    let in_sandbox = cx.store.lake().value.and_then(|lake| lake.sandbox.as_ref());
    if let Some(open) = in_sandbox {
        offer((SideLake::Open, SideVersion::Latest), format!("sandbox {}", open.sandbox.name));
        offer((SideLake::Production, SideVersion::Latest), "production".to_owned());
    } else {
        offer((SideLake::Open, SideVersion::Latest), "latest".to_owned());
    }
    for version in history.iter().take(VERSIONS_MAX) {
        let words = format!("v{} {}", version.version, number::short_time(version.timestamp_ms));
        offer((SideLake::Open, SideVersion::Number(version.version)), words);
    }
    let sandboxes = cx.store.got::<ask::Sandboxes>(&()).value.map_or(&[][..], Vec::as_slice);
    for sandbox in sandboxes.iter().filter(|each| each.state == SandboxState::Open) {
        if in_sandbox.is_none_or(|open| open.sandbox.name != sandbox.name) {
            let place = (SideLake::Sandbox(sandbox.name.clone()), SideVersion::Latest);
            let words = side_words(&place);
            offer(place, words);
        }
    }
    for release in cx.store.releases().value.map_or(&[][..], |list| &list.releases) {
        let place = (SideLake::Production, SideVersion::Release(release.release));
        let words = format!("{} {}", side_words(&place), number::short_time(release.published_ms));
        offer(place, words);
    }
    if choices.iter().all(|(place, _)| place != chosen) {
        choices.push((chosen.clone(), side_words(chosen)));
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::side_words;
    use sluice_api::{SideLake, SideVersion};

    #[test]
    fn a_side_reads_as_the_command_takes_it() {
        for (lake, version, words) in [
            (SideLake::Open, SideVersion::Latest, "latest"),
            (SideLake::Open, SideVersion::Number(4), "v4"),
            (SideLake::Production, SideVersion::Release(3), "release:r3"),
            (SideLake::Sandbox("try".to_owned()), SideVersion::Latest, "sandbox:try"),
            (SideLake::Other("/l".to_owned()), SideVersion::Number(2), "lake:/l@2"),
        ] {
            assert_eq!(side_words(&(lake, version)), words);
        }
    }
}
