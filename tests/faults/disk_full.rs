//! No space left, at every write: nothing torn is published, the reason is named, and it goes on when
//! there is space again.

use anyhow::{Context, Result, ensure};
use sluice_api::{ErrorCode, ReplayLimits};
use sluice_tests::{
    Fault, FaultStore, Harness, Scenario, ShopLake, Sluice, counted, in_parallel, number, some_of_each_kind,
};
use std::path::Path;
use std::process::Command;

/// Full disks that a pull request tries; the night tries all.
const FULL_DISKS: u64 = 90;

/// How a write fails.
#[derive(Clone, Copy, Debug)]
enum How {
    /// Once.
    FullOnce,
    /// From then on.
    FullForLong,
    /// The folder cannot be written from then on.
    ReadOnly,
}

#[test]
fn no_space_at_every_write_changes_nothing() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (expected, steps) = runtime.block_on(Harness::new(Scenario::Short)?.clean())?;
    let mut cases = Vec::new();
    for (step, (_, operations)) in steps.iter().enumerate() {
        for operation in 1..=*operations {
            let how = [How::FullOnce, How::FullForLong, How::ReadOnly];
            cases.extend(how.map(|how| (step, operation, how)));
        }
    }
    if let Some(seed) = number("SLUICE_SEED") {
        cases.retain(|(step, operation, _)| (*step * 1_000 + *operation) as u64 == seed);
    }
    let cases =
        some_of_each_kind("SLUICE_FAULT_CASES", FULL_DISKS, cases, |(step, _, how)| (*step, format!("{how:?}")));
    in_parallel(Scenario::Short, &cases, async |harness, &(step, operation, how)| {
        let seed = step * 1_000 + operation;
        let what = || format!("step {step}, operation {operation}, {how:?}; repeat with SLUICE_SEED={seed}");
        let disk = steps[step].0.fork();
        let store = FaultStore::over(&disk);
        match how {
            How::FullOnce => store.fail_at(operation, Fault::DiskFull),
            How::FullForLong => store.fail_from(operation, Fault::DiskFull),
            How::ReadOnly => store.fail_from(operation, Fault::NotAllowed),
        }
        let lake = harness.open(store.view(), 31)?;
        if let Ok(summary) = harness.replay(&lake).await {
            for error in summary.tables.iter().filter_map(|table| table.error.as_ref()) {
                ensure!(!error.next.is_empty(), "{}: no next step: {error:?}", what());
            }
        }
        store.clear_faults();
        harness.replay_well(&lake).await.with_context(what)?;
        let state = harness.play_from(&disk, step).await.with_context(what)?;
        ensure!(state == expected, "{}: another final state\n{state:?}\ninstead of\n{expected:?}", what());
        Ok(())
    })?;
    counted("full disks", cases.len());
    Ok(())
}

/// A batch for which there is too little space is not begun: no claim, no table, and the reason is named.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_does_not_fit_is_not_begun() -> Result<()> {
    let lake = ShopLake::delivered_up_to(1)?;
    let before = sluice_tests::files_below(&lake.folder().join("landing"))?.len();
    let limits = ReplayLimits { keep_free_bytes: Some(1 << 60), ..ReplayLimits::default() };
    let refused = lake.replay_within(limits).await?;
    ensure!(!refused.tables.is_empty(), "{refused:?}");
    for table in &refused.tables {
        let error = table.error.as_ref().with_context(|| format!("{table:?}"))?;
        ensure!(error.code == ErrorCode::Storage && table.batches == 0, "{table:?}");
        let (folder, name) = (lake.folder().display().to_string(), table.table.to_string());
        let said = [folder.as_str(), name.as_str(), "are free", " MB are needed"];
        ensure!(said.iter().all(|part| error.message.contains(part)), "{error:?} lacks one of {said:?}");
        ensure!(error.next.contains("MB of space") && error.next.contains("--max-bytes"), "{error:?}");
    }
    for folder in ["bronze", "silver", "_sluice/batches", "_sluice/quarantine"] {
        ensure!(!lake.folder().join(folder).exists(), "{folder} was written");
    }
    let done = lake.replay().await?;
    let files: u64 = done.tables.iter().map(|table| table.files).sum();
    ensure!(done.tables.iter().all(|table| table.error.is_none()), "{done:?}");
    ensure!(files > 0 && files <= before as u64, "{files} of {before} files");
    Ok(())
}

/// A file system of a few megabytes, gone with the test.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(megabytes: u32) -> Result<Option<Self>> {
        let folder = tempfile::Builder::new().prefix("sluice-small-disk-").tempdir()?;
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path()).output();
        Ok(mounted.is_ok_and(|said| said.status.success()).then_some(Self(folder)))
    }

    fn resize(&self, megabytes: u32) -> Result<()> {
        let size = format!("remount,size={megabytes}m");
        let done = Command::new("mount").args(["-o", &size]).arg(self.0.path()).status()?;
        ensure!(done.success(), "the small disk does not grow");
        Ok(())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(self.0.path()).status().ok();
    }
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    for file in sluice_tests::files_below(from)? {
        let goal = to.join(&file);
        std::fs::create_dir_all(goal.parent().context("a file is in a folder")?)?;
        std::fs::copy(from.join(&file), goal)?;
    }
    Ok(())
}

/// For real: a tmpfs that fills up in the middle of a replay and is made larger bit by bit.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_really_full() -> Result<()> {
    let Some(disk) = SmallDisk::mount(256)? else {
        eprintln!("SKIPPED: a_disk_that_is_really_full: this user may not mount a tmpfs");
        return Ok(());
    };
    let clean = ShopLake::delivered_up_to(1)?;
    let folder = disk.0.path().join("lake");
    copy_folder(clean.folder(), &folder)?;
    clean.replay().await?;
    // The inputs fit, and a little more.
    let mut megabytes = u32::try_from(used_bytes(&folder)? >> 20)? + 1;
    let sluice = Sluice::on_folder(&folder);
    // As it is by default: a batch is not begun when so little is free.
    disk.resize(megabytes + 8)?;
    let said = sluice.call(&["replay"])?;
    ensure!(said.code == 3 && said.out.contains("too little space on the disk"), "{said:?}");
    ensure!(!folder.join("_sluice/batches").exists(), "a batch was claimed");
    // Allowed to use all of it, it meets the end of the disk.
    let mut refused = 0;
    loop {
        disk.resize(megabytes)?;
        let said = sluice.call(&["replay", "--max-files", "1", "--keep-free", "0"])?;
        if said.code == 0 {
            break;
        }
        ensure!(said.code == 3 || said.code == 4, "ended with {}: {}{}", said.code, said.out, said.err);
        let text = format!("{}{}", said.out, said.err);
        ensure!(text.contains("No space left") || text.contains("space"), "the reason is missing: {text}");
        refused += 1;
        megabytes += 1;
        ensure!(megabytes < 250, "it never comes to its end: {text}");
    }
    ensure!(refused > 0, "the disk was never full");
    println!("the disk was full {refused} times, {megabytes} MB were enough");
    let expected = clean.fingerprints().await?;
    let found = sluice_tests::TestLake::at(&folder).fingerprints().await?;
    ensure!(found == expected, "another content after a full disk: {found:?} instead of {expected:?}");
    Ok(())
}

fn used_bytes(folder: &Path) -> Result<u64> {
    let mut used = 0;
    for file in sluice_tests::files_below(folder)? {
        used += std::fs::metadata(folder.join(file))?.len().next_multiple_of(4_096);
    }
    Ok(used)
}
