//! Rows that lie scattered over many batches, brought together.

use crate::EngineError;
use arrow::array::{Array, ArrayRef, UInt32Array};
use arrow::compute::{interleave, take};

/// Fewer rows are read in any order.
const IN_PLACE_ORDER_MIN: usize = 4 * 1024;

/// Places of values, as [`interleave`] takes them: a batch and a row in it.
///
/// Many of them are visited in the order in which they lie, and what was found is put into the wanted
/// order after that, in memory that a core has at hand. Rows in the order of random keys would otherwise
/// cost a visit of far memory per value.
pub(crate) struct Gather {
    places: Vec<(usize, usize)>,
    /// For every wanted row, where in `places` it is; `None`: where it is wanted.
    back: Option<UInt32Array>,
}

impl Gather {
    pub(crate) fn new(wanted: Vec<(usize, usize)>) -> Self {
        if wanted.len() < IN_PLACE_ORDER_MIN || wanted.is_sorted() {
            return Self { places: wanted, back: None };
        }
        let mut order: Vec<(u64, u32)> = wanted.iter().copied().map(packed).zip(0..).collect();
        order.sort_unstable();
        let mut back = vec![0; order.len()];
        let mut places = Vec::with_capacity(order.len());
        for ((_, wanted_at), at) in order.into_iter().zip(0..) {
            back[wanted_at as usize] = at;
            places.push(wanted[wanted_at as usize]);
        }
        Self { places, back: Some(back.into()) }
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// The values of one column; `arrays` has it of every batch.
    pub(crate) fn values(&self, arrays: &[ArrayRef]) -> Result<ArrayRef, EngineError> {
        let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
        let found = interleave(&arrays, &self.places)?;
        Ok(match &self.back {
            Some(back) => take(&found, back, None)?,
            None => found,
        })
    }

    /// What `of` says of every place.
    pub(crate) fn each<T: Copy>(
        &self,
        of: impl FnMut((usize, usize)) -> Result<T, EngineError>,
    ) -> Result<Vec<T>, EngineError> {
        let found = self.places.iter().copied().map(of).collect::<Result<Vec<T>, _>>()?;
        Ok(match &self.back {
            Some(back) => back.values().iter().map(|at| found[*at as usize]).collect(),
            None => found,
        })
    }
}

/// A place as one number, in the same order.
fn packed((source, row): (usize, usize)) -> u64 {
    ((source as u64) << 32) | row as u64
}

#[cfg(test)]
mod tests {
    use super::{Gather, IN_PLACE_ORDER_MIN};
    use arrow::array::{ArrayRef, AsArray, Int64Array, StringArray};
    use arrow::datatypes::Int64Type;
    use std::sync::Arc;

    #[test]
    fn rows_come_in_the_wanted_order() {
        let mut random = fastrand::Rng::with_seed(5);
        for count in [3, IN_PLACE_ORDER_MIN * 2] {
            let wanted: Vec<(usize, usize)> = (0..count).map(|_| (random.usize(..3), random.usize(..50))).collect();
            let number = |(source, row): (usize, usize)| (row % 7 > 0).then_some((source * 100 + row) as i64);
            let numbers: Vec<ArrayRef> = (0..3)
                .map(|source| Arc::new((0..50).map(|row| number((source, row))).collect::<Int64Array>()) as _)
                .collect();
            let texts = |source: usize| (0..50).map(move |row| number((source, row)).map(|n| n.to_string()));
            let texts: Vec<ArrayRef> =
                (0..3).map(|source| Arc::new(texts(source).collect::<StringArray>()) as _).collect();
            let gather = Gather::new(wanted.clone());
            let expected: Vec<Option<i64>> = wanted.iter().copied().map(number).collect();
            let found = gather.values(&numbers).unwrap();
            assert!(found.as_primitive::<Int64Type>().iter().eq(expected.iter().copied()));
            let found = gather.values(&texts).unwrap();
            let expected = expected.iter().map(|number| number.map(|number| number.to_string()));
            assert!(found.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).eq(expected));
            assert_eq!(gather.each(Ok).unwrap(), wanted);
        }
    }
}
