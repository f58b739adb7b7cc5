//! Files by their address: folders, buckets, listings, durable writes, Parquet bytes.

pub(crate) mod aws_profile;
pub(crate) mod base_view;
pub(crate) mod bucket;
pub(crate) mod bucket_settings;
pub(crate) mod data_file_reader;
pub(crate) mod durable_store;
pub(crate) mod encode;
pub(crate) mod lake_folders;
pub(crate) mod lake_identity;
pub(crate) mod listing;
pub(crate) mod objects;
pub(crate) mod outside;
pub(crate) mod overlay;
mod page_checksums;
pub(crate) mod proof;
pub(crate) mod root;
pub(crate) mod staged;
pub(crate) mod walk;
pub(crate) mod without_checkpoints;
