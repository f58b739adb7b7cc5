//! Schema documents: by which columns silver was made, numbered, never changed.

use crate::{Lake, LakeError, PutNew};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sluice_contract::{ColumnType, Learned, TableName};

/// A column as silver was made by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaColumn {
    /// Name in silver.
    pub name: String,
    /// Type.
    #[serde(rename = "type")]
    pub data_type: ColumnType,
    /// The events brought it, the contract does not declare it.
    #[serde(default)]
    pub discovered: bool,
    /// Hash of everything that decides its values.
    pub signature: String,
}

/// The columns of a silver table from some batch on. Immutable once written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaDocument {
    /// Number, from 1 without gaps.
    pub number: u64,
    /// First batch of which it is known that it needs this schema; 0 for a change of the contract.
    pub batch: u64,
    /// Hash of everything that decides what silver holds, as the commits of silver carry it.
    pub contract_hash: String,
    /// The same without the columns.
    pub rules_hash: String,
    /// Columns in order.
    pub columns: Vec<SchemaColumn>,
    /// What the events have taught up to that batch.
    pub learned: Learned,
}

impl Lake {
    /// All schema documents of a table, by number.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Read`], [`LakeError::Corrupt`].
    pub async fn schemas(&self, table: &TableName) -> Result<Vec<SchemaDocument>, LakeError> {
        let mut documents = Vec::new();
        for file in self.list(&folder(table)).await?.into_iter().filter(|file| file.path.ends_with(".json")) {
            documents.push(self.schema_document(&file.path).await?);
        }
        documents.sort_by_key(|document| document.number);
        Ok(documents)
    }

    /// The schema document with the highest number.
    ///
    /// # Errors
    /// As [`Lake::schemas`].
    pub async fn latest_schema(&self, table: &TableName) -> Result<Option<SchemaDocument>, LakeError> {
        let files = self.list(&folder(table)).await?;
        match files.iter().map(|file| &file.path).filter(|path| path.ends_with(".json")).max() {
            Some(path) => self.schema_document(path).await.map(Some),
            None => Ok(None),
        }
    }

    /// Writes a schema document; [`PutNew::Exists`] means that another process has the number.
    ///
    /// # Errors
    /// [`LakeError::Write`].
    pub async fn put_schema(&self, table: &TableName, document: &SchemaDocument) -> Result<PutNew, LakeError> {
        let path = format!("{}/{:020}.json", folder(table), document.number);
        let bytes = serde_json::to_vec(document)
            .map_err(|source| LakeError::Write { source: Box::new(source), path: path.clone() })?;
        self.put_new(&path, Bytes::from(bytes)).await
    }

    async fn schema_document(&self, path: &str) -> Result<SchemaDocument, LakeError> {
        let bytes = self.read(path).await?;
        serde_json::from_slice(&bytes)
            .map_err(|error| LakeError::Corrupt { reason: error.to_string(), path: path.to_owned() })
    }
}

fn folder(table: &TableName) -> String {
    format!("_sluice/schemas/{}/{}", table.dataset, table.table)
}
