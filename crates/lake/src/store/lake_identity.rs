//! Which lake it is: a number that every commit carries, so that a table of another lake is none of this one.
//!
//! It is made by the first commit and never changes; a copy of a whole lake has it, too. A sandbox has that of its base.

use crate::LakeError;
use crate::environment::IdGenerator;
use crate::store::objects::{Objects, PutNew};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

/// Where it is.
const PATH: &str = "_sluice/identity.json";

/// Reads the identity of a lake, and makes it.
#[derive(Debug)]
pub(crate) struct LakeIdentity {
    objects: Objects,
    ids: IdGenerator,
    known: OnceCell<String>,
}

#[derive(Serialize, Deserialize)]
struct Document {
    lake: String,
}

impl LakeIdentity {
    pub(crate) fn new(objects: Objects, ids: IdGenerator) -> Self {
        Self { objects, ids, known: OnceCell::new() }
    }

    /// The identity; `None` of a lake in which nothing that carries it was committed.
    ///
    /// # Errors
    /// [`LakeError::Read`]; [`LakeError::Corrupt`] if the file is not what it should be.
    pub(crate) async fn known(&self) -> Result<Option<String>, LakeError> {
        match self.known.get_or_try_init(|| self.read()).await {
            Ok(id) => Ok(Some(id.clone())),
            Err(LakeError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The identity, which is written if there is none: `of_table`, that of the newest commit of a table whose lake lost
    /// its own, or a new one. `None` in a sandbox of a lake that has none.
    ///
    /// # Errors
    /// As [`Self::known`], and [`LakeError::Write`].
    pub(crate) async fn ensure(&self, of_table: Option<String>) -> Result<Option<String>, LakeError> {
        if let Some(known) = self.known().await? {
            return Ok(Some(known));
        }
        if self.objects.root().base.is_some() {
            return Ok(None);
        }
        let lake = of_table.unwrap_or_else(|| format!("{}{}", self.ids.next_text(), self.ids.next_text()));
        let failed = |source| LakeError::Write { source: Box::new(source), path: PATH.to_owned() };
        let bytes = serde_json::to_vec(&Document { lake }).map_err(failed)?;
        match self.objects.put_new(PATH, bytes.into()).await? {
            // Whoever was faster decided.
            PutNew::Created | PutNew::Exists => self.known().await,
        }
    }

    async fn read(&self) -> Result<String, LakeError> {
        let bytes = self.objects.read(PATH).await?;
        let document: Document = serde_json::from_slice(&bytes).map_err(|_| LakeError::Corrupt {
            reason: "it is not the identity of a lake; without the file that of its tables is taken".to_owned(),
            path: PATH.to_owned(),
        })?;
        Ok(document.lake)
    }
}
