//! Statistics of a data file for the Delta log.

use arrow::datatypes::{DataType, SchemaRef};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;
use serde_json::{Map, Value, json};

/// Columns with statistics, counted from the first; the default of `delta.dataSkippingNumIndexedCols`.
const COLUMNS_MAX: usize = 32;
/// Characters of a text bound.
const TEXT_CHARS: usize = 32;
/// First and last day of the years 1 to 9999, days since 1970-01-01; others are no JSON dates.
const DAYS: std::ops::RangeInclusive<i32> = -719_162..=2_932_896;

/// `numRecords` always, `nullCount` of simple columns, bounds of whole numbers, dates and text.
///
/// Bounds of floats are left out (NaN is the largest value to Delta and none to Parquet), those of
/// instants too (infinity lies beyond the year 9999).
pub(crate) fn stats_json(schema: &SchemaRef, metadata: &ParquetMetaData) -> String {
    let (mut mins, mut maxs, mut nulls) = (Map::new(), Map::new(), Map::new());
    let columns = metadata.file_metadata().schema_descr();
    for leaf in 0..columns.num_columns() {
        let root = columns.get_column_root_idx(leaf);
        let Some(field) = schema.fields().get(root).filter(|_| root < COLUMNS_MAX) else { continue };
        if field.data_type().is_nested() {
            continue;
        }
        let groups = || metadata.row_groups().iter().map(|group| group.column(leaf).statistics());
        let counts: Option<Vec<u64>> = groups().map(|stats| stats.and_then(Statistics::null_count_opt)).collect();
        if let Some(counts) = counts {
            nulls.insert(field.name().clone(), json!(counts.iter().sum::<u64>()));
        }
        let bounds: Option<Vec<Bounds>> = groups()
            .zip(metadata.row_groups())
            // A group of nulls only has no bounds and needs none.
            .filter(|(stats, group)| stats.and_then(Statistics::null_count_opt) != u64::try_from(group.num_rows()).ok())
            .map(|(stats, _)| stats.and_then(|stats| bounds(field.data_type(), stats)))
            .collect();
        if let Some(found) = bounds.and_then(|found| found.into_iter().reduce(Bounds::join)) {
            let (min, max) = found.json();
            mins.extend(min.map(|min| (field.name().clone(), min)));
            maxs.extend(max.map(|max| (field.name().clone(), max)));
        }
    }
    let rows = metadata.file_metadata().num_rows();
    json!({ "numRecords": rows, "minValues": mins, "maxValues": maxs, "nullCount": nulls }).to_string()
}

enum Bounds {
    Whole(i64, i64),
    Days(i32, i32),
    /// The greatest is `None` if it is not known exactly.
    Text(String, Option<String>),
}

fn bounds(data_type: &DataType, stats: &Statistics) -> Option<Bounds> {
    match (data_type, stats) {
        (DataType::Int8 | DataType::Int16 | DataType::Int32, Statistics::Int32(stats)) => {
            Some(Bounds::Whole(i64::from(*stats.min_opt()?), i64::from(*stats.max_opt()?)))
        }
        (DataType::Int64, Statistics::Int64(stats)) => Some(Bounds::Whole(*stats.min_opt()?, *stats.max_opt()?)),
        (DataType::Date32, Statistics::Int32(stats)) => Some(Bounds::Days(*stats.min_opt()?, *stats.max_opt()?)),
        (DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View, Statistics::ByteArray(stats)) => {
            let min = std::str::from_utf8(stats.min_opt()?.data()).ok()?;
            let max = std::str::from_utf8(stats.max_opt()?.data()).ok()?;
            Some(Bounds::Text(min.to_owned(), stats.max_is_exact().then(|| max.to_owned())))
        }
        _ => None,
    }
}

