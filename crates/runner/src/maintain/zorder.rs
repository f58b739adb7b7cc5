//! The order of a Z-curve: rows that are near each other in all columns come near each other.

use crate::RunError;
use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::SortOptions;
use arrow::row::{RowConverter, SortField};

/// Bits of the curve in all.
const BITS: u32 = 64;

/// The order of rows along the Z-curve of these columns. A column takes part by the rank of its values
/// among those of the batch, spread evenly, so that all columns weigh the same whatever their type and
/// distribution. Rows of one cell are sorted by the columns; null comes last.
pub(crate) fn z_order(columns: &[ArrayRef]) -> Result<UInt32Array, RunError> {
    let rows = columns.first().map_or(0, |column| column.len());
    let bits = BITS / u32::try_from(columns.len()).unwrap_or(BITS).max(1);
    let mut cells = vec![0_u64; rows];
    for (at, column) in columns.iter().enumerate() {
        for (cell, rank) in cells.iter_mut().zip(ranks(column, bits)?) {
            *cell |= spread(rank, columns.len(), at, bits);
        }
    }
    let fields = columns.iter().map(field).collect();
    let values = RowConverter::new(fields)?.convert_columns(columns)?;
    let mut order: Vec<u32> = (0..u32::try_from(rows).unwrap_or(u32::MAX)).collect();
    order.sort_by(|a, b| {
        let (a, b) = (*a as usize, *b as usize);
        cells[a].cmp(&cells[b]).then_with(|| values.row(a).cmp(&values.row(b))).then_with(|| a.cmp(&b))
    });
    Ok(order.into())
}

fn field(column: &ArrayRef) -> SortField {
    let last = SortOptions { descending: false, nulls_first: false };
    SortField::new_with_options(column.data_type().clone(), last)
}

/// Rank of every value among the different ones, spread over `bits` bits.
fn ranks(column: &ArrayRef, bits: u32) -> Result<Vec<u64>, RunError> {
    let values = RowConverter::new(vec![field(column)])?.convert_columns(std::slice::from_ref(column))?;
    let mut order: Vec<usize> = (0..values.num_rows()).collect();
    order.sort_unstable_by(|a, b| values.row(*a).cmp(&values.row(*b)));
    let mut ranks = vec![0_u64; order.len()];
    let mut rank = 0_u64;
    for pair in order.windows(2) {
        if values.row(pair[0]) != values.row(pair[1]) {
            rank += 1;
        }
        ranks[pair[1]] = rank;
    }
    let different = u128::from(rank) + 1;
    let scale = |rank: u64| u64::try_from((u128::from(rank) << bits) / different).unwrap_or(u64::MAX);
    Ok(ranks.into_iter().map(scale).collect())
}

/// Puts bit b of a rank at its place among `columns` interleaved columns, high bits first.
fn spread(rank: u64, columns: usize, at: usize, bits: u32) -> u64 {
    let columns = u32::try_from(columns).unwrap_or(BITS);
    let at = u32::try_from(at).unwrap_or(0);
    (0..bits)
        .filter(|bit| rank >> bit & 1 == 1)
        .map(|bit| 1_u64 << (bit * columns + (columns - 1 - at)))
        .fold(0, |cell, bit| cell | bit)
}

#[cfg(test)]
mod tests {
    use super::{spread, z_order};
    use arrow::array::{ArrayRef, Int64Array, StringArray};
    use std::sync::Arc;

    #[test]
    fn bits_are_interleaved() {
        assert_eq!(spread(0b11, 2, 0, 2), 0b1010);
        assert_eq!(spread(0b11, 2, 1, 2), 0b0101);
        assert_eq!(spread(0b101, 1, 0, 64), 0b101);
        assert_eq!(spread(u64::MAX >> 43, 3, 2, 21), 0b001 | spread(u64::MAX >> 43 & !1, 3, 2, 21));
    }

    #[test]
    fn a_block_of_the_curve_is_narrow_in_both_columns() {
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for row in 0..4_096_i64 {
            // Values of very different sizes; the curve goes by rank.
            x.push((row * 2_654_435_761 % 4_096) % 64);
            y.push(format!("{:020}", (row * 2_654_435_761 % 4_096) / 64 * 1_000_003));
        }
        let columns: [ArrayRef; 2] = [Arc::new(Int64Array::from(x.clone())), Arc::new(StringArray::from(y.clone()))];
        let order = z_order(&columns).unwrap();
        let mut spans = (0, 0);
        for block in order.values().chunks(64) {
            let mut xs: Vec<_> = block.iter().map(|row| x[*row as usize]).collect();
            let mut ys: Vec<_> = block.iter().map(|row| &y[*row as usize]).collect();
            xs.sort_unstable();
            xs.dedup();
            ys.sort_unstable();
            ys.dedup();
            spans = (spans.0.max(xs.len()), spans.1.max(ys.len()));
        }
        assert_eq!(spans, (8, 8), "64 rows of 64 x 64 lie in a square of 8 x 8");
    }

    #[test]
    fn one_column_is_sorted_with_null_last() {
        let column: ArrayRef = Arc::new(Int64Array::from(vec![Some(3), None, Some(1), Some(3), Some(-7)]));
        assert_eq!(z_order(&[column]).unwrap().values(), &[4, 2, 0, 3, 1]);
        assert!(z_order(&[]).unwrap().is_empty());
    }
}
