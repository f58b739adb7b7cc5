//! Many small cases on all cores.

use crate::{Harness, Scenario};
use anyhow::{Result, anyhow, bail};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Failures that are shown.
const SHOWN: usize = 5;

/// Plays every case, several at a time, each thread with a harness and a runtime of its own. All cases are
/// played, whatever fails.
///
/// # Errors
/// The first failures, with their number.
pub fn in_parallel<T: Sync>(
    story: Scenario,
    cases: &[T],
    play: impl AsyncFn(&Harness, &T) -> Result<()> + Sync,
) -> Result<()> {
    let begun = Instant::now();
    let next = AtomicUsize::new(0);
    let failures: Mutex<Vec<String>> = Mutex::default();
    let threads = std::thread::available_parallelism()?.get() + 1;
    let work = || -> Result<()> {
        let harness = Harness::new(story)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = runtime.block_on(play(&harness, case)) {
                failures.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{error:#}"));
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| -> Result<()> {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            thread.join().map_err(|_| anyhow!("a case panicked, see above"))??;
        }
        Ok(())
    })?;
    let failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{} cases in {:.1} s", cases.len(), begun.elapsed().as_secs_f64());
    if failures.is_empty() {
        return Ok(());
    }
    let shown = failures.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n\n");
    bail!("{} of {} cases failed:\n{shown}", failures.len(), cases.len())
}
