//! What is known of a release's way: who planned, approved and published it, how long it was current, what took over.

use crate::publish::plan::release;
use crate::widget::number;
use sluice_api::{ReleaseDetail, ReleaseList, ReleaseView};
use sluice_contract::Contract;
use std::collections::BTreeMap;

/// A line of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trace {
    /// When, `–` where it was not recorded.
    pub(super) when: String,
    /// What happened.
    pub(super) what: String,
    /// Who.
    pub(super) who: String,
}

/// The trail of a release, latest first.
pub(super) fn trail(list: &ReleaseList, view: &ReleaseView) -> Vec<Trace> {
    let line = |ms: Option<i64>, what: String, who: &str| Trace {
        when: ms.map_or_else(|| "–".to_owned(), number::short_time),
        what,
        who: who.to_owned(),
    };
    let mut trail = Vec::new();
    if let Some(next) = follower(list, view) {
        let what = match next.rollback {
            Some(to) => format!("{} took over, back to {}", release(next.release), release(to)),
            None => format!("{} took over", release(next.release)),
        };
        trail.push(line(Some(next.published_ms), what, next.author_text()));
    }
    let published = match view.rollback {
        Some(to) => format!("published, with what {} holds", release(to)),
        None => "published".to_owned(),
    };
    trail.push(line(Some(view.published_ms), published, view.author_text()));
    // The release says who approved, and not when.
    trail.extend(view.approved_by.iter().map(|by| line(None, "approved".to_owned(), by)));
    if view.plan.is_some() {
        let on = view.base.map_or_else(|| "plan made".to_owned(), |base| format!("plan made on {}", release(base)));
        trail.push(line(None, on, view.author_text()));
    }
    trail
}

/// How long a release was current; `None` while it is.
pub(super) fn current_for(list: &ReleaseList, view: &ReleaseView) -> Option<String> {
    let until = follower(list, view)?.published_ms;
    let seconds = u64::try_from((until - view.published_ms) / 1_000).unwrap_or(0);
    Some(number::age(seconds))
}

/// The release that took over.
fn follower<'a>(list: &'a ReleaseList, view: &ReleaseView) -> Option<&'a ReleaseView> {
    list.releases.iter().filter(|each| each.release > view.release).min_by_key(|each| each.release)
}

/// Who owns the tables that a release changed, each with these; those whose contract names nobody last.
pub(super) fn owners(detail: &ReleaseDetail) -> Vec<(Option<String>, Vec<String>)> {
    let mut owners: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
    for table in detail.release.changed.iter().flatten() {
        let text = detail.texts.iter().find(|text| text.table.as_ref() == Some(table));
        let contract = text.and_then(|text| Contract::parse(&text.text, &text.path).ok());
        let owner = contract.and_then(|contract| contract.owner).filter(|owner| !owner.trim().is_empty());
        owners.entry(owner).or_default().push(table.name.table.clone());
    }
    let mut owners: Vec<_> = owners.into_iter().collect();
    owners.sort_by_key(|(owner, _)| owner.is_none());
    owners
}

#[cfg(test)]
mod tests {
    use super::{current_for, owners, trail};
    use crate::link::sample;
    use sluice_api::{Reply, Request};

    #[test]
    fn the_trail_says_only_what_was_recorded() {
        let Reply::Releases(list) = sample::reply(&Request::Releases) else { panic!("no releases") };
        let of = |number: u64| list.releases.iter().find(|each| each.release == number).unwrap();
        let lines = |number: u64| -> Vec<String> {
            let trail = trail(&list, of(number));
            trail.into_iter().map(|line| format!("{} {} {}", line.when, line.what, line.who)).collect()
        };
        assert_eq!(lines(14), ["Nov 18 16:20 published mira", "– approved jonas", "– plan made on r13 mira"]);
        assert_eq!(
            lines(12),
            ["Nov 14 16:20 r13 took over, back to r11 jonas", "Nov 11 16:20 published mira", "– plan made on r11 mira"]
        );
        assert_eq!(lines(11), ["Nov 11 16:20 r12 took over mira", "Nov 06 16:20 published unknown"]);
        assert_eq!((current_for(&list, of(14)), current_for(&list, of(12)).as_deref()), (None, Some("3 d 0 h")));
    }

    #[test]
    fn owners_are_those_of_the_contracts() {
        let Reply::Release(mut detail) = sample::reply(&Request::Release { release: 14 }) else { panic!("no release") };
        assert_eq!(owners(&detail), [(Some("checkout_team".to_owned()), vec!["orders".to_owned()])]);
        detail.release.changed.get_or_insert_default().push("silver.shop.gone".parse().unwrap());
        assert_eq!(owners(&detail).last(), Some(&(None, vec!["gone".to_owned()])));
    }
}
