//! The contract as written: the shape of the YAML file, with places for messages.

use serde::Deserialize;
use serde_saphyr::Spanned;
use std::collections::BTreeMap;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) dataset: Spanned<String>,
    pub(crate) version: Option<u32>,
    pub(crate) description: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) sla: Option<Spanned<String>>,
    pub(crate) size_class: Option<Spanned<String>>,
    pub(crate) schedule: Option<Spanned<String>>,
    pub(crate) source: Option<SourceDocument>,
    pub(crate) sources: Option<Spanned<Vec<SourceDocument>>>,
    pub(crate) apply: Option<ApplyDocument>,
    pub(crate) guards: Option<GuardsDocument>,
    #[serde(default)]
    pub(crate) quality: Vec<CheckDocument>,
    pub(crate) schema: Spanned<Vec<ColumnDocument>>,
}

/// `source`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceDocument {
    pub(crate) name: Option<Spanned<String>>,
    pub(crate) path: Spanned<String>,
    pub(crate) format: Spanned<String>,
    pub(crate) files: Option<Spanned<String>>,
    pub(crate) manifest: Option<Spanned<String>>,
    pub(crate) encoding: Option<Spanned<String>>,
    pub(crate) csv_delimiter: Option<Spanned<String>>,
    pub(crate) csv_quote: Option<Spanned<String>>,
    pub(crate) csv_escape: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) decimal_comma: bool,
    pub(crate) sheet: Option<String>,
    pub(crate) table: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) csv_columns: Vec<String>,
    #[serde(default)]
    pub(crate) csv_layouts: Vec<Vec<String>>,
    pub(crate) null_text: Option<String>,
    pub(crate) from: Option<Spanned<Scalar>>,
    pub(crate) from_version: Option<Spanned<u64>>,
    pub(crate) unavailable_value: Option<String>,
    pub(crate) decimals: Option<Spanned<String>>,
    pub(crate) binary: Option<Spanned<String>>,
    pub(crate) time_zone: Option<Spanned<String>>,
    pub(crate) evolution: Option<Spanned<String>>,
    pub(crate) schema_policy: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) add_fields: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(crate) hints: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(crate) drop: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) ignored: Vec<Spanned<String>>,
    pub(crate) review: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) restarts: BTreeMap<u64, Spanned<String>>,
    #[serde(default)]
    pub(crate) backfill: Vec<BackfillDocument>,
}

/// An entry of `source.backfill`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackfillDocument {
    pub(crate) name: Spanned<String>,
    pub(crate) path: Spanned<String>,
    pub(crate) format: Spanned<String>,
    #[serde(default)]
    pub(crate) csv_columns: Vec<String>,
    pub(crate) read_rank: Option<Spanned<String>>,
}

/// `apply`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplyDocument {
    #[serde(default)]
    pub(crate) key: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) sequence: Vec<Spanned<String>>,
    pub(crate) delete_when: Option<Spanned<String>>,
    pub(crate) truncate_when: Option<Spanned<String>>,
    pub(crate) keep: Option<Spanned<String>>,
    pub(crate) scd: Option<Spanned<Scalar>>,
    pub(crate) track_history: Option<Spanned<Vec<String>>>,
    pub(crate) track_history_except: Option<Spanned<Vec<String>>>,
    pub(crate) tie_policy: Option<Spanned<String>>,
    pub(crate) null_updates: Option<Spanned<String>>,
    pub(crate) null_updates_columns: Option<Spanned<Vec<String>>>,
    pub(crate) null_updates_except: Option<Spanned<Vec<String>>>,
    pub(crate) update_columns: Option<Spanned<String>>,
    pub(crate) delete_mode: Option<Spanned<String>>,
    pub(crate) key_change: Option<Spanned<String>>,
    pub(crate) on_missing_base: Option<Spanned<String>>,
    pub(crate) tombstone_retention: Option<Spanned<String>>,
    pub(crate) from_snapshot: Option<Spanned<FromSnapshotDocument>>,
    pub(crate) mode: Option<Spanned<String>>,
    pub(crate) changes_table: Option<Spanned<bool>>,
    pub(crate) quarantine_limit: Option<Spanned<f64>>,
}

/// `apply.from_snapshot`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FromSnapshotDocument {
    pub(crate) files: Option<Spanned<String>>,
    pub(crate) column: Option<Spanned<String>>,
    pub(crate) complete_when: Option<Spanned<String>>,
    pub(crate) max_deleted_share: Option<Spanned<f64>>,
}

/// `guards`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuardsDocument {
    pub(crate) max_deleted_share: Option<Spanned<f64>>,
    pub(crate) max_deleted_rows: Option<u64>,
    pub(crate) truncate: Option<Spanned<String>>,
    pub(crate) empty_load: Option<Spanned<String>>,
}

/// An entry of `quality`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckDocument {
    pub(crate) check: Spanned<String>,
    pub(crate) severity: Option<Spanned<String>>,
    pub(crate) on_fail: Option<Spanned<String>>,
}

/// An entry of `schema`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ColumnDocument {
    pub(crate) name: Spanned<String>,
    #[serde(rename = "type")]
    pub(crate) data_type: Spanned<String>,
    pub(crate) path: Option<Spanned<String>>,
    pub(crate) from: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) source_name: bool,
    pub(crate) from_folder: Option<Spanned<String>>,
    pub(crate) unit: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) primary_key: bool,
    #[serde(default)]
    pub(crate) required: bool,
    #[serde(default)]
    pub(crate) pii: bool,
    pub(crate) default: Option<Spanned<Scalar>>,
    pub(crate) renamed_from: Option<Names>,
    #[serde(default)]
    pub(crate) removed: bool,
    pub(crate) since: Option<Spanned<String>>,
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) constraints: Vec<Spanned<String>>,
}

/// One name or a list of names.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Names {
    One(String),
    Many(Vec<String>),
}

/// A literal kept as text: `1`, `7.50`, `true`, `web`.
#[derive(Debug)]
pub(crate) struct Scalar(pub(crate) String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A string request keeps the digits as written, so 7.50 stays 7.50.
        String::deserialize(deserializer).map(Self)
    }
}

impl Document {
    /// The sources as written: the one of `source`, or those of `sources`.
    pub(crate) fn all_sources(&self) -> impl Iterator<Item = &SourceDocument> {
        self.source.iter().chain(self.sources.iter().flat_map(|sources| &sources.value))
    }
}
