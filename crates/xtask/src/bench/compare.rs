//! Runs benchmarks side by side: every engine on the same files, one process after the other.

use super::catalog::{Case, Work};
use super::data;
use super::engine::{self, Engine, Pythons};
use super::entry::{Entry, quantile};
use super::task::{self, Batch, Said};
use crate::process;
use crate::project::Project;
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the command line asks for.
pub(super) struct Wish<'a> {
    /// Sizes instead of the case's own.
    pub(super) rows: &'a [u64],
    /// Engines instead of the case's own.
    pub(super) engines: &'a [String],
    /// Batches instead of the case's own.
    pub(super) batches: Option<u64>,
    /// Fresh tables per engine and size.
    pub(super) repeat: u32,
}

/// Runs the cases.
pub(super) struct Comparison<'a> {
    pub(super) project: &'a Project,
    pub(super) pythons: Pythons,
    pub(super) wish: Wish<'a>,
    pub(super) threads: usize,
}

impl Comparison<'_> {
    /// All entries of a case. A peer that fails has an entry without numbers.
    pub(super) fn run(&self, case: &Case) -> anyhow::Result<Vec<Entry>> {
        let sizes = if self.wish.rows.is_empty() { case.sizes } else { self.wish.rows };
        let mut entries = Vec::new();
        for &size in sizes {
            println!("\n{} · {} · {size}", case.id, case.title);
            let folder = data::prepare(self.project, case, size, self.batches(case))?;
            for engine in engines(case, self.wish.engines) {
                let found = self.entries(case, size, &engine, &folder);
                found.iter().for_each(print);
                entries.extend(found);
            }
        }
        Ok(entries)
    }

    fn batches(&self, case: &Case) -> u64 {
        if case.batches == 0 { 0 } else { self.wish.batches.map_or(case.batches, |wish| wish.max(1)) }
    }

    /// Usually one; several where the work has parts.
    fn entries(&self, case: &Case, size: u64, engine: &Engine, data: &Path) -> Vec<Entry> {
        let rows = if case.many_tables { super::catalog::SMALL_TABLE_ROWS } else { size };
        let empty = |id: &str| Entry::empty(id, &engine.name, size, data::batch_rows(case, rows), engine.fsync);
        match self.measure(case, size, engine, data) {
            Ok(measured) => {
                let several = measured.rounds.len() > 1;
                let made = measured.rounds.iter().map(|(part, rounds)| {
                    let id =
                        if several || !part.is_empty() { format!("{}-{part}", case.id) } else { case.id.to_owned() };
                    let mut entry = empty(&id);
                    entry.measured(rounds);
                    entry.version.clone_from(&measured.version);
                    entry.peak_rss_mb = measured.peak_mb;
                    entry.equal = measured.equal;
                    entry
                });
                made.collect()
            }
            Err(error) => {
                let mut entry = empty(case.id);
                entry.failed = Some(format!("{error:#}"));
                vec![entry]
            }
        }
    }

    fn measure(&self, case: &Case, size: u64, engine: &Engine, data: &Path) -> anyhow::Result<Measured> {
        let mut rounds: BTreeMap<String, Vec<Batch>> = BTreeMap::new();
        let (mut peaks, mut version, mut equal) = (Vec::new(), String::new(), Some(true));
        for _ in 0..self.wish.repeat.max(1) {
            let run = Run::new(self, case, size, engine, data)?;
            let said = run.work()?;
            let right = run.verify(&said)?;
            equal = equal.zip(right).map(|(before, now)| before && now);
            peaks.push(said.done.peak_rss_mb);
            version.clone_from(&said.done.version);
            for batch in said.batches {
                rounds.entry(batch.part.clone().unwrap_or_default()).or_default().push(batch);
            }
        }
        if rounds.is_empty() {
            bail!("it measured nothing");
        }
        peaks.sort_by(f64::total_cmp);
        Ok(Measured { rounds, version, peak_mb: quantile(&peaks, 0.5), equal })
    }
}

struct Measured {
    /// By part of the work; `""` where there is only one.
    rounds: BTreeMap<String, Vec<Batch>>,
    version: String,
    peak_mb: f64,
    equal: Option<bool>,
}

/// One table of one engine, in a folder that is gone afterwards.
struct Run<'a> {
    all: &'a Comparison<'a>,
    case: &'a Case,
    engine: &'a Engine,
    words: Value,
    folder: PathBuf,
}

