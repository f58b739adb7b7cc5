//! A chart as SVG: CPU seconds of a round, one bar per engine and size, on a logarithmic scale.

use super::entry::Entry;
use super::markdown::{benches, count, ours, seconds, times};
use std::fmt::Write;

const WIDTH: f64 = 860.0;
const LABEL: f64 = 150.0;
/// Room for the number behind a bar.
const NUMBER: f64 = 150.0;
const BAR: f64 = 16.0;
const GAP: f64 = 4.0;
const HEAD: f64 = 34.0;
const OURS: &str = "#1d6fa5";
const OTHERS: &str = "#b9c3cc";

/// The picture; text and bars are readable on a white and on a dark page.
pub(super) fn svg(entries: &[Entry]) -> String {
    let measured: Vec<&Entry> = entries.iter().filter(|entry| entry.failed.is_none() && entry.cpu_s > 0.0).collect();
    let least = measured.iter().map(|entry| entry.cpu_s).fold(f64::INFINITY, f64::min);
    let most = measured.iter().map(|entry| entry.cpu_s).fold(0.0, f64::max);
    let mut body = String::new();
    let mut y = 4.0;
    for bench in benches(entries) {
        let rows: Vec<&Entry> = measured.iter().copied().filter(|entry| entry.bench == bench).collect();
        let mut size = None;
        for entry in &rows {
            if size != Some(entry.rows) {
                size = Some(entry.rows);
                y += HEAD - BAR;
                text(&mut body, 0.0, y, "start", "bold", &format!("{bench}, {}", count(entry.rows)));
                y += BAR - GAP;
            }
            let length = length(entry.cpu_s, least, most);
            let fill = if entry.engine.starts_with("sluice") { OURS } else { OTHERS };
            text(&mut body, LABEL - 8.0, y + BAR - 4.0, "end", "normal", &entry.engine);
            writeln!(body, r#"<rect x="{LABEL}" y="{y:.0}" width="{length:.1}" height="{BAR}" fill="{fill}"/>"#).ok();
            let ratio = ours(&rows, entry.rows).map_or_else(String::new, |ours| times(entry.cpu_s / ours.cpu_s));
            let number = format!("{} s   {ratio}", seconds(entry.cpu_s));
            text(&mut body, LABEL + length + 8.0, y + BAR - 4.0, "start", "normal", &number);
            y += BAR + GAP;
        }
    }
    let height = y + 26.0;
    text(&mut body, LABEL, y + 16.0, "start", "normal", "CPU seconds of a round, logarithmic; x: against Sluice");
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{height:.0}\" fill=\"#ffffff\"/>\n{body}</svg>\n"
    )
}

/// The shortest bar is a little longer than nothing, the longest leaves room for its number.
fn length(value: f64, least: f64, most: f64) -> f64 {
    let whole = WIDTH - LABEL - NUMBER;
    let span = (most / least).ln().max(f64::MIN_POSITIVE);
    let share = if most > least { (value / least).ln() / span } else { 1.0 };
    whole * (0.04 + 0.96 * share)
}

fn text(body: &mut String, x: f64, y: f64, anchor: &str, weight: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    writeln!(
        body,
        r##"<text x="{x:.0}" y="{y:.0}" text-anchor="{anchor}" font-weight="{weight}" fill="#222222" xml:space="preserve">{words}</text>"##
    )
    .ok();
}

#[cfg(test)]
mod tests {
    use super::{length, svg};
    use crate::bench::entry::Entry;

    #[test]
    fn ten_times_as_much_is_one_step_further_everywhere() {
        let at = |value| length(value, 0.01, 10.0);
        assert!(((at(0.1) - at(0.01)) - (at(10.0) - at(1.0))).abs() < 1e-6);
        assert!(at(0.01) > 0.0);
    }

    #[test]
    fn failed_engines_have_no_bar() {
        let good = Entry { cpu_s: 1.0, ..Entry::empty("B2", "sluice", 1000, 10, true) };
        let bad = Entry { failed: Some("no".into()), ..Entry::empty("B2", "a<b", 1000, 10, false) };
        let picture = svg(&[good, bad]);
        assert_eq!(picture.matches("<rect x=").count(), 1);
        assert!(!picture.contains("a<b"));
    }
}
