//! Numbers kept as runs where they follow a rule.

/// A run-length column: whole numbers, one per event. A column in which every number is the one before it and a
/// fixed step (all equal, or counted up) takes no memory per number, whatever its length.
#[derive(Clone, Debug)]
pub struct RunLengthColumn(List);

#[derive(Clone, Debug)]
enum List {
    Steps { first: u64, step: u64, len: usize },
    Each(Vec<u64>),
}

impl RunLengthColumn {
    /// `len` numbers that are all `number`.
    #[must_use]
    pub fn same(number: u64, len: usize) -> Self {
        Self(List::Steps { first: number, step: 0, len })
    }

    /// `len` numbers from `first` on, one after the other.
    #[must_use]
    pub fn counted(first: u64, len: usize) -> Self {
        Self(List::Steps { first, step: 1, len })
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            List::Steps { len, .. } => *len,
            List::Each(all) => all.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number at a place, from 0.
    ///
    /// # Panics
    /// If it is not before the end, as an index would.
    #[must_use]
    pub fn at(&self, place: usize) -> u64 {
        match &self.0 {
            List::Steps { first, step, len } => {
                assert!(place < *len, "number {place} of {len}");
                first.wrapping_add(step.wrapping_mul(place as u64))
            }
            List::Each(all) => all[place],
        }
    }

    /// The numbers at some places, in their order.
    ///
    /// # Panics
    /// If one is not before the end, as an index would.
    #[must_use]
    pub fn picked(&self, places: &[u32]) -> Self {
        match &self.0 {
            List::Steps { first, step: 0, .. } => Self::same(*first, places.len()),
            _ => places.iter().map(|place| self.at(*place as usize)).collect(),
        }
    }

    /// The numbers at some places of several lists, each place a list and a place in it, in their order.
    ///
    /// # Panics
    /// If there is no such place, as an index would.
    #[must_use]
    pub fn interleaved(lists: &[&Self], places: &[(usize, usize)]) -> Self {
        let first = lists.iter().find(|list| !list.is_empty()).map_or(0, |list| list.at(0));
        if lists.iter().all(|list| list.are_all(first)) {
            return Self::same(first, places.len());
        }
        Self(List::Each(places.iter().map(|(list, place)| lists[*list].at(*place)).collect()))
    }

    /// Adds one at the end.
    pub fn push(&mut self, number: u64) {
        match &mut self.0 {
            List::Each(all) => all.push(number),
            List::Steps { first, step, len } => match len {
                0 => (*first, *len) = (number, 1),
                1 => (*step, *len) = (number.wrapping_sub(*first), 2),
                _ if number == first.wrapping_add(step.wrapping_mul(*len as u64)) => *len += 1,
                _ => {
                    let mut all = Vec::with_capacity(2 * *len);
                    all.extend(self.iter());
                    all.push(number);
                    self.0 = List::Each(all);
                }
            },
        }
    }

    /// Adds the numbers of another column behind these.
    pub fn append(&mut self, other: &Self) {
        if let (List::Steps { first, step: 0, len }, List::Steps { first: same, step: 0, len: more }) =
            (&mut self.0, &other.0)
            && first == same
        {
            *len += more;
            return;
        }
        if let (List::Each(all), List::Each(more)) = (&mut self.0, &other.0) {
            all.extend_from_slice(more);
            return;
        }
        other.iter().for_each(|number| self.push(number));
    }

    /// All, from the first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = u64> + Clone + '_ {
        (0..self.len()).map(|place| self.at(place))
    }

    /// Whether every number is `number`.
    #[must_use]
    pub fn are_all(&self, number: u64) -> bool {
        match &self.0 {
            List::Steps { first, step, len } => match len {
                0 => true,
                1 => *first == number,
                _ => *first == number && *step == 0,
            },
            List::Each(all) => all.iter().all(|one| *one == number),
        }
    }
}

impl Default for RunLengthColumn {
    fn default() -> Self {
        Self(List::Steps { first: 0, step: 0, len: 0 })
    }
}

impl PartialEq for RunLengthColumn {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for RunLengthColumn {}

impl From<Vec<u64>> for RunLengthColumn {
    fn from(all: Vec<u64>) -> Self {
        Self(List::Each(all))
    }
}

impl FromIterator<u64> for RunLengthColumn {
    fn from_iter<I: IntoIterator<Item = u64>>(numbers: I) -> Self {
        let mut all = Self::default();
        numbers.into_iter().for_each(|one| all.push(one));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::RunLengthColumn;

    #[test]
    fn a_list_says_what_was_put_in() {
        let lists: [&[u64]; 7] = [
            &[],
            &[7],
            &[7, 7, 7, 7],
            &[3, 4, 5, 6, 7],
            &[9, 6, 3, 0, u64::MAX - 2],
            &[1, 2, 3, 5],
            &[5, 1, 9, 9, 0, u64::MAX],
        ];
        for list in lists {
            let numbers: RunLengthColumn = list.iter().copied().collect();
            assert_eq!(numbers.len(), list.len());
            assert_eq!(numbers.iter().collect::<Vec<_>>(), list);
            assert_eq!(numbers, RunLengthColumn::from(list.to_vec()), "however it is kept");
            for number in [7, 3] {
                assert_eq!(numbers.are_all(number), list.iter().all(|one| *one == number));
                assert_eq!(RunLengthColumn::from(list.to_vec()).are_all(number), numbers.are_all(number));
            }
        }
        let squares: RunLengthColumn = [0, 1, 4, 9].into_iter().collect();
        assert!(squares.picked(&[3, 0, 3]).iter().eq([9, 0, 9]));
        assert_eq!(RunLengthColumn::same(4, 3).picked(&[2, 0]), RunLengthColumn::same(4, 2));
        let (fours, none) = (RunLengthColumn::same(4, 3), RunLengthColumn::default());
        assert!(
            RunLengthColumn::interleaved(&[&squares, &none, &fours], &[(2, 1), (0, 3), (0, 0)]).iter().eq([4, 9, 0])
        );
        assert_eq!(RunLengthColumn::interleaved(&[&none, &fours], &[(1, 2), (1, 0)]), RunLengthColumn::same(4, 2));
        for list in lists {
            for more in lists {
                let (list, more) = (list.to_vec(), more.to_vec());
                for columns in [
                    [list.iter().copied().collect::<RunLengthColumn>(), more.iter().copied().collect()],
                    [RunLengthColumn::from(list.clone()), RunLengthColumn::from(more.clone())],
                ] {
                    let [mut all, behind] = columns;
                    all.append(&behind);
                    assert_eq!(all.iter().collect::<Vec<_>>(), [list.clone(), more.clone()].concat());
                }
            }
        }
        assert_eq!(RunLengthColumn::same(4, 3), [4, 4, 4].into_iter().collect());
        assert_eq!(RunLengthColumn::counted(4, 3), [4, 5, 6].into_iter().collect());
        assert_ne!(RunLengthColumn::same(4, 3), RunLengthColumn::same(4, 2));
    }
}
