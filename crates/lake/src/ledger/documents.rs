//! Draft contracts and gold models.

use crate::LakeError;
use crate::ledger::registry::Ledger;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use sluice_contract::TableName;

/// Documents read at once.
const READS_AT_ONCE: usize = 16;

impl Ledger {
    /// Draft contracts, `(path, text)`, by path: every `.yaml` and `.yml` below `contracts/`.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Read`].
    pub async fn contract_texts(&self) -> Result<Vec<(String, String)>, LakeError> {
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

    /// Gold models, `(name, path, SQL)`, by path: every `models/<dataset>/<model>.sql`.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Read`]; [`LakeError::BadPath`] for a `.sql` file whose place or
    /// name does not make a table name.
    pub async fn models(&self) -> Result<Vec<(TableName, String, String)>, LakeError> {
        let texts = self.texts("models", &[".sql"]).await?;
        texts.into_iter().map(|(path, sql)| Ok((model_name(&path)?, path, sql))).collect()
    }

    async fn texts(&self, folder: &str, endings: &[&str]) -> Result<Vec<(String, String)>, LakeError> {
        let files = self.objects.list(folder).await?;
        let read = files.into_iter().filter(|file| endings.iter().any(|ending| file.path.ends_with(ending))).map(
            async |file| {
                let bytes = self.objects.read(&file.path).await?;
                Ok::<_, LakeError>((file.path, String::from_utf8_lossy(&bytes).into_owned()))
            },
        );
        futures::stream::iter(read).buffered(READS_AT_ONCE).try_collect().await
    }
}

fn model_name(path: &str) -> Result<TableName, LakeError> {
    let parts: Vec<&str> = path.trim_end_matches(".sql").split('/').collect();
    let name = match parts.as_slice() {
        ["models", dataset, model] => TableName::new(dataset, model).ok(),
        _ => None,
    };
    name.ok_or_else(|| LakeError::BadPath { path: path.to_owned() })
}
