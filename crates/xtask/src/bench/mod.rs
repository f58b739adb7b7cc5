//! `cargo xtask bench`: the recorded shop against its targets, and Sluice beside its peers.

mod bench_lake;
mod catalog;
mod chart;
mod compare;
mod data;
mod decode;
mod discovery;
mod engine;
mod entry;
mod explain;
mod machine;
mod markdown;
mod measure;
mod report;
mod sandbox;
mod shop;
mod task;

use crate::packages::{self, Need};
use crate::project::Project;
use crate::{build, ui};
use anyhow::{Context, bail};
use catalog::{CASES, Case};
use compare::{Comparison, Wish};
use engine::{Engine, Pythons};
use entry::Entry;
use std::path::{Path, PathBuf};

/// Not a comparison: files to gold and the window.
const SHOP: &str = "shop";
/// Neither: what sandboxes cost.
const SANDBOX: &str = "sandbox";

/// New files among very many.
const DISCOVERY: &str = "discovery";
/// Neither: why a row has its values.
const EXPLAIN: &str = "explain";
/// Formats beside other readers.
const DECODE: &str = "decode";

/// Options of the task.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// What is measured: `shop`, `sandbox`, `discovery`, `decode`, `explain`, or benchmarks such as `B2`, `B4-range`, `C1`; without a word all benchmarks.
    what: Vec<String>,
    /// Sizes of the base table, such as `1M,4M`, instead of the benchmark's own.
    #[arg(long, value_name = "N", num_args = 1.., value_delimiter = ',', value_parser = rows)]
    rows: Vec<u64>,
    /// Writes the numbers as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Keeps what the file of --json has of other benchmarks, engines and sizes, in it and on the pages.
    #[arg(long, requires = "json")]
    add: bool,
    /// Fresh tables per engine and size.
    #[arg(long, value_name = "N", default_value_t = 1)]
    repeat: u32,
    /// Batches per table instead of the benchmark's own.
    #[arg(long, value_name = "N")]
    batches: Option<u64>,
    /// Only these engines, such as `sluice,pysail`.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    engines: Vec<String>,
    /// Leaves the window out of `shop`.
    #[arg(long)]
    without_window: bool,
    /// Measures what is built, without building.
    #[arg(long)]
    as_built: bool,
    /// Where pages and charts go instead of docs/benchmarks.
    #[arg(long, value_name = "FOLDER")]
    pages: Option<PathBuf>,
}

/// Builds, measures, compares.
pub(crate) fn run(project: &Project, options: &Options) -> anyhow::Result<()> {
    if options.what.iter().any(|word| word == SHOP) {
        if options.what.len() > 1 {
            bail!("`shop` is measured alone");
        }
        return run_shop(project, options);
    }
    if options.what.iter().any(|word| word == SANDBOX) {
        if options.what.len() > 1 {
            bail!("`sandbox` is measured alone");
        }
        return run_sandbox(project, options);
    }
    for (word, measure) in [
        (DISCOVERY, discovery::measure as Measure),
        (DECODE, decode::measure as Measure),
        (EXPLAIN, explain::measure as Measure),
    ] {
        if options.what.iter().any(|of| of == word) {
            if options.what.len() > 1 {
                bail!("`{word}` is measured alone");
            }
            return run_alone(project, options, measure);
        }
    }
    let cases = cases(&options.what)?;
    let wanted: Vec<Engine> = cases.iter().flat_map(|case| compare::engines(case, &options.engines)).collect();
    if wanted.is_empty() {
        bail!("none of these benchmarks has an engine of that name");
    }
    if !options.as_built {
        packages::require(&[Need::Build, Need::Tests])?;
        build::release(project)?;
    }
    let comparison = Comparison {
        project,
        pythons: Pythons::prepare(&wanted)?,
        wish: Wish { rows: &options.rows, engines: &options.engines, batches: options.batches, repeat: options.repeat },
        threads: machine::threads(),
    };
    let pages = options.pages.clone().unwrap_or_else(|| project.path("docs/benchmarks"));
    let commit = machine::commit(project);
    let mut all: Vec<Entry> = match &options.json {
        Some(file) if options.add => kept(file)?,
        _ => Vec::new(),
    };
    let mut measured: Vec<Entry> = Vec::new();
    for family in families(&cases) {
        let members: Vec<&Case> = cases.iter().copied().filter(|case| case.family() == family).collect();
        let mut entries = Vec::new();
        for case in &members {
            entries.extend(comparison.run(case)?);
        }
        entries.iter_mut().for_each(|entry| entry.commit.clone_from(&commit));
        all.retain(|old| !entries.iter().any(|new| new.measures_the_same(old)));
        all.extend(entries.iter().cloned());
        measured.extend(entries);
        all.sort_by_key(place);
        write_page(&pages, family, &all)?;
        if let Some(file) = &options.json {
            // After every benchmark, so that a run that is stopped leaves what it has.
            let text = serde_json::to_string_pretty(&all)? + "\n";
            std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
        }
    }
    judge(&measured)
}

/// Entries of an earlier run.
fn kept(file: &Path) -> anyhow::Result<Vec<Entry>> {
    if !file.exists() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} does not hold entries of benchmarks", file.display()))
}

/// Where an entry stands on its page: benchmarks and engines as in the catalogue, small sizes first.
fn place(entry: &Entry) -> (usize, String, u64, usize) {
    let of_entry = |case: &&Case| entry.bench == case.id || entry.bench.starts_with(&format!("{}-", case.id));
    let longest = |(_, case): &(usize, &Case)| case.id.len();
    let found = CASES.iter().enumerate().filter(|(_, case)| of_entry(case)).max_by_key(longest);
    let engine = found.and_then(|(_, case)| case.engines.iter().position(|engine| *engine == entry.engine));
    let at = found.map_or(usize::MAX, |(at, _)| at);
    (at, entry.bench.clone(), entry.rows, engine.unwrap_or(usize::MAX))
}

