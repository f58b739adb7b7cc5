//! `kill -9` in the middle of a replay, again and again: nothing is lost and nothing is there twice. And in the middle of
//! trying, publishing and taking back a release: readers see the old or the new.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_tests::{
    ORDERS, ORDERS_PATH, ShopLake, Sluice, SmallShop, amount, counted, files_below, retyped, seeded, small_fingerprints,
};
use std::collections::BTreeMap;
use std::process::Child;
use std::time::{Duration, Instant};

/// Kills that hit a running replay in the tests of a pull request.
const KILLS: u64 = 100;
/// A kill comes within this many milliseconds; a replay to the end takes several seconds.
const LATEST_MS: u64 = 400;

#[tokio::test(flavor = "multi_thread")]
async fn kills_at_random_moments_change_nothing() -> Result<()> {
    let mut random = seeded("kills_at_random_moments");
    let wanted = amount("SLUICE_KILLS", KILLS);
    let clean = ShopLake::delivered_up_to(3)?;
    clean.replay().await?;
    let clean = clean.fingerprints().await?;

    let mut kills = 0;
    let mut lake = ShopLake::delivered_up_to(3)?;
    let mut whole = 0;
    while kills < wanted {
        let moment = Duration::from_millis(random.u64(10..LATEST_MS));
        let mut replay = Sluice::on_folder(lake.folder()).start(&["replay", "--max-files", "1"])?;
        if killed_after(&mut replay, moment)? {
            kills += 1;
        } else {
            // It came to its end first: look at it, and go on with a new lake.
            ensure!(lake.fingerprints().await? == clean, "a lake that was killed differs");
            lake = ShopLake::delivered_up_to(3)?;
            whole += 1;
        }
    }

    println!("{kills} kills, {whole} lakes that came to their end between them");
    counted("kills", usize::try_from(kills)?);
    Sluice::on_folder(lake.folder()).ok(&["replay", "--max-files", "1"])?;
    let found = lake.fingerprints().await?;
    let different: Vec<&String> =
        clean.iter().filter(|(table, hash)| found.get(*table) != Some(hash)).map(|(table, _)| table).collect();
    ensure!(different.is_empty(), "{different:?} differ after {kills} kills");
    let again = Sluice::on_folder(lake.folder()).json(&["replay"])?;
    let files: Vec<u64> =
        again["tables"].as_array().into_iter().flatten().filter_map(|t| t["files"].as_u64()).collect();
    ensure!(files == [0; 7], "files were ingested again: {files:?}");
    Ok(())
}

