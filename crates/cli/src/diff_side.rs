//! What `--from` and `--to` of `sluice diff` say.

use sluice_api::{SideLake, SideVersion, release_number};
use sluice_runner::time_ms;
use std::str::FromStr;

/// A lake and a version of it, as typed: `12`, `2026-11-29T10:00`, `release:r3`, `production`, `sandbox:try`,
/// `lake:s3://bucket/lake`, each of the last three with `@` and a version or time where the latest is not meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Typed {
    pub(crate) lake: SideLake,
    pub(crate) version: SideVersion,
}

impl FromStr for Typed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(version) = version(text) {
            return Ok(Self { lake: SideLake::Open, version });
        }
        if let Some(release) = text.strip_prefix("release:") {
            return Ok(Self { lake: SideLake::Production, version: SideVersion::Release(release_number(release)?) });
        }
        // An address may have an @ of its own.
        let after_at =
            |at: &str| at.starts_with('r').then(|| release_number(at).ok()).flatten().map(SideVersion::Release);
        let typed = text.rsplit_once('@').and_then(|(place, at)| Some((place, version(at).or_else(|| after_at(at))?)));
        let (place, version) = match typed {
            Some((place, version)) => (place, version),
            None => (text, SideVersion::Latest),
        };
        let lake = match place.split_once(':') {
            _ if place == "production" => SideLake::Production,
            Some(("sandbox", name)) if !name.is_empty() => SideLake::Sandbox(name.to_owned()),
            Some(("lake", url)) if !url.is_empty() => SideLake::Other(url.to_owned()),
            _ => {
                return Err(format!(
                    "`{text}` is no side of a comparison; write a version (12), a time (2026-11-29T10:00), release:r3, \
                     production, sandbox:NAME or lake:URL, the last three also with a version or time after @"
                ));
            }
        };
        Ok(Self { lake, version })
    }
}

/// A version or a time, which is in UTC where it has no zone.
fn version(text: &str) -> Option<SideVersion> {
    if text == "latest" {
        return Some(SideVersion::Latest);
    }
    if let Ok(number) = text.strip_prefix('v').unwrap_or(text).parse() {
        return Some(SideVersion::Number(number));
    }
    time_ms(text).map(SideVersion::At)
}

#[cfg(test)]
mod tests {
    use super::Typed;
    use sluice_api::{SideLake, SideVersion};

    #[test]
    fn every_side_can_be_typed() {
        let at = SideVersion::At(1_796_032_800_000);
        for (text, lake, version) in [
            ("12", SideLake::Open, SideVersion::Number(12)),
            ("v12", SideLake::Open, SideVersion::Number(12)),
            ("latest", SideLake::Open, SideVersion::Latest),
            ("2026-11-30T10:00:00Z", SideLake::Open, at),
            ("2026-11-30T10:00", SideLake::Open, at),
            ("2026-11-30T12:00:00+02:00", SideLake::Open, at),
            ("release:r3", SideLake::Production, SideVersion::Release(3)),
            ("release:3", SideLake::Production, SideVersion::Release(3)),
            ("lake:/other@r3", SideLake::Other("/other".to_owned()), SideVersion::Release(3)),
            ("production", SideLake::Production, SideVersion::Latest),
            ("production@12", SideLake::Production, SideVersion::Number(12)),
            ("sandbox:try@2026-11-30T10:00", SideLake::Sandbox("try".to_owned()), at),
            ("lake:s3://b/l", SideLake::Other("s3://b/l".to_owned()), SideVersion::Latest),
            ("lake:/data/me@home/lake", SideLake::Other("/data/me@home/lake".to_owned()), SideVersion::Latest),
        ] {
            assert_eq!(text.parse::<Typed>().unwrap(), Typed { lake, version }, "{text}");
        }
        for text in ["", "sandbox:", "yesterday", "lake", "try", "release:", "release:r0", "release:draft", "r3"] {
            assert!(text.parse::<Typed>().is_err(), "{text}");
        }
    }
}