fn run_shop(project: &Project, options: &Options) -> anyhow::Result<()> {
    let mut needs = vec![Need::Build];
    if !options.without_window {
        needs.push(Need::VirtualWindow);
    }
    packages::require(&needs)?;
    ui::run(project, &ui::Options::default())?;
    build::release(project)?;
    let report = shop::measure(project, !options.without_window)?;
    report.print();
    if let Some(file) = &options.json {
        report.write(file)?;
    }
    Ok(())
}

fn run_sandbox(project: &Project, options: &Options) -> anyhow::Result<()> {
    if !options.as_built {
        packages::require(&[Need::Build])?;
        build::release(project)?;
    }
    let pages = options.pages.clone().unwrap_or_else(|| project.path("docs/benchmarks"));
    let report = sandbox::measure(project, &options.rows, &pages)?;
    report.print();
    if let Some(file) = &options.json {
        report.write(file)?;
    }
    Ok(())
}

/// Measures with these sizes, and writes a page into the folder.
type Measure = fn(&Project, &[u64], &Path) -> anyhow::Result<()>;

fn run_alone(project: &Project, options: &Options, measure: Measure) -> anyhow::Result<()> {
    if !options.as_built {
        packages::require(&[Need::Build])?;
        build::release(project)?;
    }
    let pages = options.pages.clone().unwrap_or_else(|| project.path("docs/benchmarks"));
    measure(project, &options.rows, &pages)
}

fn cases(words: &[String]) -> anyhow::Result<Vec<&'static Case>> {
    if words.is_empty() {
        return Ok(CASES.iter().collect());
    }
    let mut found = Vec::new();
    for word in words {
        let named = catalog::named(word);
        if named.is_empty() {
            let known: Vec<&str> = CASES.iter().map(|case| case.id).collect();
            bail!(
                "there is no benchmark `{word}`; known are {SHOP}, {SANDBOX}, {DISCOVERY}, {DECODE}, {}",
                known.join(", ")
            );
        }
        found.extend(named);
    }
    Ok(found)
}

fn families(cases: &[&Case]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for case in cases {
        if !names.contains(&case.family()) {
            names.push(case.family());
        }
    }
    names
}

fn write_page(folder: &Path, family: &str, all: &[Entry]) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let is_of_family = |entry: &&Entry| catalog::family_of(&entry.bench) == family;
    let entries: Vec<Entry> = all.iter().filter(is_of_family).cloned().collect();
    let mut commits: Vec<&str> = entries.iter().map(|entry| entry.commit.as_str()).filter(|c| !c.is_empty()).collect();
    commits.sort_unstable();
    commits.dedup();
    let has = |case: &&Case| {
        let mut benches = entries.iter().map(|entry| entry.bench.as_str());
        benches.any(|bench| bench == case.id || (case.id == family && bench.starts_with(family)))
    };
    let cases: Vec<&Case> = CASES.iter().filter(|case| case.family() == family).filter(has).collect();
    let page = folder.join(format!("{family}.md"));
    // What people found out, which no run measures.
    let notes = std::fs::read_to_string(folder.join("notes").join(format!("{family}.md"))).unwrap_or_default();
    let text = markdown::page(&cases, family, &entries, &machine::sentence(&commits)) + &notes;
    std::fs::write(&page, text).with_context(|| format!("cannot write {}", page.display()))?;
    std::fs::write(folder.join(format!("{family}.svg")), chart::svg(&entries))?;
    println!("\n  {}", page.display());
    Ok(())
}

/// Peers may fail or differ, that is a result; Sluice may not.
fn judge(entries: &[Entry]) -> anyhow::Result<()> {
    let ours = entries.iter().filter(|entry| entry.engine.starts_with("sluice"));
    let bad: Vec<String> = ours
        .filter(|entry| entry.failed.is_some() || entry.equal == Some(false))
        .map(|entry| format!("{} at {} ({})", entry.bench, entry.rows, entry.engine))
        .collect();
    if bad.is_empty() { Ok(()) } else { bail!("Sluice failed or differs from the oracle: {}", bad.join(", ")) }
}

/// `4000000`, `4_000_000`, `4M`, `100k`.
fn rows(text: &str) -> Result<u64, String> {
    let plain = text.replace('_', "").to_ascii_lowercase();
    let (digits, factor) = match plain.strip_suffix('m') {
        Some(digits) => (digits, 1_000_000),
        None => plain.strip_suffix('k').map_or((plain.as_str(), 1), |digits| (digits, 1000)),
    };
    let number: Option<u64> = digits.parse().ok();
    number
        .and_then(|number| number.checked_mul(factor))
        .filter(|number| *number > 0)
        .ok_or_else(|| "a number such as 4000000, 4M or 100k".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{families, rows};
    use crate::bench::catalog::CASES;

    #[test]
    fn sizes_are_written_as_people_do() {
        assert_eq!(rows("4M"), Ok(4_000_000));
        assert_eq!(rows("1_000"), Ok(1000));
        assert_eq!(rows("100k"), Ok(100_000));
        assert!(rows("M").is_err() && rows("0").is_err() && rows("-1").is_err());
    }

    #[test]
    fn variants_share_a_page() {
        let all: Vec<_> = CASES.iter().collect();
        assert_eq!(families(&all), ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B9", "C1", "pipeline"]);
    }
}