/// Sends SIGKILL at the moment; `false` if the process had ended before.
fn killed_after(process: &mut Child, moment: Duration) -> Result<bool> {
    let begun = Instant::now();
    while begun.elapsed() < moment {
        if let Some(status) = process.try_wait()? {
            ensure!(status.success(), "the replay ended with {status}");
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    process.kill()?;
    Ok(!process.wait()?.success())
}

/// Kills while a release is tried, published and taken back, in the tests of a pull request.
const RELEASE_KILLS: u64 = 6;
/// Such a command takes less than this to its end, milliseconds.
const RELEASE_LATEST_MS: u64 = 300;

/// What is killed.
#[derive(Clone, Copy, Debug)]
enum Act {
    NewSandbox,
    ReplayInSandbox,
    PublishSandbox,
    Canary,
    Rollback,
    Run,
}

const ACTS: [Act; 6] =
    [Act::NewSandbox, Act::ReplayInSandbox, Act::PublishSandbox, Act::Canary, Act::Rollback, Act::Run];

/// A lake whose orders are by one of two contracts, and what readers may see of it.
struct Releases {
    shop: SmallShop,
    /// Content of the tables by each of the contracts.
    content: [BTreeMap<String, String>; 2],
}

impl Releases {
    fn new() -> Result<Self> {
        let shop = SmallShop::new()?;
        shop.published()?;
        let first = small_fingerprints(&shop.sluice())?;
        shop.lake().write(ORDERS_PATH, retyped())?;
        shop.sluice().ok(&["publish", "-m", "second"])?;
        shop.sluice().ok(&["run", "--once"])?;
        let second = small_fingerprints(&shop.sluice())?;
        ensure!(first != second, "the contracts differ");
        Ok(Self { shop, content: [first, second] })
    }

    /// Which of the two the current release is of, and the release that has the other one.
    fn current(&self) -> Result<(usize, &'static str)> {
        let list = self.shop.sluice().json(&["releases"])?;
        let all = list["releases"].as_array().context("releases")?;
        let of = |release: &Value| usize::from(release["hash"] != all[all.len() - 1]["hash"]);
        let current = all.iter().find(|release| release["current"] == true).context("a current release")?;
        Ok(match of(current) {
            0 => (0, "r2"),
            _ => (1, "r1"),
        })
    }

    /// Every table is as one of the two releases has it.
    fn ensure_old_or_new(&self) -> Result<()> {
        for (table, hash) in small_fingerprints(&self.shop.sluice())? {
            let known = self.content.iter().any(|content| content.get(&table) == Some(&hash));
            ensure!(known, "readers see a mixture in {table}");
        }
        Ok(())
    }

    /// Removes what was left, runs, and finds the current release whole.
    fn recover(&self) -> Result<()> {
        let listed = self.shop.sluice().json(&["sandbox", "ls"])?;
        for name in listed.as_array().into_iter().flatten().filter_map(|each| each["name"].as_str()) {
            self.shop.sluice().ok(&["sandbox", "rm", name])?;
        }
        // A write that was not finished is under a name that no list has.
        let mut left = files_below(&self.shop.folder().join("_sluice/sandboxes")).unwrap_or_default();
        left.retain(|file| !file.to_string_lossy().contains('#'));
        ensure!(left.is_empty(), "sandbox rm left {left:?}");
        self.shop.sluice().ok(&["run", "--once"])?;
        let (at, _) = self.current()?;
        ensure!(small_fingerprints(&self.shop.sluice())? == self.content[at], "the release is not whole");
        self.shop.sluice().ok(&["verify"])?;
        Ok(())
    }

    fn start(&self, act: Act) -> Result<Child> {
        let (at, other) = self.current()?;
        let text = if at == 0 { retyped() } else { ORDERS.to_owned() };
        let sluice = self.shop.sluice();
        if matches!(act, Act::ReplayInSandbox | Act::PublishSandbox) {
            sluice.ok(&["sandbox", "new", "mine", "--under-lake"])?;
            std::fs::write(self.shop.place("mine")?.join(ORDERS_PATH), &text)?;
        }
        match act {
            Act::NewSandbox => sluice.start(&["sandbox", "new", "new", "--under-lake"]),
            Act::ReplayInSandbox => self.shop.sandbox("mine").start(&["replay"]),
            Act::PublishSandbox => {
                self.shop.sandbox("mine").ok(&["replay"])?;
                self.shop.sandbox("mine").start(&["publish", "--force", "-m", "killed"])
            }
            Act::Canary => {
                self.shop.lake().write(ORDERS_PATH, text)?;
                sluice.start(&["publish", "--canary", "--force", "-m", "killed"])
            }
            Act::Rollback => sluice.start(&["publish", "--rollback", other]),
            Act::Run => {
                self.shop.sluice().ok(&["publish", "--rollback", other])?;
                sluice.start(&["run", "--once"])
            }
        }
    }
}

#[test]
fn kills_while_releases_come_and_go_leave_the_old_or_the_new() -> Result<()> {
    let mut random = seeded("kills_while_releases_come_and_go");
    let wanted = amount("SLUICE_RELEASE_KILLS", RELEASE_KILLS);
    let releases = Releases::new()?;
    let mut kills = 0;
    for round in 0.. {
        if kills >= wanted {
            break;
        }
        let act = ACTS[random.usize(..ACTS.len())];
        let mut process = releases.start(act).with_context(|| format!("{act:?}"))?;
        let hit = killed_after(&mut process, Duration::from_millis(random.u64(5..RELEASE_LATEST_MS)))?;
        kills += u64::from(hit);
        releases.ensure_old_or_new().with_context(|| format!("{act:?} in round {round}"))?;
        releases.recover().with_context(|| format!("after {act:?} in round {round}"))?;
    }
    counted("kills of releases", usize::try_from(kills)?);
    Ok(())
}
