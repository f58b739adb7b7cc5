//! The formats of change files: one list, from which everything that a contract knows of a format follows.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Whether records say what they do to their row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operations {
    /// Every record has an operation.
    Carried,
    /// A record is the row as it is now, so every record is an upsert, ordered by a watermark column.
    None,
}

/// How the values of a record get their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Names {
    /// Every record or file names its columns.
    InFile,
    /// A file may have no header; then the contract names the fields (`csv_columns`, `csv_layouts`).
    MayBeMissing,
}

/// Whether records say which table of the source they are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tables {
    /// They may; one stream may carry several.
    Named,
    /// Their folder does.
    ByFolder,
}

macro_rules! formats {
    ($(
        #[doc = $about:literal]
        $variant:ident {
            word: $word:literal,
            operations: $operations:ident,
            names: $names:ident,
            tables: $tables:ident,
            sequence: [$($part:literal),*],
            rows_word: $rows_word:expr,
        }
    )+) => {
        /// Format of change files.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum SourceFormat {
            $(#[doc = $about] $variant,)+
        }

        impl SourceFormat {
            /// All formats.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in the contract.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// One sentence for people on what its files are.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $about.trim_ascii()),+ }
            }

            /// The word beside `apply.from_snapshot` and in `source.backfill`, where the same reader takes rows
            /// without an operation; `None` where such rows have no word of their own.
            #[must_use]
            pub fn rows_word(self) -> Option<&'static str> {
                match self { $(Self::$variant => $rows_word),+ }
            }

            /// What orders the events when the contract does not say; empty where it has to.
            #[must_use]
            pub fn default_sequence(self) -> Vec<String> {
                let parts: &[&str] = match self { $(Self::$variant => &[$($part),*]),+ };
                parts.iter().map(|&part| part.to_owned()).collect()
            }

            /// Whether its values are those of JSON.
            #[must_use]
            pub fn is_json(self) -> bool {
                match self.container() {
                    Some(_) => true,
                    None => self.as_str().contains("json"),
                }
            }

            /// Whether its values have the types of Parquet or Avro, whose times are those of UTC.
            #[must_use]
            pub fn is_parquet(self) -> bool {
                self.container().is_none() && (self.as_str().contains("parquet") || self == Self::Avro)
            }

            /// The format of the same records as JSON lines, where its files have them in Avro or Parquet.
            #[must_use]
            pub fn container(self) -> Option<Self> {
                match self {
                    Self::DebeziumAvro => Some(Self::DebeziumJson),
                    Self::DebeziumFlatAvro | Self::DebeziumFlatParquet => Some(Self::DebeziumFlatJson),
                    _ => None,
                }
            }

            /// Whether its records are rows that `ExtractNewRecordState` of Debezium flattened.
            #[must_use]
            pub fn is_flattened(self) -> bool {
                matches!(self, Self::DebeziumFlatJson | Self::DebeziumFlatAvro | Self::DebeziumFlatParquet)
            }

            fn operations(self) -> Operations {
                match self { $(Self::$variant => Operations::$operations),+ }
            }

            fn names(self) -> Names {
                match self { $(Self::$variant => Names::$names),+ }
            }

            fn tables(self) -> Tables {
                match self { $(Self::$variant => Tables::$tables),+ }
            }
        }
    };
}

