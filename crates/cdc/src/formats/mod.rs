//! The formats, a folder each, and the registry of them.
//!
//! A new one is its folder with a type that is a [`Format`] (one of JSON lines is a [`json::JsonFormat`]), a line in
//! [`of`], an entry in the list of [`SourceFormat`], a scenario and a section of `docs/formats.md`.

mod canal;
mod debezium;
mod debezium_flat;
mod debezium_json;
mod debezium_parquet;
mod dms;
mod dms_csv;
mod dms_json;
mod dms_parquet;
mod dms_transactions;
mod goldengate;
mod json;
mod maxwell;
mod rows;
mod rows_csv;
mod rows_parquet;

use crate::format::Format;
use sluice_contract::SourceFormat;

/// The format of that name.
pub(crate) fn of(name: SourceFormat) -> &'static dyn Format {
    match name {
        SourceFormat::DebeziumJson => &debezium_json::DebeziumJson,
        SourceFormat::DebeziumFlatJson => &debezium_flat::DebeziumFlat,
        SourceFormat::DebeziumParquet => &debezium_parquet::DebeziumParquet,
        SourceFormat::MaxwellJson => &maxwell::MaxwellJson,
        SourceFormat::CanalJson => &canal::CanalJson,
        SourceFormat::GoldengateJson => &goldengate::GoldengateJson,
        SourceFormat::DmsParquet => &dms_parquet::DmsParquet,
        SourceFormat::DmsCsv => &dms_csv::DmsCsv,
        SourceFormat::DmsJson => &dms_json::DmsJson,
        SourceFormat::DmsTransactionsCsv => &dms_transactions::DmsTransactions,
        SourceFormat::Parquet => &rows_parquet::RowsParquet,
        SourceFormat::Csv => &rows_csv::RowsCsv,
    }
}

/// All formats.
pub(crate) fn all() -> impl Iterator<Item = &'static dyn Format> {
    SourceFormat::ALL.iter().map(|name| of(*name))
}

#[cfg(test)]
mod tests {
    use super::{all, of};
    use sluice_contract::SourceFormat;

    #[test]
    fn the_registry_and_the_contract_agree() {
        for name in SourceFormat::ALL {
            let format = of(*name);
            assert_eq!(format.name(), *name);
            assert_eq!(format.markers().carries_operations, name.carries_operations(), "{name}");
        }
        assert_eq!(all().count(), SourceFormat::ALL.len());
    }
}
