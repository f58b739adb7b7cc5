//! The demo lake as a folder: contracts, models, and change files that arrive checkpoint by checkpoint.

use crate::digest::files_below;
use crate::project::Project;
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The recording ends here.
pub(crate) const LAST_CHECKPOINT: u64 = 3;
/// Marks a folder as ours; only such a folder is ever cleared.
const MARK: &str = "demo.json";
/// The stream that the demo replays.
const STREAM: &str = "debezium";

/// What a new lake holds: contracts, gold models, and a source without contract for the Onboard screen.
const LAID_OUT: &[(&str, &str)] =
    &[("contracts", "contracts/shop"), ("models", "models"), ("dms/parquet", "landing/dms/parquet")];

/// A demo lake.
pub(crate) struct DemoLake {
    folder: PathBuf,
    fixtures: PathBuf,
    checkpoint: u64,
}

impl DemoLake {
    /// Opens the lake in `folder`, or lays a new one out: contracts and models, no change files yet.
    pub(crate) fn open(project: &Project, folder: PathBuf, reset: bool) -> anyhow::Result<Self> {
        let fixtures = project.path("fixtures/shop");
        let mark = folder.join(MARK);
        let known = std::fs::read_to_string(&mark).ok();
        let empty = std::fs::read_dir(&folder).map_or(true, |mut entries| entries.next().is_none());
        if known.is_none() && !empty {
            bail!("{} is not empty and no demo lake; choose another folder with --lake", folder.display());
        }
        if let (Some(text), false) = (&known, reset) {
            let checkpoint = serde_json::from_str::<Value>(text)?["checkpoint"].as_u64().unwrap_or(0);
            println!("keeping the lake in {} (checkpoint {checkpoint}); --reset lays it out anew", folder.display());
            return Ok(Self { folder, fixtures, checkpoint });
        }
        if known.is_some() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("cannot clear {}", folder.display()))?;
        }
        let lake = Self { folder, fixtures, checkpoint: 0 };
        lake.lay_out()?;
        Ok(lake)
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The last checkpoint that was replayed and compared, 0 for none.
    pub(crate) fn checkpoint(&self) -> u64 {
        self.checkpoint
    }

    /// The source database's own rows at a checkpoint.
    pub(crate) fn oracle(&self, checkpoint: u64) -> PathBuf {
        self.fixtures.join("oracle").join(format!("checkpoint-{checkpoint}"))
    }

    /// Copies the change files of one checkpoint into the landing area; names how many.
    pub(crate) fn deliver(&self, checkpoint: u64) -> anyhow::Result<u64> {
        let text =
            std::fs::read_to_string(self.fixtures.join("manifest.json")).context("fixtures/shop has no manifest")?;
        let manifest: Value = serde_json::from_str(&text).context("the manifest of fixtures/shop cannot be read")?;
        let topics = manifest[STREAM].as_object().context("the manifest names no main stream")?;
        let mut delivered = 0;
        for (topic, description) in topics {
            let inside = Path::new("topics").join(topic).join("partition=0");
            for file in description["files"].as_array().into_iter().flatten() {
                let (Some(name), true) = (file["file"].as_str(), file["checkpoint"].as_u64() == Some(checkpoint))
                else {
                    continue;
                };
                let from = self.fixtures.join(STREAM).join(&inside);
                let to = self.folder.join("landing").join(&inside);
                copy(&from.join(name), &to.join(name))?;
                // Record keys lie beside the records, under a name of their own.
                let keys = name.replacen(".json", ".keys.json", 1);
                if from.join(&keys).exists() {
                    copy(&from.join(&keys), &to.join(&keys))?;
                }
                delivered += 1;
            }
        }
        Ok(delivered)
    }

    /// Notes that a checkpoint is replayed and equal.
    pub(crate) fn reached(&mut self, checkpoint: u64) -> anyhow::Result<()> {
        self.checkpoint = checkpoint;
        let text = json!({ "demo": "shop", "checkpoint": checkpoint }).to_string();
        std::fs::write(self.folder.join(MARK), text).context("cannot write into the demo lake")
    }

    fn lay_out(&self) -> anyhow::Result<()> {
        println!("laying out the demo lake in {}", self.folder.display());
        std::fs::create_dir_all(&self.folder).with_context(|| format!("cannot create {}", self.folder.display()))?;
        std::fs::write(self.folder.join(MARK), json!({ "demo": "shop", "checkpoint": 0 }).to_string())?;
        for (from, to) in LAID_OUT {
            let folder = self.fixtures.join(from);
            for file in files_below(&folder, &|_| false)? {
                let inside = file.strip_prefix(&folder).unwrap_or(&file);
                copy(&file, &self.folder.join(to).join(inside))?;
            }
        }
        Ok(())
    }
}

/// Copies by content: a fixture may be read-only, a lake may not.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    if let Some(parent) = to.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    }
    let bytes = std::fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    std::fs::write(to, bytes).with_context(|| format!("cannot write {}", to.display()))
}
