//! Where the engine's warnings go.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Only Sluice's crates are heard: their lines hold no row value and no secret, those of others may.
const OURS: &str = "sluice";

/// What is logged, and how.
#[derive(Clone, Debug, Default)]
pub struct LogOptions {
    /// Notes as well as warnings.
    pub verbose: bool,
    /// Levels as in `RUST_LOG`, for example `debug` or `sluice_lake=debug`; what it does not name stays as it is.
    /// Text that is no such list counts as none.
    pub filter: Option<String>,
    /// Each line begins with the time, UTC.
    pub times: bool,
}

/// Logs to `writer` from now on, unless this process logs already.
pub fn log_to<W>(writer: W, options: &LogOptions)
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let targets = targets(options.verbose, options.filter.as_deref());
    let lines = layer().with_writer(writer).with_ansi(false).with_target(options.verbose);
    let registry = tracing_subscriber::registry().with(targets);
    let begun =
        if options.times { registry.with(lines).try_init() } else { registry.with(lines.without_time()).try_init() };
    // Whoever was first keeps the lines.
    drop(begun);
}

fn targets(verbose: bool, filter: Option<&str>) -> Targets {
    let usual = if verbose { LevelFilter::INFO } else { LevelFilter::WARN };
    let chosen: Targets = filter.and_then(|text| text.parse().ok()).unwrap_or_default();
    let ours = Targets::new().with_target(OURS, chosen.default_level().unwrap_or(usual));
    ours.with_targets(chosen.into_iter().filter(|(target, _)| target.starts_with(OURS)))
}

#[cfg(test)]
mod tests {
    use super::{LogOptions, log_to, targets};
    use std::io::Write;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::filter::LevelFilter;

    #[test]
    fn warnings_are_heard_and_notes_when_asked_for() {
        let heard = |verbose, filter, target: &str, level| targets(verbose, filter).would_enable(target, &level);
        assert!(heard(false, None, "sluice_lake::commit", tracing::Level::WARN));
        assert!(!heard(false, None, "sluice_lake::commit", tracing::Level::INFO));
        assert!(heard(true, None, "sluice_lake::commit", tracing::Level::INFO));
        assert!(heard(false, Some("sluice_lake=debug"), "sluice_lake::lease", tracing::Level::DEBUG));
        assert!(!heard(false, Some("sluice_lake=debug"), "sluice_query", tracing::Level::INFO));
        assert!(heard(false, Some("not a = list = at all"), "sluice_query", tracing::Level::WARN));
    }

    #[test]
    fn other_crates_are_never_heard() {
        for filter in [None, Some("trace"), Some("object_store=trace"), Some("object_store=trace,info")] {
            assert!(!targets(true, filter).would_enable("object_store::aws", &tracing::Level::ERROR), "{filter:?}");
        }
        assert_eq!(targets(false, Some("object_store=trace")).into_iter().count(), 1);
        assert_eq!(targets(false, None).into_iter().next().map(|(_, level)| level), Some(LevelFilter::WARN));
    }

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_warning_is_a_line_with_its_fields() {
        let lines = Lines::default();
        let writer = lines.clone();
        log_to(move || writer.clone(), &LogOptions::default());
        tracing::warn!(table = "shop.orders", version = 3, "no checkpoint was written");
        tracing::info!("not heard");
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains("WARN no checkpoint was written table=\"shop.orders\" version=3"), "{text}");
        assert!(!text.contains("not heard"), "{text}");
    }
}