impl Bounds {
    fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Whole(a, b), Self::Whole(c, d)) => Self::Whole(a.min(c), b.max(d)),
            (Self::Days(a, b), Self::Days(c, d)) => Self::Days(a.min(c), b.max(d)),
            (Self::Text(a, b), Self::Text(c, d)) => {
                let greatest = match (b, d) {
                    (Some(b), Some(d)) => Some(b.max(d)),
                    _ => None,
                };
                Self::Text(a.min(c), greatest)
            }
            // One column has one type, so its groups have one kind of bounds.
            (first, _) => first,
        }
    }

    fn json(self) -> (Option<Value>, Option<Value>) {
        match self {
            Self::Whole(min, max) => (Some(json!(min)), Some(json!(max))),
            Self::Days(min, max) if DAYS.contains(&min) && DAYS.contains(&max) => (day(min), day(max)),
            Self::Days(..) => (None, None),
            // The beginning of a text sorts before it. A long greatest text has no short bound
            // that every reader orders alike, so it is left out.
            Self::Text(min, max) => {
                let min: String = min.chars().take(TEXT_CHARS).collect();
                (Some(json!(min)), max.filter(|max| max.chars().count() <= TEXT_CHARS).map(Value::from))
            }
        }
    }
}

fn day(days: i32) -> Option<Value> {
    let date = chrono::DateTime::from_timestamp(i64::from(days) * 86_400, 0)?.date_naive();
    Some(json!(date.format("%Y-%m-%d").to_string()))
}

#[cfg(test)]
mod tests {
    use super::stats_json;
    use crate::store::encode::encode_batch;
    use arrow::array::{Date32Array, Float64Array, Int16Array, Int64Array, RecordBatch, StringArray};
    use serde_json::{Value, json};
    use std::sync::Arc;

    fn stats(batch: &RecordBatch) -> Value {
        let (_, metadata) = encode_batch(batch.clone()).unwrap();
        serde_json::from_str(&stats_json(&batch.schema(), &metadata)).unwrap()
    }

    #[test]
    fn bounds_never_exclude_a_value() {
        let long = "z".repeat(40);
        let batch = RecordBatch::try_from_iter([
            ("small", Arc::new(Int16Array::from(vec![Some(-3), None, Some(9)])) as _),
            ("big", Arc::new(Int64Array::from(vec![i64::MIN, 0, i64::MAX])) as _),
            ("text", Arc::new(StringArray::from(vec![Some("ä"), Some(long.as_str()), None])) as _),
            ("short", Arc::new(StringArray::from(vec!["a", "b", "\"c"])) as _),
            ("day", Arc::new(Date32Array::from(vec![0, 19_000, -1])) as _),
            ("far", Arc::new(Date32Array::from(vec![0, i32::MAX, -1])) as _),
            ("float", Arc::new(Float64Array::from(vec![1.0, f64::NAN, 2.0])) as _),
            ("none", Arc::new(StringArray::from(vec![None::<&str>, None, None])) as _),
        ])
        .unwrap();
        let found = stats(&batch);
        assert_eq!(found["numRecords"], 3);
        assert_eq!(
            found["minValues"],
            json!({"small": -3, "big": i64::MIN, "text": "z".repeat(32), "short": "\"c", "day": "1969-12-31"})
        );
        assert_eq!(
            found["maxValues"],
            json!({"small": 9, "big": i64::MAX, "text": "ä", "short": "b", "day": "2022-01-08"})
        );
        assert_eq!(found["nullCount"]["none"], 3);
        assert_eq!(found["nullCount"]["text"], 1);
    }

    #[test]
    fn a_long_greatest_text_is_left_out() {
        for length in [33, 70] {
            let batch = RecordBatch::try_from_iter([(
                "text",
                Arc::new(StringArray::from(vec!["a".to_owned(), "é".repeat(length)])) as _,
            )])
            .unwrap();
            let found = stats(&batch);
            assert_eq!(found["minValues"], json!({"text": "a"}));
            assert_eq!(found["maxValues"], json!({}));
        }
    }
}
