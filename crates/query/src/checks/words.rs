//! Numbers in words.

use sluice_contract::{Measured, Unit};

/// `0 rows`, `1 row`, `2 rows`.
pub(crate) fn counted(number: u64, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

/// A share as per cent, up to four digits after the point.
pub(crate) fn percent(share: f64) -> String {
    let text = format!("{:.4}", share * 100.0);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// What was measured, where the check has no words of its own for it.
pub(crate) fn plain(measured: &Measured) -> String {
    let word = |unit: Unit| match unit {
        Unit::Rows => "row",
        Unit::Values => "value",
    };
    match measured {
        Measured::Count { number, unit } => counted(*number, word(*unit)),
        Measured::Share { part, whole, unit } => format!("{part} of {}", counted(*whole, word(*unit))),
        Measured::Extreme { value: Some(value), .. } => value.clone(),
        Measured::Extreme { value: None, beyond } => beyond_limit(*beyond),
        Measured::Words { text } => text.clone(),
    }
}

/// `no row beyond`, `1 row beyond`, `2 rows beyond`.
pub(crate) fn beyond_limit(rows: u64) -> String {
    if rows == 0 { "no row beyond".to_owned() } else { format!("{} beyond", counted(rows, "row")) }
}

#[cfg(test)]
mod tests {
    use super::{counted, percent, plain};
    use sluice_contract::{Measured, Unit};

    #[test]
    fn per_cents_are_short() {
        assert_eq!(percent(0.01), "1 %");
        assert_eq!(percent(0.125), "12.5 %");
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(1.0), "100 %");
    }

    #[test]
    fn every_measure_has_words() {
        assert_eq!(counted(1, "row"), "1 row");
        assert_eq!(plain(&Measured::Count { number: 0, unit: Unit::Values }), "0 values");
        assert_eq!(plain(&Measured::Share { part: 1, whole: 4, unit: Unit::Rows }), "1 of 4 rows");
        assert_eq!(plain(&Measured::Extreme { value: None, beyond: 2 }), "2 rows beyond");
        assert_eq!(plain(&Measured::Words { text: "25 % null".to_owned() }), "25 % null");
    }
}
