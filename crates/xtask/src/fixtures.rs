//! `cargo xtask fixtures`: the recordings are what they were, or the shop is taken anew.

use crate::digest::{files_below, of_file};
use crate::project::Project;
use anyhow::{Context, bail};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Written by hand beside the recording; git keeps their history, so they have no checksum.
const BY_HAND: &[&str] = &["README.md", "contracts", "models"];
/// All of `fixtures/shop` stays under this.
const BYTES_MAX: u64 = 15_000_000;
const SUMS: &str = "SHA256SUMS";
const MANIFEST: &str = "manifest.json";

/// What is taken from a recording: folders and single files, relative to it. The transaction topic,
/// the CSV dumps, checkpoint 0 and most of the second connector's tables stay behind.
const TAKEN: &[&str] = &[
    "debezium/topics/shop.public.",
    "debezium-flat/topics/",
    "debezium-string/topics/shop_str.public.payments/",
    "dms/manifest.json",
    "dms/parquet/",
    "dms/csv/public/orders/",
    "oracle/checkpoint-1/",
    "oracle/checkpoint-2/",
    "oracle/checkpoint-3/",
    "source/",
];

/// Options of the task.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Takes the selection from this recording and writes the checksums again.
    #[arg(long, value_name = "DIR")]
    refresh: Option<PathBuf>,
}

/// Verifies, after taking anew if asked.
pub(crate) fn run(project: &Project, options: &Options) -> anyhow::Result<()> {
    let folder = project.path("fixtures/shop");
    verify(&project.path("fixtures/mariadb"))?;
    if let Some(recording) = &options.refresh {
        refresh(recording, &folder)?;
    }
    verify(&folder)
}

/// Every recorded file is listed and as it was.
pub(crate) fn verify(folder: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(folder.join(SUMS)).with_context(|| format!("{SUMS} is missing"))?;
    let mut listed: BTreeMap<&str, &str> =
        text.lines().filter_map(|line| line.split_once("  ")).map(|(sum, name)| (name, sum)).collect();
    let mut wrong = Vec::new();
    let mut bytes = 0;
    let files = own_files(folder)?;
    for name in &files {
        bytes += std::fs::metadata(folder.join(name))?.len();
        match listed.remove(name.as_str()) {
            None => wrong.push(format!("{name}: not listed")),
            Some(sum) if sum != of_file(&folder.join(name))? => wrong.push(format!("{name}: changed")),
            Some(_) => {}
        }
    }
    wrong.extend(listed.keys().map(|name| format!("{name}: missing")));
    if bytes > BYTES_MAX {
        wrong.push(format!("{bytes} bytes in all, at most {BYTES_MAX}"));
    }
    if !wrong.is_empty() {
        bail!("the fixtures are not as recorded:\n  {}", wrong.join("\n  "));
    }
    println!("fixtures: {} files, {:.1} MB, all as recorded", files.len(), bytes as f64 / 1e6);
    Ok(())
}

fn refresh(recording: &Path, folder: &Path) -> anyhow::Result<()> {
    for file in files_below(recording, &|_| false)? {
        let name = relative(recording, &file);
        let dump_as_csv = name.starts_with("oracle/") && name.ends_with(".csv.gz");
        if dump_as_csv || !TAKEN.iter().any(|taken| name.starts_with(taken)) {
            continue;
        }
        let to = folder.join(&name);
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        std::fs::write(&to, bytes).with_context(|| format!("cannot write {}", to.display()))?;
    }
    let manifest = std::fs::read_to_string(recording.join(MANIFEST)).context("the recording has no manifest.json")?;
    std::fs::write(folder.join(MANIFEST), manifest_of_taken(&manifest)?)?;
    let mut sums = String::new();
    for name in own_files(folder)? {
        sums.push_str(&format!("{}  {name}\n", of_file(&folder.join(&name))?));
    }
    std::fs::write(folder.join(SUMS), sums).with_context(|| format!("cannot write {SUMS}"))
}

/// The manifest without the topics that stay behind.
fn manifest_of_taken(text: &str) -> anyhow::Result<String> {
    let streams: Map<String, Value> = serde_json::from_str(text).context("the manifest cannot be read")?;
    let mut kept = Map::new();
    for (stream, topics) in streams {
        let Value::Object(topics) = topics else { continue };
        let topics: Map<String, Value> = topics
            .into_iter()
            .filter(|(topic, _)| TAKEN.iter().any(|taken| format!("{stream}/topics/{topic}/").starts_with(taken)))
            .collect();
        kept.insert(stream, Value::Object(topics));
    }
    Ok(serde_json::to_string_pretty(&kept)? + "\n")
}

fn own_files(folder: &Path) -> anyhow::Result<Vec<String>> {
    let files = files_below(folder, &|path| path.ends_with(SUMS))?;
    let mut names: Vec<String> = files.iter().map(|file| relative(folder, file)).collect();
    names.retain(|name| !BY_HAND.iter().any(|prefix| name.starts_with(prefix)));
    names.sort();
    Ok(names)
}

fn relative(folder: &Path, file: &Path) -> String {
    file.strip_prefix(folder).unwrap_or(file).to_string_lossy().replace('\\', "/")
}
