//! Findings in words, marks and colours.

use crate::design::{Tokens, icon};
use crate::widget::{Tone, number};
use egui::Color32;
use sluice_api::{DoctorReport, Finding, FindingCode, FindingSeverity};

pub(super) fn tone(severity: FindingSeverity) -> Tone {
    match severity {
        FindingSeverity::Info => Tone::Info,
        FindingSeverity::Warning => Tone::Warn,
        FindingSeverity::Error => Tone::Fail,
    }
}

pub(super) fn mark(tokens: &Tokens, severity: FindingSeverity) -> (char, Color32) {
    let mark = match severity {
        FindingSeverity::Info => icon::INFO,
        FindingSeverity::Warning => icon::WARNING,
        FindingSeverity::Error => icon::ERROR,
    };
    (mark, tone(severity).text(tokens))
}

/// The worst of a report.
pub(super) fn worst(report: &DoctorReport) -> Tone {
    let worst = report.findings.iter().map(|finding| finding.severity).max();
    match worst {
        Some(severity) => tone(severity),
        None if report.records == 0 || report.passed.is_empty() => Tone::Neutral,
        None => Tone::Ok,
    }
}

/// `since batch 33, 10 records`.
pub(super) fn counts(report: &DoctorReport, finding: &Finding) -> String {
    let records = number::plural(finding.count, "place");
    match (report.batches, finding.by_batch.keys().next()) {
        (Some(_), Some(batch)) => format!("since batch {batch}, {records}"),
        _ => records,
    }
}

/// What was read.
pub(super) fn read(report: &DoctorReport) -> String {
    let of = match report.batches {
        Some((first, last)) => format!(", batches {first} to {last}"),
        None => String::new(),
    };
    let waiting = match report.files_waiting {
        0 => String::new(),
        waiting => format!("; {} wait, not read", number::plural(waiting, "file")),
    };
    format!(
        "{} in {}{of}, in {}{waiting}",
        number::plural(report.records, "record"),
        number::plural(report.files, "file"),
        number::elapsed(report.elapsed_ms)
    )
}

/// What a check looks for, by its codes.
pub(super) fn check(number: u8) -> String {
    let codes = FindingCode::ALL.iter().filter(|code| code.check() == number);
    codes.map(|code| code.as_str()).collect::<Vec<_>>().join(", ")
}
