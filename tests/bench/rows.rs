//! Rows as a pure function of (row number, version): the same seed makes the same files everywhere.

use crate::shape::{Key, Shape};
use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int16Builder, Int32Builder,
    Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, TimeUnit};
use std::sync::Arc;

/// Name of the key column.
pub(crate) const KEY: &str = "id";
/// Syllables of the vocabulary: three of them make one of 19,683 words.
const SYLLABLES: [&str; 27] = [
    "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qi", "ro", "su", "ta", "ve", "wi", "xo",
    "zu", "bra", "cle", "dri", "flo", "gru", "sta", "tre",
];
const DAY_2020: i32 = 18_262;
const MICROS_2024: i64 = 1_704_067_200_000_000;

/// The columns besides the key, repeated as often as needed.
const CYCLE: [(&str, Column); 9] = [
    ("store", Column::Small),
    ("quantity", Column::Int),
    ("price", Column::Price),
    ("discount", Column::Double),
    ("day", Column::Day),
    ("changed_at", Column::Time),
    ("item", Column::Word),
    ("region", Column::Region),
    ("open", Column::Flag),
];

#[derive(Clone, Copy)]
enum Column {
    Small,
    Int,
    Price,
    Double,
    Day,
    Time,
    Word,
    Region,
    Flag,
}

impl Column {
    fn contract_type(self) -> &'static str {
        match self {
            Self::Small => "smallint",
            Self::Int => "int",
            Self::Price => "decimal(12,2)",
            Self::Double => "double",
            Self::Day => "date",
            Self::Time => "timestamp",
            Self::Word | Self::Region => "string",
            Self::Flag => "boolean",
        }
    }

    fn arrow_type(self) -> DataType {
        match self {
            Self::Small => DataType::Int16,
            Self::Int => DataType::Int32,
            Self::Price => DataType::Decimal128(12, 2),
            Self::Double => DataType::Float64,
            Self::Day => DataType::Date32,
            Self::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Word | Self::Region => DataType::Utf8,
            Self::Flag => DataType::Boolean,
        }
    }
}

/// Makes columns for chosen rows.
pub(crate) struct RowMaker {
    key: Key,
    seed: u64,
    columns: Vec<(String, Column)>,
}

impl RowMaker {
    /// For tables of this shape.
    pub(crate) fn new(shape: &Shape) -> Self {
        let columns = (0..shape.columns.saturating_sub(1))
            .map(|at| {
                let (name, column) = CYCLE[at % CYCLE.len()];
                let name = if at < CYCLE.len() { name.to_owned() } else { format!("{name}_{}", at / CYCLE.len()) };
                (name, column)
            })
            .collect();
        Self { key: shape.key, seed: shape.seed, columns }
    }

    /// Names and types in the contract's words.
    pub(crate) fn contract_columns(&self) -> Vec<(String, String)> {
        let key = match self.key {
            Key::Bigint | Key::Sequence => "bigint",
            Key::Uuid => "string",
        };
        let others = self.columns.iter().map(|(name, column)| (name.clone(), column.contract_type().to_owned()));
        std::iter::once((KEY.to_owned(), key.to_owned())).chain(others).collect()
    }

    /// The field of the key.
    pub(crate) fn key_field(&self) -> Field {
        let kind = if self.key == Key::Uuid { DataType::Utf8 } else { DataType::Int64 };
        Field::new(KEY, kind, false)
    }

    /// Fields of the other columns.
    pub(crate) fn other_fields(&self) -> Vec<Field> {
        self.columns.iter().map(|(name, column)| Field::new(name, column.arrow_type(), true)).collect()
    }

    /// The number that is the key of a row, for keys that are numbers.
    pub(crate) fn number(&self, row: u64) -> i64 {
        match self.key {
            Key::Sequence => i64::try_from(row).unwrap_or(i64::MAX),
            Key::Bigint | Key::Uuid => mix(row ^ self.seed.rotate_left(17)).cast_signed(),
        }
    }