impl<'a> Run<'a> {
    fn new(
        all: &'a Comparison<'a>,
        case: &'a Case,
        size: u64,
        engine: &'a Engine,
        data: &Path,
    ) -> anyhow::Result<Self> {
        let folder = all.project.scratch("bench-run")?.join(format!("{}-{}-{size}", case.id, engine.name));
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("cannot clear {}", folder.display()))?;
        }
        std::fs::create_dir_all(&folder)?;
        let words = json!({
            "case": case.id,
            "work": case.work.word(),
            "engine": engine.name,
            "data": data,
            "table": folder.join("table"),
            "batches": if case.batches == 0 { usize::MAX >> 1 } else { usize::try_from(all.batches(case))? },
            "tables": if case.many_tables { size } else { 1 },
            "threads": all.threads,
            "fsync": engine.fsync || case.work == Work::ReadBack,
            "program": all.project.program("sluice")?,
        });
        Ok(Self { all, case, engine, words, folder })
    }

    /// Load and apply are processes of their own, so that one's memory and caches are not the other's.
    fn work(&self) -> anyhow::Result<Said> {
        match self.case.work {
            Work::Load => self.phase("load"),
            Work::Replay | Work::Pipeline | Work::Refresh => self.phase("apply"),
            Work::ReadBack => self.read_back(),
            Work::Diff => self.diff(),
            Work::Upsert | Work::Delete | Work::Scd2 => {
                self.phase("load").context("load")?;
                self.phase("apply")
            }
        }
    }

    fn phase(&self, phase: &str) -> anyhow::Result<Said> {
        let path = self.task(phase)?;
        let mut command = self.engine.command(self.all.project, &self.all.pythons, self.case.work)?;
        task::run(&mut command, &path)
    }

    /// Sluice makes its two versions first; peers take the data as it is.
    fn diff(&self) -> anyhow::Result<Said> {
        if self.engine.is_ours() {
            for phase in ["load", "apply"] {
                let mut ours = Engine::ours().command(self.all.project, &self.all.pythons, Work::Upsert)?;
                task::run(&mut ours, &self.task(phase)?).context("making the table")?;
            }
        }
        self.phase("read")
    }

    /// Sluice makes the table, maintains a copy of it, delta-rs compacts another; the engine reads all three.
    fn read_back(&self) -> anyhow::Result<Said> {
        let mut tables = Value::Null;
        for phase in ["load", "apply"] {
            let mut ours = Engine::ours().command(self.all.project, &self.all.pythons, Work::Upsert)?;
            tables = task::run(&mut ours, &self.task(phase)?).context("making the table")?.last["tables"].clone();
        }
        let left = tables[0].as_str().context("Sluice names its table")?;
        let maintained = self.maintained(left)?;
        let words = json!({ "fragmented": left, "maintained": maintained });
        let with_table = |phase: &str| self.task_with(phase, &words);
        let mut compact = engine::compactor(self.all.project, &self.all.pythons)?;
        task::run(&mut compact, &with_table("compact")?).context("compacting a copy")?;
        let mut reader = self.engine.command(self.all.project, &self.all.pythons, Work::ReadBack)?;
        task::run(&mut reader, &with_table("read")?)
    }

    /// A copy of the lake after `sluice maintain`, deletion vectors purged; the folder of the table in it.
    fn maintained(&self, table: &str) -> anyhow::Result<PathBuf> {
        let (lake, copy) = (self.folder.join("table"), self.folder.join("maintained"));
        process::run(process::program("cp").arg("-r").arg(&lake).arg(&copy))?;
        let mut maintain = process::program(&self.all.project.program("sluice")?);
        maintain.arg("--lake").arg(&copy).args(["--json", "maintain", "silver.bench.t0000", "--deleted-percent", "0"]);
        task::text_of(&mut maintain, &self.folder.join("maintain.out")).context("maintaining a copy")?;
        let inside = Path::new(table).strip_prefix(&lake).context("the table is in the lake")?;
        Ok(copy.join(inside))
    }

    fn task(&self, phase: &str) -> anyhow::Result<PathBuf> {
        self.task_with(phase, &Value::Null)
    }

    fn task_with(&self, phase: &str, more: &Value) -> anyhow::Result<PathBuf> {
        let path = self.folder.join(format!("{phase}.json"));
        let mut words = self.words.clone();
        words["phase"] = json!(phase);
        for (name, value) in more.as_object().into_iter().flatten() {
            words[name] = value.clone();
        }
        std::fs::write(&path, serde_json::to_vec_pretty(&words)?)?;
        Ok(path)
    }

    /// Whether the table is what the oracle says; what a program says itself where it leaves no table.
    fn verify(&self, said: &Said) -> anyhow::Result<Option<bool>> {
        if matches!(self.case.work, Work::ReadBack | Work::Diff) {
            return Ok(said.done.equal);
        }
        let done = self.folder.join("done.json");
        std::fs::write(&done, serde_json::to_vec(&said.last)?)?;
        let task = if self.case.work == Work::Load {
            self.task_with("verify", &json!({ "batches": 0 }))?
        } else {
            self.task("apply")?
        };
        let mut command = engine::verifier(self.all.project, &self.all.pythons)?;
        let text = task::text_of(command.arg(task).arg(done), &self.folder.join("verify.out")).context("verify")?;
        let verdict: Value = serde_json::from_str(text.trim()).context("the verifier printed no JSON")?;
        if verdict["equal"] == false {
            println!("  {}: {}", self.engine.name, verdict["differences"]);
        }
        Ok(verdict["equal"].as_bool())
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        // Room for the next engine; what is left is cleared by the next run.
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// The engines of a case, as asked for.
pub(super) fn engines(case: &Case, wish: &[String]) -> Vec<Engine> {
    let names: Vec<&str> = if wish.is_empty() {
        case.engines.to_vec()
    } else {
        case.engines.iter().copied().filter(|name| wish.iter().any(|wanted| wanted == name)).collect()
    };
    names.into_iter().filter_map(Engine::named).collect()
}

fn print(entry: &Entry) {
    if let Some(why) = &entry.failed {
        println!("  {:18} {} FAILED: {why}", entry.engine, entry.bench);
        return;
    }
    let equal = match entry.equal {
        Some(true) => "equal",
        Some(false) => "DIFFERS",
        None => "not compared",
    };
    println!(
        "  {:18} {:9} wall {:9.4} s  cpu {:9.4} s  peak {:7.0} MB  written {:9.2} MB  {equal}",
        entry.engine,
        entry.bench,
        entry.wall_s,
        entry.cpu_s,
        entry.peak_rss_mb,
        super::entry::as_number(entry.bytes_written) / 1e6
    );
}
