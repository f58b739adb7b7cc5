//! The first version for which something is so, in as few looks as halving takes.

use std::ops::AsyncFnMut;

/// What the search came to. Positions are those of the versions that were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// It is so from this position on; the one before is not, or cannot be looked at if it is `None`.
    Position(usize, Option<usize>),
    /// It is not so in the last.
    Never,
    /// Not one of them can be looked at.
    Unreadable,
}

/// Looks at versions, of which there are `count`, until the first is found for which `holds` is true. It takes for granted
/// that what is so stays so; where it does not, what is found is one of the places where it began. `None` is a version that
/// cannot be looked at: those are at the beginning.
pub(super) async fn first_that_holds<E>(
    count: usize,
    mut holds: impl AsyncFnMut(usize) -> Result<Option<bool>, E>,
) -> Result<Since, E> {
    let Some(last) = count.checked_sub(1) else { return Ok(Since::Unreadable) };
    match holds(last).await? {
        None => return Ok(Since::Unreadable),
        Some(false) => return Ok(Since::Never),
        Some(true) => {}
    }
    // It holds at `high`. Below `low` nothing can be looked at, and at `low` it does not hold once `is_known`.
    let (mut low, mut high, mut is_known) = (0, last, false);
    let mut next = 0;
    while low < high {
        match holds(next).await? {
            Some(true) => high = next,
            Some(false) => (low, is_known) = (next, true),
            None => low = next + 1,
        }
        if is_known && high - low <= 1 {
            return Ok(Since::Position(high, Some(low)));
        }
        next = low + (high - low) / 2;
    }
    Ok(Since::Position(high, None))
}

#[cfg(test)]
mod tests {
    use super::{Since, first_that_holds};

    async fn search(count: usize, unreadable: usize, first: usize) -> (Since, usize) {
        let mut looks = 0;
        let found = first_that_holds(count, async |at| {
            looks += 1;
            Ok::<_, ()>((at >= unreadable).then_some(at >= first))
        });
        (found.await.unwrap(), looks)
    }

    #[tokio::test]
    async fn the_first_is_found_by_halving() {
        for count in [1, 2, 3, 7, 64, 100] {
            for unreadable in 0..count {
                for first in 0..=count {
                    let (found, looks) = search(count, unreadable, first).await;
                    let expected = match first {
                        _ if first == count => Since::Never,
                        _ if first > unreadable => Since::Position(first, Some(first - 1)),
                        _ => Since::Position(unreadable, None),
                    };
                    assert_eq!(found, expected, "{count} versions, {unreadable} gone, first {first}");
                    assert!(looks <= 2 * (count.ilog2() as usize + 2), "{looks} looks at {count}");
                }
            }
        }
        assert_eq!(search(0, 0, 0).await.0, Since::Unreadable);
        assert_eq!(search(5, 5, 0).await.0, Since::Unreadable);
        assert_eq!(search(10_000, 0, 6_789).await, (Since::Position(6_789, Some(6_788)), 16));
    }
}
