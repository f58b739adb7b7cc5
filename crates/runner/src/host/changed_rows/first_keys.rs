//! The first keys of several sources that are read piece by piece.

/// A key in bytes whose order is that of the keys.
pub(super) type Key = Box<[u8]>;

/// What is known of a source: its first keys, ascending.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    pub(super) keys: &'a [Key],
    /// Whether these are all that it has. If not, the last of them may come again.
    pub(super) ended: bool,
}

/// The answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FirstKeys {
    /// The keys, ascending, each once; `all`: there are no more.
    Found { keys: Vec<Key>, all: bool },
    /// It cannot be said before these sources tell more.
    Tell(Vec<usize>),
}

/// The `wanted` first different keys of all sources.
pub(super) fn first_keys(sources: &[Known<'_>], wanted: usize) -> FirstKeys {
    let mut known: Vec<&Key> = sources.iter().flat_map(|source| source.keys).collect();
    known.sort_unstable();
    known.dedup();
    let open = || sources.iter().enumerate().filter(|(_, source)| !source.ended);
    let ended = open().next().is_none();
    // Below the least end of what is known, nothing is missing.
    let certain = match open().map(|(_, source)| source.keys.last()).min() {
        None => known.len(),
        Some(None) => 0,
        Some(Some(bound)) => known.partition_point(|key| *key < bound),
    };
    if ended || certain >= wanted {
        let all = ended && known.len() <= wanted;
        let keys = known.into_iter().take(wanted.min(certain)).cloned().collect();
        return FirstKeys::Found { keys, all };
    }
    // What is wanted does not lie beyond this key, so neither does what is missing.
    let beyond = wanted.checked_sub(1).and_then(|at| known.get(at).copied());
    let tells = |source: &Known<'_>| match (source.keys.last(), beyond) {
        (Some(last), Some(beyond)) => last <= beyond,
        _ => true,
    };
    FirstKeys::Tell(open().filter(|(_, source)| tells(source)).map(|(at, _)| at).collect())
}

#[cfg(test)]
mod tests {
    use super::{FirstKeys, Key, Known, first_keys};

    fn keys(numbers: &[u8]) -> Vec<Key> {
        numbers.iter().map(|number| Key::from([*number])).collect()
    }

    fn found(numbers: &[u8], all: bool) -> FirstKeys {
        FirstKeys::Found { keys: keys(numbers), all }
    }

    #[test]
    fn only_what_no_source_can_add_to_is_certain() {
        let (a, b) = (keys(&[1, 4, 9]), keys(&[2, 3, 5]));
        let ask = |a_ended, b_ended, wanted| {
            first_keys(&[Known { keys: &a, ended: a_ended }, Known { keys: &b, ended: b_ended }], wanted)
        };
        assert_eq!(ask(false, false, 3), found(&[1, 2, 3], false));
        // 5 may come again, and be followed by 6.
        assert_eq!(ask(false, false, 5), FirstKeys::Tell(vec![1]));
        assert_eq!(ask(false, true, 5), found(&[1, 2, 3, 4, 5], false));
        assert_eq!(ask(false, true, 6), FirstKeys::Tell(vec![0]));
        assert_eq!(ask(true, true, 6), found(&[1, 2, 3, 4, 5, 9], true));
        assert_eq!(ask(true, true, 2), found(&[1, 2], false));
    }

    #[test]
    fn a_source_that_said_nothing_is_asked() {
        let a = keys(&[1, 1, 2]);
        let sources = [Known { keys: &a, ended: true }, Known { keys: &[], ended: false }];
        assert_eq!(first_keys(&sources, 1), FirstKeys::Tell(vec![1]));
        assert_eq!(first_keys(&sources[..1], 5), found(&[1, 2], true));
        assert_eq!(first_keys(&[], 5), found(&[], true));
    }

    #[test]
    fn asking_on_ends_with_the_first_keys_of_all() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..200 {
            let mut whole: Vec<Vec<u8>> =
                (0..random.usize(1..6)).map(|_| (0..random.usize(0..40)).map(|_| random.u8(..)).collect()).collect();
            whole.iter_mut().for_each(|source| source.sort_unstable());
            let mut expected: Vec<u8> = whole.concat();
            expected.sort_unstable();
            expected.dedup();
            let wanted = random.usize(1..30);
            let mut seen = vec![0; whole.len()];
            let answer = loop {
                let parts: Vec<Vec<Key>> = whole.iter().zip(&seen).map(|(all, seen)| keys(&all[..*seen])).collect();
                let known: Vec<Known<'_>> = parts
                    .iter()
                    .zip(&whole)
                    .map(|(part, all)| Known { keys: part, ended: part.len() == all.len() })
                    .collect();
                match first_keys(&known, wanted) {
                    FirstKeys::Tell(more) => {
                        assert!(!more.is_empty());
                        more.into_iter().for_each(|at| seen[at] = (seen[at] + random.usize(1..5)).min(whole[at].len()));
                    }
                    answer @ FirstKeys::Found { .. } => break answer,
                }
            };
            let FirstKeys::Found { keys: first, all } = answer else { panic!() };
            assert_eq!(first, keys(&expected[..wanted.min(expected.len())]));
            assert!(!all || expected.len() <= wanted);
        }
    }
}
