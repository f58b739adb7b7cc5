//! The origins of many events.

use crate::{FileId, RowRef, RunLengthColumn};

/// One [`RowRef`] per event, kept by its parts: most batches are of one file, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowRefs {
    files: RunLengthColumn,
    rows: RunLengthColumn,
    offsets: RunLengthColumn,
}

impl RowRefs {
    /// Rows `first` and following of a columnar file.
    #[must_use]
    pub fn counted(file: FileId, first: u64, len: usize) -> Self {
        Self {
            files: RunLengthColumn::same(u64::from(file), len),
            rows: RunLengthColumn::counted(first, len),
            offsets: RunLengthColumn::same(0, len),
        }
    }

    /// `len` events of the same origin.
    #[must_use]
    pub fn same(at: RowRef, len: usize) -> Self {
        Self {
            files: RunLengthColumn::same(u64::from(at.file), len),
            rows: RunLengthColumn::same(at.row, len),
            offsets: RunLengthColumn::same(at.offset, len),
        }
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The origin of an event.
    ///
    /// # Panics
    /// If there is no such event, as an index would.
    #[must_use]
    pub fn at(&self, row: usize) -> RowRef {
        // It was pushed as such.
        let file = FileId::try_from(self.files.at(row)).unwrap_or(FileId::MAX);
        RowRef { file, row: self.rows.at(row), offset: self.offsets.at(row) }
    }

    /// From the numbers of files, records and offsets.
    ///
    /// # Panics
    /// If they are not as many.
    #[must_use]
    pub fn new(files: RunLengthColumn, rows: RunLengthColumn, offsets: RunLengthColumn) -> Self {
        assert!(files.len() == rows.len() && rows.len() == offsets.len(), "every event has all parts");
        Self { files, rows, offsets }
    }

    /// The numbers of files, records and offsets.
    #[must_use]
    pub fn columns(&self) -> [&RunLengthColumn; 3] {
        [&self.files, &self.rows, &self.offsets]
    }

    /// The origins of some events, in their order.
    ///
    /// # Panics
    /// If there is no such event, as an index would.
    #[must_use]
    pub fn picked(&self, rows: &[u32]) -> Self {
        Self { files: self.files.picked(rows), rows: self.rows.picked(rows), offsets: self.offsets.picked(rows) }
    }

    /// Adds the next.
    pub fn push(&mut self, at: RowRef) {
        self.files.push(u64::from(at.file));
        self.rows.push(at.row);
        self.offsets.push(at.offset);
    }

    /// All, from the first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = RowRef> + Clone + '_ {
        (0..self.len()).map(|row| self.at(row))
    }
}

impl FromIterator<RowRef> for RowRefs {
    fn from_iter<I: IntoIterator<Item = RowRef>>(refs: I) -> Self {
        let mut all = Self::default();
        refs.into_iter().for_each(|one| all.push(one));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::RowRefs;
    use crate::RowRef;

    #[test]
    fn origins_come_back_as_they_were() {
        let refs = [(0, 4, 0), (0, 5, 0), (1, 0, 77)].map(|(file, row, offset)| RowRef { file, row, offset });
        assert!(refs.into_iter().collect::<RowRefs>().iter().eq(refs));
        assert!(RowRefs::counted(0, 4, 2).iter().eq(refs[..2].iter().copied()));
        assert_eq!(RowRefs::same(refs[2], 2), [refs[2], refs[2]].into_iter().collect());
        let all: RowRefs = refs.into_iter().collect();
        assert!(all.picked(&[2, 0]).iter().eq([refs[2], refs[0]]));
        let [files, rows, offsets] = all.columns().map(Clone::clone);
        assert_eq!(RowRefs::new(files, rows, offsets), all);
    }
}
