//! Points into at most four series.

use super::sample::{Point, Sample};
use super::scale::{Bucket, Scale};
use std::collections::BTreeMap;

/// Series with colours of their own.
pub(super) const SERIES_MAX: usize = 4;

/// How points are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mark {
    /// Connected.
    #[default]
    Line,
    /// From the zero line.
    Bar,
    /// Alone.
    Point,
}

/// One series.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    /// Name in the legend.
    pub name: String,
    /// Along the bottom, height; in order.
    pub points: Vec<[f64; 2]>,
}

impl Series {
    /// Height at `x`, if it has a point there.
    pub(super) fn at(&self, x: f64) -> Option<f64> {
        self.points.iter().find(|[at, _]| (at - x).abs() < 1e-9).map(|[_, y]| *y)
    }
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Drawn {
    /// Largest first.
    pub series: Vec<Series>,
    /// Series that were left out.
    pub left_out: usize,
    /// The pieces of time that points were gathered in.
    pub bucket: Bucket,
    /// Points with the same place were put together: `sum`, or `mean` when only a part was read.
    pub combined: Option<&'static str>,
}

/// Series of `sample`; `bucket` `None` chooses one.
pub(super) fn draw(sample: &Sample, mark: Mark, scale: Scale, bucket: Option<Bucket>, y_name: &str) -> Drawn {
    let bucket = match (scale, mark) {
        (Scale::Time, Mark::Line | Mark::Bar) => bucket.unwrap_or_else(|| {
            let (least, most) = bounds(&sample.points);
            Bucket::fitting(most - least, sample.points.len())
        }),
        _ => Bucket::None,
    };
    let count = sample.groups.len().max(1);
    let mut combined = None;
    let mut groups: Vec<Vec<[f64; 2]>> = vec![Vec::new(); count];
    if mark == Mark::Point {
        for Point { x, y, group } in &sample.points {
            if let Some(points) = groups.get_mut(*group) {
                points.push([*x, *y]);
            }
        }
    } else {
        let mut sums: Vec<BTreeMap<i64, (f64, f64, u64)>> = vec![BTreeMap::new(); count];
        for Point { x, y, group } in &sample.points {
            let x = bucket.floor(*x);
            let Some(sums) = sums.get_mut(*group) else { continue };
            let entry = sums.entry(ordered(x)).or_insert((x, 0.0, 0));
            entry.1 += y;
            entry.2 += 1;
        }
        let several = sums.iter().any(|sums| sums.values().any(|(_, _, count)| *count > 1));
        combined = several.then_some(if sample.is_part() { "mean" } else { "sum" });
        for (points, sums) in groups.iter_mut().zip(sums) {
            points.extend(sums.into_values().map(|(x, sum, count)| {
                #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
                let height = if sample.is_part() { sum / count as f64 } else { sum };
                [x, height]
            }));
        }
    }
    let names = (0..count).map(|index| sample.groups.get(index).cloned().unwrap_or_else(|| y_name.to_owned()));
    let mut series: Vec<Series> = names.zip(groups).map(|(name, points)| Series { name, points }).collect();
    series.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    let left_out = series.len().saturating_sub(SERIES_MAX);
    series.truncate(SERIES_MAX);
    Drawn { series, left_out, bucket, combined }
}

fn weight(series: &Series) -> f64 {
    series.points.iter().map(|[_, y]| y.abs()).sum()
}

fn bounds(points: &[Point]) -> (f64, f64) {
    points
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), point| (least.min(point.x), most.max(point.x)))
}

/// An integer in the order of `value`.
fn ordered(value: f64) -> i64 {
    let bits = value.to_bits().cast_signed();
    if bits < 0 { i64::MIN - bits } else { bits }
}

#[cfg(test)]
mod tests {
    use super::ordered;

    #[test]
    fn numbers_keep_their_order() {
        let values = [-1e9, -2.5, -0.0, 0.5, 3.0, 1e12];
        assert!(values.windows(2).all(|pair| ordered(pair[0]) < ordered(pair[1]) || pair[1] == 0.0));
    }
}