formats! {
    /// Debezium envelopes as JSON lines, with or without schema, plain or gzip.
    DebeziumJson {
        word: "debezium_json",
        operations: Carried,
        names: InFile,
        tables: Named,
        sequence: ["record.position"],
        rows_word: None,
    }
    /// Debezium through `ExtractNewRecordState` as JSON lines, plain or gzip.
    DebeziumFlatJson {
        word: "debezium_flat_json",
        operations: Carried,
        names: InFile,
        tables: Named,
        sequence: ["record.position"],
        rows_word: None,
    }
    /// Debezium envelopes as rows of Parquet, as sinks write them.
    DebeziumParquet {
        word: "debezium_parquet",
        operations: Carried,
        names: InFile,
        tables: Named,
        sequence: ["record.position"],
        rows_word: None,
    }
    /// Maxwell's changes of MySQL and MariaDB as JSON lines, plain or gzip.
    MaxwellJson {
        word: "maxwell_json",
        operations: Carried,
        names: InFile,
        tables: Named,
        sequence: ["record.file", "record.pos", "record.xoffset"],
        rows_word: None,
    }
    /// Canal's and TiCDC's changes of MySQL and TiDB as JSON lines, plain or gzip.
    CanalJson {
        word: "canal_json",
        operations: Carried,
        names: InFile,
        tables: Named,
        sequence: ["record.offset"],
        rows_word: None,
    }
    /// Oracle GoldenGate's operations as JSON lines, plain or gzip.
    GoldengateJson {
        word: "goldengate_json",
        operations: Carried,
        names: InFile,
        tables: Named,
        sequence: ["record.pos"],
        rows_word: None,
    }
    /// DynamoDB: records of its streams, through Kinesis and Firehose too, and exports to S3, as JSON, plain or gzip.
    DynamodbJson {
        word: "dynamodb_json",
        operations: Carried,
        names: InFile,
        tables: Named,
        sequence: ["record.SequenceNumber"],
        rows_word: None,
    }
    /// Events of `MongoDB` change streams as JSON lines, plain or gzip.
    MongodbJson {
        word: "mongodb_json",
        operations: Carried,
        names: InFile,
        tables: Named,
        sequence: ["record.resumeToken"],
        rows_word: None,
    }
    /// Rows of Airbyte as JSON lines, plain or gzip.
    AirbyteJson {
        word: "airbyte_json",
        operations: Carried,
        names: InFile,
        tables: ByFolder,
        sequence: ["_ab_cdc_lsn"],
        rows_word: None,
    }
    /// Rows of Airbyte as CSV, plain or gzip.
    AirbyteCsv {
        word: "airbyte_csv",
        operations: Carried,
        names: MayBeMissing,
        tables: ByFolder,
        sequence: ["_ab_cdc_lsn"],
        rows_word: None,
    }
    /// Rows of Airbyte as Parquet.
    AirbyteParquet {
        word: "airbyte_parquet",
        operations: Carried,
        names: InFile,
        tables: ByFolder,
        sequence: ["_ab_cdc_lsn"],
        rows_word: None,
    }
    /// Rows of Fivetran as JSON lines, plain or gzip.
    FivetranJson {
        word: "fivetran_json",
        operations: Carried,
        names: InFile,
        tables: ByFolder,
        sequence: ["_fivetran_synced"],
        rows_word: None,
    }
    /// Rows of Fivetran as CSV, plain or gzip.
    FivetranCsv {
        word: "fivetran_csv",
        operations: Carried,
        names: MayBeMissing,
        tables: ByFolder,
        sequence: ["_fivetran_synced"],
        rows_word: None,
    }
    /// Rows of Fivetran as Parquet.
    FivetranParquet {
        word: "fivetran_parquet",
        operations: Carried,
        names: InFile,
        tables: ByFolder,
        sequence: ["_fivetran_synced"],
        rows_word: None,
    }
    /// Rows of Hevo as JSON lines, plain or gzip.
    HevoJson {
        word: "hevo_json",
        operations: Carried,
        names: InFile,
        tables: ByFolder,
        sequence: ["__hevo__ingested_at"],
        rows_word: None,
    }
    /// Rows of Hevo as CSV, plain or gzip.
    HevoCsv {
        word: "hevo_csv",
        operations: Carried,
        names: MayBeMissing,
        tables: ByFolder,
        sequence: ["__hevo__ingested_at"],
        rows_word: None,
    }
    /// Rows of Hevo as Parquet.
    HevoParquet {
        word: "hevo_parquet",
        operations: Carried,
        names: InFile,
        tables: ByFolder,
        sequence: ["__hevo__ingested_at"],
        rows_word: None,
    }
    /// Rows of Qlik Replicate as JSON lines, plain or gzip.
    QlikJson {
        word: "qlik_json",
        operations: Carried,
        names: InFile,
        tables: ByFolder,
        sequence: ["header__change_seq"],
        rows_word: None,
    }
    /// Rows of Qlik Replicate as CSV, plain or gzip.
    QlikCsv {
        word: "qlik_csv",
        operations: Carried,
        names: MayBeMissing,
        tables: ByFolder,
        sequence: ["header__change_seq"],
        rows_word: None,
    }
    /// Rows of Qlik Replicate as Parquet.
    QlikParquet {
        word: "qlik_parquet",
        operations: Carried,
        names: InFile,
        tables: ByFolder,
        sequence: ["header__change_seq"],
        rows_word: None,
    }
    /// The change data feed of a Delta table, read out as JSON lines, plain or gzip.
    DeltaFeedJson {
        word: "delta_feed_json",
        operations: Carried,
        names: InFile,
        tables: ByFolder,
        sequence: ["_commit_version"],
        rows_word: None,
    }
    /// The change data feed of a Delta table, read out as CSV, plain or gzip.
    DeltaFeedCsv {
        word: "delta_feed_csv",
        operations: Carried,
        names: MayBeMissing,
        tables: ByFolder,
        sequence: ["_commit_version"],
        rows_word: None,
    }
    /// The change data feed of a Delta table: its folder, or the feed read out as Parquet.
    DeltaFeedParquet {
        word: "delta_feed_parquet",
        operations: Carried,
        names: InFile,
        tables: ByFolder,
        sequence: ["_commit_version"],
        rows_word: None,
    }
    /// AWS DMS full load and CDC as Parquet.
    DmsParquet {
        word: "dms_parquet",
        operations: Carried,
        names: InFile,
        tables: ByFolder,
        sequence: ["record.position"],
        rows_word: Some("parquet"),
    }
    /// AWS DMS full load and CDC as CSV, plain or gzip.
    DmsCsv {
        word: "dms_csv",
        operations: Carried,
        names: MayBeMissing,
        tables: ByFolder,
        sequence: ["record.position"],
        rows_word: Some("csv"),
    }
    /// AWS DMS full load and CDC as JSON lines, as it writes to Kafka and Kinesis, plain or gzip.
    DmsJson {
        word: "dms_json",
        operations: Carried,
        names: InFile,
        tables: Named,
        sequence: ["record.position"],
        rows_word: None,
    }
    /// AWS DMS files of whole transactions (`PreserveTransactions`) as CSV, plain or gzip.
    DmsTransactionsCsv {
        word: "dms_transactions_csv",
        operations: Carried,
        names: MayBeMissing,
        tables: Named,
        sequence: ["record.position"],
        rows_word: None,
    }
    /// Debezium envelopes in Avro object containers, as sinks write them.
    DebeziumAvro {
        word: "debezium_avro",
        operations: Carried,
        names: InFile,
        tables: Named,
        sequence: ["record.position"],
        rows_word: None,
    }
    /// Debezium through `ExtractNewRecordState` in Avro object containers.
    DebeziumFlatAvro {
        word: "debezium_flat_avro",
        operations: Carried,
        names: InFile,
        tables: Named,
        sequence: ["record.position"],
        rows_word: None,
    }
    /// Debezium through `ExtractNewRecordState` as Parquet.
    DebeziumFlatParquet {
        word: "debezium_flat_parquet",
        operations: Carried,
        names: InFile,
        tables: Named,
        sequence: ["record.position"],
        rows_word: None,
    }
    /// Plain rows as Parquet: upserts by a watermark column, full snapshots or append-only events.
    Parquet {
        word: "parquet",
        operations: None,
        names: InFile,
        tables: ByFolder,
        sequence: [],
        rows_word: None,
    }
    /// Plain rows as CSV: upserts by a watermark column, full snapshots or append-only events.
    Csv {
        word: "csv",
        operations: None,
        names: MayBeMissing,
        tables: ByFolder,
        sequence: [],
        rows_word: None,
    }
    /// Plain rows as JSON objects: upserts by a watermark column, full snapshots or append-only events.
    Json {
        word: "json",
        operations: None,
        names: InFile,
        tables: ByFolder,
        sequence: [],
        rows_word: None,
    }
    /// Plain rows in Avro object containers: upserts by a watermark column, full snapshots or append-only events.
    Avro {
        word: "avro",
        operations: None,
        names: InFile,
        tables: ByFolder,
        sequence: [],
        rows_word: None,
    }
    /// Plain rows in sheets of Excel: upserts by a watermark column, full snapshots or append-only events.
    Xlsx {
        word: "xlsx",
        operations: None,
        names: InFile,
        tables: ByFolder,
        sequence: [],
        rows_word: None,
    }
}

