//! The tools, a table of names each.

use super::message;
use super::tool::{Does, History, Operations, Ties, Tool};
use crate::plan::markers::Markers;

/// Airbyte: raw tables and change data capture (Airbyte documentation, "Destinations V2", "CDC").
pub(crate) const AIRBYTE: Tool = Tool {
    title: "Airbyte",
    record_words: "rows of Airbyte",
    markers: Markers {
        deleted: Some("_ab_cdc_deleted_at"),
        time: Some("_ab_cdc_updated_at"),
        beside: &["_airbyte_data"],
        is_own: |name| ["_airbyte_", "_ab_"].iter().any(|prefix| name.starts_with(prefix)),
        ..Markers::CHANGE
    },
    is_of: |has| {
        ["_airbyte_raw_id", "_airbyte_ab_id", "_airbyte_extracted_at", "_airbyte_emitted_at", "_ab_cdc_updated_at"]
            .iter()
            .any(|name| has(name))
    },
    operations: Operations::DeletedHasValue,
    ties: Ties::Contract,
    orders: &[&["_ab_cdc_lsn"], &["_ab_cdc_log_file", "_ab_cdc_log_pos"], &["_ab_cdc_cursor"]],
    times: &["_airbyte_extracted_at", "_airbyte_emitted_at"],
    no_order: "The rows carry no position of a log (_ab_cdc_…), and a sync gives all its rows one time of extraction. Name \
               the cursor of the sync, a column that says when a row changed, in apply.sequence, and \
               _airbyte_extracted_at behind it",
    sync_times: &["_airbyte_extracted_at", "_airbyte_emitted_at"],
    made_key: None,
    nested: Some("_airbyte_data"),
    may_insert_again: false,
    history: None,
    open_message: |_| None,
};

/// Fivetran: soft deletes, and history mode (Fivetran documentation, "System columns and tables", "History mode").
pub(crate) const FIVETRAN: Tool = Tool {
    title: "Fivetran",
    record_words: "rows of Fivetran",
    markers: Markers {
        deleted: Some("_fivetran_deleted"),
        time: Some("_fivetran_synced"),
        beside: &["_fivetran_start", "_fivetran_end", "_fivetran_active"],
        is_own: |name| name.starts_with("_fivetran_") && name != "_fivetran_id",
        ..Markers::CHANGE
    },
    is_of: |has| ["_fivetran_synced", "_fivetran_deleted", "_fivetran_start"].iter().any(|name| has(name)),
    operations: Operations::DeletedIsTrue,
    // A delete of many rows leaves the time of their last sync as it is.
    ties: Ties::Delete,
    orders: &[&["_fivetran_start"], &["_fivetran_synced"]],
    times: &["_fivetran_synced", "_fivetran_start", "_fivetran_end"],
    no_order: "Not all rows have _fivetran_synced, by which they are ordered. Export it, or name in apply.sequence what orders \
               them",
    sync_times: &[],
    made_key: Some("_fivetran_id"),
    nested: None,
    may_insert_again: false,
    history: Some(History { start: "_fivetran_start", end: "_fivetran_end", active: "_fivetran_active" }),
    open_message: |_| None,
};

/// Hevo: soft deletes (Hevo documentation, "Hevo-generated metadata").
pub(crate) const HEVO: Tool = Tool {
    title: "Hevo",
    record_words: "rows of Hevo",
    markers: Markers {
        deleted: Some("__hevo__marked_deleted"),
        time: Some("__hevo__ingested_at"),
        is_own: |name| name.starts_with("__hevo__"),
        ..Markers::CHANGE
    },
    is_of: |has| {
        ["__hevo__ingested_at", "__hevo__marked_deleted", "__hevo__loaded_at", "__hevo_id"].iter().any(|name| has(name))
    },
    operations: Operations::DeletedIsTrue,
    ties: Ties::Delete,
    orders: &[&["__hevo__ingested_at"]],
    times: &["__hevo__ingested_at", "__hevo__loaded_at", "__hevo__source_modified_at"],
    no_order: "Not all rows have __hevo__ingested_at, by which they are ordered. Export it, or name in apply.sequence what \
               orders them",
    sync_times: &[],
    made_key: Some("__hevo_id"),
    nested: None,
    may_insert_again: false,
    history: None,
    open_message: |_| None,
};

/// Qlik Replicate: change tables in files, and messages (Qlik Replicate documentation, "Change Tables", "Message format").
pub(crate) const QLIK: Tool = Tool {
    title: "Qlik Replicate",
    record_words: "rows of Qlik Replicate",
    markers: Markers {
        operation: Some("header__change_oper"),
        time: Some("header__timestamp"),
        is_own: |name| name.starts_with("header__"),
        ..Markers::CHANGE
    },
    is_of: |has| has("header__change_oper") || has("header__change_seq"),
    operations: Operations::Words {
        known: &[
            ("I", Does::Insert),
            ("U", Does::Upsert),
            ("D", Does::Delete),
            ("B", Does::Before),
            ("INSERT", Does::Insert),
            ("UPDATE", Does::Upsert),
            ("DELETE", Does::Delete),
            ("BEFOREIMAGE", Does::Before),
            ("REFRESH", Does::Load),
        ],
        missing: Some(Does::Load),
    },
    ties: Ties::Row,
    orders: &[&["header__change_seq"]],
    times: &[],
    no_order: "Not all changes have header__change_seq, by which they are ordered. Let Qlik Replicate write it, or name in \
               apply.sequence what orders them",
    sync_times: &[],
    made_key: None,
    nested: None,
    may_insert_again: false,
    history: None,
    open_message: message::row_of,
};

/// The change data feed of a Delta table, read out into files (Delta Lake documentation, "Change data feed").
pub(crate) const DELTA_FEED: Tool = Tool {
    title: "Delta change data feed",
    record_words: "rows of a Delta change data feed",
    markers: Markers {
        operation: Some("_change_type"),
        time: Some("_commit_timestamp"),
        is_own: |name| name == "_commit_version",
        ..Markers::CHANGE
    },
    is_of: |has| has("_change_type") && has("_commit_version"),
    operations: Operations::Words {
        known: &[
            ("insert", Does::Insert),
            ("update_postimage", Does::Upsert),
            ("delete", Does::Delete),
            ("update_preimage", Does::Before),
        ],
        missing: None,
    },
    ties: Ties::Row,
    orders: &[&["_commit_version"]],
    times: &[],
    no_order: "Not all rows have _commit_version, by which they are ordered. Read the feed out with it",
    sync_times: &[],
    made_key: None,
    nested: None,
    may_insert_again: true,
    history: None,
    open_message: |_| None,
};
