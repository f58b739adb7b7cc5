//! Rust files: module docs, size, reasons.

use crate::project::Project;
use anyhow::Context;
use std::path::{Path, PathBuf};

/// A file longer than this holds more than one thing.
const LINES_MAX: usize = 800;

/// Checks every Rust file.
pub(super) fn check(project: &Project, files: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|kind| kind == "rs")) {
        let text = std::fs::read_to_string(project.root().join(file))
            .with_context(|| format!("cannot read {}", file.display()))?;
        findings.extend(check_file(file, &text).into_iter().map(|finding| format!("{}: {finding}", file.display())));
    }
    Ok(findings)
}

fn check_file(file: &Path, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if matches!(name, "lib.rs" | "main.rs" | "mod.rs") && !text.starts_with("//!") {
        findings.push("does not start with `//!` and what it is for".to_owned());
    }
    let lines = non_test_lines(file, text);
    if lines > LINES_MAX {
        findings.push(format!("{lines} lines without tests, at most {LINES_MAX}"));
    }
    findings.extend(missing_reasons(text));
    findings
}

/// Lines before the file's own test module; none for a file of tests.
fn non_test_lines(file: &Path, text: &str) -> usize {
    let shown = file.to_string_lossy();
    if shown.starts_with("tests/")
        || shown.ends_with("tests.rs")
        || shown.ends_with("_test.rs")
        || shown.contains("/tests/")
    {
        return 0;
    }
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines
        .windows(2)
        .position(|pair| pair[0].starts_with("#[cfg(test)]") && pair[1].starts_with("mod ") && pair[1].ends_with('{'));
    tests.unwrap_or(lines.len())
}

/// `#[ignore]` and `#[expect]` say why.
fn missing_reasons(text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let attribute = line.trim_start().replacen("#![", "#[", 1);
        if attribute.starts_with("#[ignore]") {
            findings.push(format!("line {}: `ignore` without a reason", number + 1));
        }
        if attribute.starts_with("#[expect(") || attribute.starts_with("#[allow(") {
            let rest: Vec<&str> = text.lines().skip(number).take_while(|line| !line.contains(")]")).collect();
            let last = text.lines().nth(number + rest.len()).unwrap_or_default();
            if !rest.iter().any(|line| line.contains("reason")) && !last.contains("reason") {
                findings.push(format!("line {}: lint switched off without a reason", number + 1));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{check_file, non_test_lines};
    use std::path::Path;

    #[test]
    fn a_module_says_what_it_is_for() {
        assert_eq!(check_file(Path::new("a/src/lib.rs"), "mod b;\n").len(), 1);
        assert!(check_file(Path::new("a/src/lib.rs"), "//! Words.\nmod b;\n").is_empty());
        assert!(check_file(Path::new("a/src/b.rs"), "struct B;\n").is_empty());
    }

    #[test]
    fn reasons_are_asked_for() {
        let without = "fn a() {}\n#[expect(clippy::panic)]\nfn b() {}\n";
        assert_eq!(check_file(Path::new("b.rs"), without).len(), 1);
        let with = "#[expect(\n    clippy::panic,\n    reason = \"a test\"\n)]\nfn b() {}\n";
        assert!(check_file(Path::new("b.rs"), with).is_empty());
        assert_eq!(check_file(Path::new("b.rs"), "    #[ignore]\n").len(), 1);
    }

    #[test]
    fn tests_do_not_count() {
        let text = "struct A;\n\n#[cfg(test)]\nmod tests {\n    fn t() {}\n}\n";
        assert_eq!(non_test_lines(Path::new("crates/a/src/a.rs"), text), 2);
        assert_eq!(non_test_lines(Path::new("crates/a/src/a/tests.rs"), text), 0);
    }
}
