//! Schema documents: by which columns silver was made, numbered, never changed.

use crate::LakeError;
use crate::ledger::registry::{Ledger, number_of};
use crate::store::objects::PutNew;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sluice_contract::{ColumnType, InferredSchema, TableName};
use std::collections::BTreeMap;

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
    /// Where the table has several sources: of each a hash of how its records are read, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, String>,
    /// `apply.keep` of the contract, as it prints itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<String>,
    /// The inferred schema up to that batch.
    #[serde(rename = "learned")]
    pub inferred: InferredSchema,
}

impl Ledger {
    /// All schema documents of a table, by number. Those that a listing does not show yet are asked for
    /// by name.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Read`], [`LakeError::Corrupt`].
    pub async fn schemas(&self, table: &TableName) -> Result<Vec<SchemaDocument>, LakeError> {
        let mut documents = Vec::new();
        for path in self.listed_schemas(table).await? {
            documents.extend(self.schema_document(&path).await?);
        }
        documents.sort_by_key(|document| document.number);
        let newest = documents.pop();
        documents.extend(self.newest_after(table, newest).await?);
        Ok(documents)
    }

    /// The schema document with the highest number.
    ///
    /// # Errors
    /// As [`Ledger::schemas`].
    pub async fn latest_schema(&self, table: &TableName) -> Result<Option<SchemaDocument>, LakeError> {
        let newest = match self.listed_schemas(table).await?.into_iter().max() {
            Some(path) => self.schema_document(&path).await?,
            None => None,
        };
        Ok(self.newest_after(table, newest).await?.pop())
    }

    async fn listed_schemas(&self, table: &TableName) -> Result<Vec<String>, LakeError> {
        let mut paths = Vec::new();
        for file in self.objects.list(&folder(table)).await? {
            if number_of(&file.path)?.is_some() {
                paths.push(file.path);
            }
        }
        Ok(paths)
    }

    /// The newest document that is known and those after it.
    async fn newest_after(
        &self,
        table: &TableName,
        known: Option<SchemaDocument>,
    ) -> Result<Vec<SchemaDocument>, LakeError> {
        let mut documents: Vec<SchemaDocument> = known.into_iter().collect();
        loop {
            let number = documents.last().map_or(0, |document| document.number) + 1;
            match self.schema_document(&path_of(table, number)).await? {
                Some(next) => documents.push(next),
                None => return Ok(documents),
            }
        }
    }

    /// Writes a schema document; [`PutNew::Exists`] means that another process has the number.
    ///
    /// # Errors
    /// [`LakeError::Write`].
    pub async fn put_schema(&self, table: &TableName, document: &SchemaDocument) -> Result<PutNew, LakeError> {
        let path = path_of(table, document.number);
        let bytes = serde_json::to_vec(document)
            .map_err(|source| LakeError::Write { source: Box::new(source), path: path.clone() })?;
        self.objects.put_new(&path, Bytes::from(bytes)).await
    }

    async fn schema_document(&self, path: &str) -> Result<Option<SchemaDocument>, LakeError> {
        let bytes = match self.objects.read(path).await {
            Ok(bytes) => bytes,
            Err(LakeError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let corrupt = |reason: String| LakeError::Corrupt { reason, path: path.to_owned() };
        let document: SchemaDocument = serde_json::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?;
        if path.ends_with(&format!("/{:020}.json", document.number)) {
            Ok(Some(document))
        } else {
            Err(corrupt(format!("it holds document {}", document.number)))
        }
    }
}

fn path_of(table: &TableName, number: u64) -> String {
    format!("{}/{number:020}.json", folder(table))
}

fn folder(table: &TableName) -> String {
    format!("_sluice/schemas/{}/{}", table.dataset, table.table)
}
