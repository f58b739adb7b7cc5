//! A benchmark's page in `docs/benchmarks`.

use super::catalog::Case;
use super::entry::{Entry, as_number};
use std::fmt::Write;

/// The engine that all others are compared with.
const OURS: &str = "sluice";

/// Text of the page.
pub(super) fn page(case_titles: &[&Case], family: &str, entries: &[Entry], machine: &str) -> String {
    let mut text = format!("# {family}\n\n");
    for case in case_titles {
        writeln!(text, "* **{}**: {}", case.id, case.title).ok();
    }
    write!(text, "\n{machine}\n\n![CPU seconds per round]({family}.svg)\n").ok();
    for bench in benches(entries) {
        let rows: Vec<&Entry> = entries.iter().filter(|entry| entry.bench == bench).collect();
        write!(text, "\n## {bench}\n\n{}", table(&rows)).ok();
        text.push_str(&growth(&rows));
    }
    text
}

/// Benchmarks and variants in the order they ran.
pub(super) fn benches(entries: &[Entry]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for entry in entries {
        if !names.contains(&entry.bench.as_str()) {
            names.push(&entry.bench);
        }
    }
    names
}

fn table(entries: &[&Entry]) -> String {
    let mut text = "| size | batch | engine | CPU s | against Sluice | wall s | p99 s | rounds | all s | peak MB | written MB | commits/s | equal |\n\
                    |---:|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|\n"
        .to_owned();
    for entry in entries {
        if let Some(why) = &entry.failed {
            let why = why.replace('|', "/").replace('\n', " ");
            writeln!(
                text,
                "| {} | {} | {} | not measured: {why} |",
                count(entry.rows),
                count(entry.batch),
                entry.engine
            )
            .ok();
            continue;
        }
        let ratio = ours(entries, entry.rows).map_or_else(String::new, |ours| times(entry.cpu_s / ours.cpu_s));
        let equal = match entry.equal {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "",
        };
        writeln!(
            text,
            "| {} | {} | {} {} | {} | {ratio} | {} | {} | {} | {} | {:.0} | {:.2} | {:.1} | {equal} |",
            count(entry.rows),
            count(entry.batch),
            entry.engine,
            if entry.engine.contains(&entry.version) { "" } else { &entry.version },
            seconds(entry.cpu_s),
            seconds(entry.wall_s),
            seconds(entry.wall_p99_s),
            entry.rounds,
            if entry.wall_total_s > 0.0 { seconds(entry.wall_total_s) } else { String::new() },
            entry.peak_rss_mb,
            as_number(entry.bytes_written) / 1e6,
            as_number(entry.commits) / entry.wall_s
        )
        .ok();
    }
    text
}

/// How the cost of a round grows with the size, and from the first round to the last.
fn growth(entries: &[&Entry]) -> String {
    let mut text = String::new();
    let mut engines: Vec<&str> = Vec::new();
    for entry in entries {
        if engines.contains(&entry.engine.as_str()) {
            continue;
        }
        let of: Vec<&&Entry> =
            entries.iter().filter(|other| other.engine == entry.engine && other.failed.is_none()).collect();
        engines.push(&entry.engine);
        let (Some(small), Some(large)) = (of.first(), of.last()) else { continue };
        if small.rows == large.rows || small.rounds < 2 {
            continue;
        }
        writeln!(
            text,
            "| {} | {} | {} | {} |",
            entry.engine,
            times(as_number(large.rows) / as_number(small.rows)),
            times(large.cpu_s / small.cpu_s),
            times(large.last_cpu_s / large.first_cpu_s)
        )
        .ok();
    }
    if text.is_empty() {
        return text;
    }
    format!(
        "\n| engine | table | CPU of a round | CPU of the last round against the first |\n|---|---:|---:|---:|\n{text}"
    )
}

/// The entry of Sluice at this size, with durable commits.
pub(super) fn ours<'a>(entries: &[&'a Entry], rows: u64) -> Option<&'a Entry> {
    entries.iter().copied().find(|entry| entry.engine == OURS && entry.rows == rows && entry.failed.is_none())
}

/// `4,000,000`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `0.0123`, `1.23`, `123`.
pub(super) fn seconds(value: f64) -> String {
    if value < 0.1 {
        format!("{value:.4}")
    } else if value < 10.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.0}")
    }
}

/// `27x`, `1.4x`.
pub(super) fn times(ratio: f64) -> String {
    if !ratio.is_finite() {
        String::new()
    } else if ratio >= 10.0 {
        format!("{ratio:.0}x")
    } else {
        format!("{ratio:.2}x")
    }
}

#[cfg(test)]
mod tests {
    use super::{count, seconds, table, times};
    use crate::bench::entry::Entry;

    #[test]
    fn numbers_for_people() {
        assert_eq!([count(7), count(1000), count(4_000_000)], ["7", "1,000", "4,000,000"]);
        assert_eq!([seconds(0.01234), seconds(1.234), seconds(12.34)], ["0.0123", "1.23", "12"]);
        assert_eq!([times(27.4), times(1.44), times(f64::NAN)], ["27x", "1.44x", ""]);
    }

    #[test]
    fn peers_are_compared_with_sluice_of_the_same_size() {
        let entry =
            |engine: &str, rows, cpu_s| Entry { cpu_s, wall_s: 1.0, ..Entry::empty("B2", engine, rows, 10, false) };
        let entries = [entry("sluice", 1000, 0.5), entry("peer", 1000, 10.0), entry("peer", 2000, 10.0)];
        let text = table(&entries.iter().collect::<Vec<_>>());
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[3].contains("| 20x |"), "{}", lines[3]);
        assert!(!lines[4].contains('x'), "{}", lines[4]);
    }
}
