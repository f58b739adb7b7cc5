//! Contracts and models that were read for a view before, as long as their files are the same.

use crate::RunError;
use crate::contract_set::ContractSet;
use sluice_change::SourceFile;
use sluice_lake::Lake;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Folders whose files decide.
const FOLDERS: [&str; 3] = ["contracts", "models", "_sluice/current"];
/// How long nothing is looked at again: the views of one click.
const TRUSTED: Duration = Duration::from_secs(1);

/// The draft, and after it the release, for what the draft lacks.
pub(crate) type ContractSets = Arc<[ContractSet]>;

/// What was read last.
#[derive(Default)]
pub(crate) struct KnownContracts {
    last: Mutex<Option<Known>>,
}

#[derive(Clone)]
struct Known {
    looked: Instant,
    files: Vec<SourceFile>,
    sets: ContractSets,
}

impl KnownContracts {
    /// The draft, and after it the release. Files are read again when one of them is another.
    ///
    /// # Errors
    /// If the draft cannot be read. A release that is not there, or cannot be read, is left out.
    pub(super) async fn of(&self, lake: &Lake) -> Result<ContractSets, RunError> {
        let known = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.as_ref().filter(|known| known.looked.elapsed() < TRUSTED) {
            return Ok(Arc::clone(&known.sets));
        }
        let looked = Instant::now();
        let mut files = Vec::new();
        for folder in FOLDERS {
            files.extend(lake.objects().list(folder).await?);
        }
        let sets = match known {
            Some(known) if known.files == files => known.sets,
            _ => {
                let draft = ContractSet::draft(lake).await?;
                let published = ContractSet::published(lake).await.map(|(_, set)| set);
                [draft].into_iter().chain(published).collect()
            }
        };
        let known = Known { looked, files, sets: Arc::clone(&sets) };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
        Ok(sets)
    }
}

#[cfg(test)]
mod tests {
    use super::{KnownContracts, TRUSTED};
    use sluice_lake::Lake;

    #[tokio::test]
    async fn a_contract_that_changes_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::open(folder.path().to_str().unwrap()).await.unwrap();
        let known = KnownContracts::default();
        let name = "shop.orders".parse().unwrap();
        let text = "dataset: shop.orders\nschema:\n- {name: id, type: int, primary_key: true}\n";
        assert!(known.of(&lake).await.unwrap()[0].contracts.is_empty());
        lake.ledger().put_contract(&name, text).await.unwrap();
        tokio::time::sleep(TRUSTED).await;
        let first = known.of(&lake).await.unwrap();
        assert_eq!(first[0].contracts.len(), 1);
        tokio::time::sleep(TRUSTED).await;
        let again = known.of(&lake).await.unwrap();
        assert!(std::sync::Arc::ptr_eq(&first, &again), "nothing was read again");
    }
}
