//! Draft contracts and gold models.

use crate::LakeError;
use crate::ledger::registry::Ledger;
use crate::refusal::{Refusal, refusal};
use crate::store::outside::how_to_allow;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use sluice_contract::{Mistake, TableName};

/// Folder of the queries.
const QUERIES: &str = "queries";
/// Documents read at once.
const READS_AT_ONCE: usize = 16;

/// A document of the lake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentText {
    /// Path in the lake.
    pub path: String,
    /// Its text; else why one may not read it. Every other failure is that of the store and not of the document.
    pub text: Result<String, Mistake>,
}

/// A `.sql` file below `models/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelText {
    /// Path in the lake.
    pub path: String,
    /// The gold table that it makes; else a sentence that says why its path names none.
    pub name: Result<TableName, String>,
    /// Its text, as [`DocumentText::text`].
    pub sql: Result<String, Mistake>,
}

impl Ledger {
    /// Draft contracts by path: every `.yaml` and `.yml` below `contracts/`.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Read`].
    pub async fn contract_texts(&self) -> Result<Vec<DocumentText>, LakeError> {
        self.texts("contracts", &[".yaml", ".yml"]).await
    }

    /// Writes a draft contract to its place; returns the path.
    ///
    /// # Errors
    /// [`LakeError::Write`].
    pub async fn put_contract(&self, name: &TableName, text: &str) -> Result<String, LakeError> {
        let path = format!("contracts/{}/{}.yaml", name.dataset, name.table);
        self.objects.put(&path, Bytes::copy_from_slice(text.as_bytes())).await?;
        Ok(path)
    }

    /// Writes the SQL of a gold model and returns its path.
    ///
    /// # Errors
    /// [`LakeError::Write`].
    pub async fn put_model(&self, name: &TableName, sql: &str) -> Result<String, LakeError> {
        let path = format!("models/{}/{}.sql", name.dataset, name.table);
        self.objects.put(&path, Bytes::copy_from_slice(sql.as_bytes())).await?;
        Ok(path)
    }

    /// Every `.sql` file below `models/`, by path. One whose place or name makes no table name costs only itself:
    /// its [`ModelText::name`] says why.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Read`].
    pub async fn models(&self) -> Result<Vec<ModelText>, LakeError> {
        let texts = self.texts("models", &[".sql"]).await?;
        let model = |DocumentText { path, text }| ModelText { name: model_name(&path), path, sql: text };
        Ok(texts.into_iter().map(model).collect())
    }

    /// Every test of the draft, `tests/**.yaml`, by path.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Read`].
    pub async fn test_texts(&self) -> Result<Vec<DocumentText>, LakeError> {
        self.texts("tests", &[".yaml", ".yml"]).await
    }

    /// The queries that are saved in the lake, `(name, text)`, by name: every `.sql` file below `queries/` that one may
    /// read.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Read`].
    pub async fn queries(&self) -> Result<Vec<(String, String)>, LakeError> {
        let texts = self.texts(QUERIES, &[".sql"]).await?;
        let name =
            |path: &str| path.trim_start_matches(QUERIES).trim_start_matches('/').trim_end_matches(".sql").to_owned();
        Ok(texts.into_iter().filter_map(|of| Some((name(&of.path), of.text.ok()?))).collect())
    }

    /// Writes a query, in place of one of that name.
    ///
    /// # Errors
    /// [`LakeError::BadPath`] for a name that leaves the folder, [`LakeError::Write`].
    pub async fn put_query(&self, name: &str, sql: &str) -> Result<(), LakeError> {
        self.objects.put(&format!("{QUERIES}/{name}.sql"), Bytes::copy_from_slice(sql.as_bytes())).await
    }

    async fn texts(&self, folder: &str, endings: &[&str]) -> Result<Vec<DocumentText>, LakeError> {
        let files = self.objects.list(folder).await?;
        let read = files.into_iter().filter(|file| endings.iter().any(|ending| file.path.ends_with(ending))).map(
            async |file| {
                let text = match self.objects.read(&file.path).await {
                    Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
                    Err(LakeError::Outside { path, place }) => {
                        let fix = how_to_allow(&place);
                        Err(Mistake { message: LakeError::Outside { path, place }.to_string(), fix })
                    }
                    Err(error) => match refusal(&error) {
                        Some(refused @ Refusal::NoFileRight { .. }) => {
                            Err(Mistake { message: format!("{error}: {refused}"), fix: refused.next() })
                        }
                        _ => return Err(error),
                    },
                };
                Ok::<_, LakeError>(DocumentText { path: file.path, text })
            },
        );
        futures::stream::iter(read).buffered(READS_AT_ONCE).try_collect().await
    }
}

/// The table that a model makes, by its path; else why the path names none.
fn model_name(path: &str) -> Result<TableName, String> {
    let parts: Vec<&str> = path.strip_suffix(".sql").unwrap_or(path).split('/').collect();
    match parts.as_slice() {
        ["models", dataset, model] => TableName::new(dataset, model),
        _ => Err("a model is models/<dataset>/<model>.sql".to_owned()),
    }
}