    /// Keys of rows.
    pub(crate) fn keys(&self, rows: &[u64]) -> ArrayRef {
        if self.key != Key::Uuid {
            let mut keys = Int64Builder::with_capacity(rows.len());
            rows.iter().for_each(|row| keys.append_value(self.number(*row)));
            return Arc::new(keys.finish());
        }
        let mut keys = StringBuilder::with_capacity(rows.len(), rows.len() * 36);
        for row in rows {
            let (high, low) = (self.number(*row).cast_unsigned(), mix(!*row ^ self.seed));
            keys.append_value(format!(
                "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                high >> 32,
                (high >> 16) & 0xffff,
                high & 0xffff,
                low >> 48,
                low & 0xffff_ffff_ffff
            ));
        }
        Arc::new(keys.finish())
    }

    /// The other columns of rows in their version; one version per row.
    pub(crate) fn others(&self, rows: &[u64], versions: &[u64]) -> anyhow::Result<Vec<ArrayRef>> {
        let hashes: Vec<u64> = rows
            .iter()
            .zip(versions)
            .map(|(row, version)| mix(mix(*row ^ self.seed) ^ version.rotate_left(32)))
            .collect();
        let columns = self.columns.iter().enumerate();
        columns.map(|(at, (_, column))| make(*column, at as u64, &hashes, versions)).collect()
    }
}

fn make(column: Column, at: u64, hashes: &[u64], versions: &[u64]) -> anyhow::Result<ArrayRef> {
    let salt = mix(at + 1);
    let values = hashes.iter().map(|hash| mix(hash ^ salt));
    let rows = hashes.len();
    Ok(match column {
        Column::Small => {
            let mut made = Int16Builder::with_capacity(rows);
            values.for_each(|value| made.append_value(below(value, 100) as i16));
            Arc::new(made.finish())
        }
        Column::Int => {
            let mut made = Int32Builder::with_capacity(rows);
            values.for_each(|value| made.append_value(below(value, 1_000_000) as i32));
            Arc::new(made.finish())
        }
        Column::Price => {
            let mut made = Decimal128Builder::with_capacity(rows).with_precision_and_scale(12, 2)?;
            values.for_each(|value| made.append_value(i128::from(below(value, 10_000_000))));
            Arc::new(made.finish())
        }
        Column::Double => {
            let mut made = Float64Builder::with_capacity(rows);
            // One row in eight has no discount at all.
            values.for_each(|value| {
                made.append_option((value & 7 != 0).then(|| f64::from(below(value, 1000)) / 1000.0));
            });
            Arc::new(made.finish())
        }
        Column::Day => {
            let mut made = Date32Builder::with_capacity(rows);
            values.for_each(|value| made.append_value(DAY_2020 + below(value, 2000) as i32));
            Arc::new(made.finish())
        }
        Column::Time => {
            let mut made = TimestampMicrosecondBuilder::with_capacity(rows).with_timezone("UTC");
            for (value, version) in values.zip(versions) {
                let seconds = i64::try_from(version % 100_000_000).unwrap_or(0);
                made.append_value(MICROS_2024 + seconds * 1_000_000 + i64::from(below(value, 1_000_000)));
            }
            Arc::new(made.finish())
        }
        Column::Word => {
            let mut made = StringBuilder::with_capacity(rows, rows * 7);
            values.for_each(|value| {
                let word = below(value, 19_683) as usize;
                for part in [word / 729, word / 27 % 27, word % 27] {
                    // Writing into memory does not fail.
                    std::fmt::Write::write_str(&mut made, SYLLABLES[part]).ok();
                }
                made.append_value("");
            });
            Arc::new(made.finish())
        }
        Column::Region => {
            let mut made = StringBuilder::with_capacity(rows, rows * 9);
            values.for_each(|value| made.append_value(format!("region{:02}", below(value, 50))));
            Arc::new(made.finish())
        }
        Column::Flag => {
            let mut made = BooleanBuilder::with_capacity(rows);
            values.for_each(|value| made.append_value(value & 1 == 0));
            Arc::new(made.finish())
        }
    })
}

/// A number below `limit` out of the upper bits.
fn below(value: u64, limit: u32) -> u32 {
    u32::try_from(((value >> 32) * u64::from(limit)) >> 32).unwrap_or(0)
}

/// SplitMix64: a bijection, so distinct rows have distinct keys.
pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
