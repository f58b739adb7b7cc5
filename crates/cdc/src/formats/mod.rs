//! The formats, a folder each, and the registry of them.
//!
//! A new one is its folder with a type that is a [`Format`] (one of JSON lines is a [`json::JsonFormat`], rows with columns of a tool's own a table in
//! [`marked::tools`]), a line in
//! [`of`], an entry in the list of [`SourceFormat`], a scenario and a section of `docs/formats.md`.

mod canal;
mod contained;
mod csv_settings;
pub(crate) mod debezium;
mod debezium_flat;
mod debezium_json;
mod debezium_parquet;
mod dms;
mod dms_csv;
mod dms_json;
mod dms_parquet;
mod dms_transactions;
mod dynamodb;
mod goldengate;
mod json;
mod marked;
mod maxwell;
mod mongodb;
pub(crate) mod rows;
mod rows_columns;
mod rows_csv;
mod rows_json;
mod rows_xlsx;

use crate::files::column_file::Container;
use crate::format::Format;
use contained::Contained;
use debezium_flat::DebeziumFlat;
use debezium_json::DebeziumJson;
pub(crate) use dms::DOCUMENT;
pub(crate) use dynamodb::export::shared_folder as export_folder;
pub(crate) use json::wrapping::payload_of;
pub(crate) use rows_json::is_message;
use sluice_contract::SourceFormat;

/// Rows of a tool in a container.
macro_rules! marked {
    ($name:ident, $tool:ident, $container:ident) => {
        &marked::Marked {
            name: SourceFormat::$name,
            tool: &marked::tools::$tool,
            container: marked::Container::$container,
        }
    };
}

static DEBEZIUM_AVRO: Contained<DebeziumJson> = Contained::new(SourceFormat::DebeziumAvro, Container::Avro);
static DEBEZIUM_FLAT_AVRO: Contained<DebeziumFlat> = Contained::new(SourceFormat::DebeziumFlatAvro, Container::Avro);
static DEBEZIUM_FLAT_PARQUET: Contained<DebeziumFlat> =
    Contained::new(SourceFormat::DebeziumFlatParquet, Container::Parquet);

/// The format of that name.
pub(crate) fn of(name: SourceFormat) -> &'static dyn Format {
    match name {
        SourceFormat::DebeziumJson => &DebeziumJson,
        SourceFormat::DebeziumFlatJson => &DebeziumFlat,
        SourceFormat::DebeziumParquet => &debezium_parquet::DebeziumParquet,
        SourceFormat::MaxwellJson => &maxwell::MaxwellJson,
        SourceFormat::CanalJson => &canal::CanalJson,
        SourceFormat::GoldengateJson => &goldengate::GoldengateJson,
        SourceFormat::DynamodbJson => &dynamodb::DynamodbJson,
        SourceFormat::MongodbJson => &mongodb::MongodbJson,
        SourceFormat::AirbyteJson => marked!(AirbyteJson, AIRBYTE, Json),
        SourceFormat::AirbyteCsv => marked!(AirbyteCsv, AIRBYTE, Csv),
        SourceFormat::AirbyteParquet => marked!(AirbyteParquet, AIRBYTE, Parquet),
        SourceFormat::FivetranJson => marked!(FivetranJson, FIVETRAN, Json),
        SourceFormat::FivetranCsv => marked!(FivetranCsv, FIVETRAN, Csv),
        SourceFormat::FivetranParquet => marked!(FivetranParquet, FIVETRAN, Parquet),
        SourceFormat::HevoJson => marked!(HevoJson, HEVO, Json),
        SourceFormat::HevoCsv => marked!(HevoCsv, HEVO, Csv),
        SourceFormat::HevoParquet => marked!(HevoParquet, HEVO, Parquet),
        SourceFormat::QlikJson => marked!(QlikJson, QLIK, Json),
        SourceFormat::QlikCsv => marked!(QlikCsv, QLIK, Csv),
        SourceFormat::QlikParquet => marked!(QlikParquet, QLIK, Parquet),
        SourceFormat::DeltaFeedJson => marked!(DeltaFeedJson, DELTA_FEED, Json),
        SourceFormat::DeltaFeedCsv => marked!(DeltaFeedCsv, DELTA_FEED, Csv),
        SourceFormat::DeltaFeedParquet => marked!(DeltaFeedParquet, DELTA_FEED, Parquet),
        SourceFormat::DmsParquet => &dms_parquet::DmsParquet,
        SourceFormat::DmsCsv => &dms_csv::DmsCsv,
        SourceFormat::DmsJson => &dms_json::DmsJson,
        SourceFormat::DmsTransactionsCsv => &dms_transactions::DmsTransactions,
        SourceFormat::Parquet => &rows_columns::PARQUET,
        SourceFormat::DebeziumAvro => &DEBEZIUM_AVRO,
        SourceFormat::DebeziumFlatAvro => &DEBEZIUM_FLAT_AVRO,
        SourceFormat::DebeziumFlatParquet => &DEBEZIUM_FLAT_PARQUET,
        SourceFormat::Csv => &rows_csv::RowsCsv,
        SourceFormat::Json => &rows_json::RowsJson,
        SourceFormat::Avro => &rows_columns::AVRO,
        SourceFormat::Xlsx => &rows_xlsx::RowsXlsx,
    }
}

/// Whether a file says what is in the data files beside it (`.dfm` of Qlik Replicate).
pub(crate) fn is_description(path: &str) -> bool {
    path.ends_with(marked::dfm::ENDING)
}

/// The format of files that look like another one, and have a description beside them.
pub(crate) fn with_description(format: SourceFormat) -> SourceFormat {
    match format {
        SourceFormat::Csv | SourceFormat::DmsCsv => SourceFormat::QlikCsv,
        SourceFormat::Parquet | SourceFormat::DmsParquet => SourceFormat::QlikParquet,
        other => other,
    }
}

/// Whether a record is one of Debezium that is of no table.
pub(crate) fn is_beside_tables(record: &str) -> bool {
    let inside = json::wrapping::value_of(record);
    debezium::beside::beside(inside.as_deref().unwrap_or(record)).is_some()
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