impl SourceFormat {
    /// The part of a sequence that is the position which a record has by itself: for Debezium by its connector, for
    /// AWS DMS by the columns that the task adds, else by its place in its file.
    pub const OWN_POSITION: &'static str = "record.position";

    /// The format of a word in `source.format` of a table whose files are changes.
    #[must_use]
    pub fn of_changes(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.as_str() == word)
    }

    /// The format of a word beside `apply.from_snapshot` or in `source.backfill`: `parquet` and `csv` are there the
    /// readers of AWS DMS, which take rows with and without an operation.
    #[must_use]
    pub fn of_rows(word: &str) -> Option<Self> {
        let by_rows_word = Self::ALL.iter().copied().find(|format| format.rows_word() == Some(word));
        by_rows_word.or_else(|| Self::of_changes(word))
    }

    /// Whether a record lacks the columns for which it has no value, as documents do.
    #[must_use]
    pub fn has_optional_columns(self) -> bool {
        matches!(self, Self::DynamodbJson | Self::MongodbJson | Self::Json)
    }

    /// Whether files of the format may hold full snapshots: rows that need no operation.
    #[must_use]
    pub fn has_plain_rows(self) -> bool {
        self.rows_word().is_some() || !self.carries_operations()
    }

    /// Whether its records say what they do to their row. Records of other formats are all upserts.
    #[must_use]
    pub fn carries_operations(self) -> bool {
        self.operations() == Operations::Carried
    }

    /// Whether the order of its files may tell rows of one position apart (`tie_policy: by_file`): rows without an
    /// operation, and those of Airbyte, of which one sync gives many one time.
    #[must_use]
    pub fn orders_by_file(self) -> bool {
        !self.carries_operations() || matches!(self, Self::AirbyteJson | Self::AirbyteCsv | Self::AirbyteParquet)
    }

    /// Whether its records are rows that Debezium flattened (`ExtractNewRecordState`).
    #[must_use]
    pub fn is_debezium_flat(self) -> bool {
        matches!(self, Self::DebeziumFlatJson | Self::DebeziumFlatAvro | Self::DebeziumFlatParquet)
    }

    /// Whether its records may say which table of the source they are of.
    #[must_use]
    pub fn names_its_table(self) -> bool {
        self.tables() == Tables::Named
    }

    /// Whether its files may lack the names of their columns, so that the contract has to give them.
    #[must_use]
    pub fn may_lack_names(self) -> bool {
        self.names() == Names::MayBeMissing
    }

    /// The words of the formats whose files may hold full snapshots, for a message.
    #[must_use]
    pub fn plain_words() -> String {
        let plain = Self::ALL.iter().filter(|format| !format.carries_operations());
        plain.map(|format| format.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The words of all formats for a message, `debezium_json, …`.
    #[must_use]
    pub fn words() -> String {
        Self::ALL.iter().map(|format| format.as_str()).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for SourceFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::SourceFormat;

    #[test]
    fn a_word_is_one_format_and_its_name_in_files() {
        for format in SourceFormat::ALL {
            assert_eq!(SourceFormat::of_changes(format.as_str()), Some(*format));
            assert_eq!(serde_saphyr::from_str::<SourceFormat>(format.as_str()).unwrap(), *format);
            assert!(format.about().ends_with('.') && !format.about().starts_with(' '), "{format}");
            assert_eq!(format.carries_operations(), !format.default_sequence().is_empty(), "{format}");
        }
    }

    #[test]
    fn a_full_snapshot_is_read_by_the_reader_that_lakes_have_on_record() {
        assert_eq!(SourceFormat::of_rows("parquet"), Some(SourceFormat::DmsParquet));
        assert_eq!(SourceFormat::of_rows("csv"), Some(SourceFormat::DmsCsv));
        assert_eq!(SourceFormat::of_rows("dms_csv"), Some(SourceFormat::DmsCsv));
        assert_eq!(SourceFormat::of_changes("parquet"), Some(SourceFormat::Parquet));
        assert!(!SourceFormat::DebeziumJson.has_plain_rows() && SourceFormat::DmsCsv.has_plain_rows());
    }

    #[test]
    fn every_format_has_its_place_in_the_documents() {
        // Cargo runs a test in the folder of its package.
        let text = std::fs::read_to_string("../../docs/formats.md").unwrap();
        let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        for format in SourceFormat::ALL {
            let word = format.as_str();
            assert!(headings.iter().any(|heading| heading.split(", ").any(|name| name == word)), "{word}");
        }
    }
}
