//! ARCHITECTURE.md names every crate and only paths that exist, and no file names a machine's folders.

use crate::project::Project;
use cargo_metadata::MetadataCommand;
use std::path::{Path, PathBuf};

/// Folders of one person or machine; written in two parts so that this file passes its own rule.
const MACHINE_FOLDERS: &[(&str, &str)] = &[("/root", "/"), ("/home", "/"), ("/Users", "/"), ("/work", "/")];
/// Parts of the tree whose texts are somebody else's.
const NOT_OURS: &[&str] = &["fixtures/shop/debezium", "fixtures/shop/dms", "fixtures/shop/oracle", "LICENSE"];

/// Checks documents and all texts.
pub(super) fn check(project: &Project, files: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    let mut findings = crates_without_row(project)?;
    findings.extend(missing_paths(project)?);
    for file in files.iter().filter(|file| !is_foreign(file)) {
        // What is not UTF-8 is no text.
        let Ok(text) = std::fs::read_to_string(project.root().join(file)) else { continue };
        for (number, line) in text.lines().enumerate() {
            if let Some(folder) = machine_folder(line) {
                findings.push(format!("{}:{}: names a machine's folder ({folder}…)", file.display(), number + 1));
            }
        }
    }
    Ok(findings)
}

fn crates_without_row(project: &Project) -> anyhow::Result<Vec<String>> {
    let Ok(text) = std::fs::read_to_string(project.path("ARCHITECTURE.md")) else {
        return Ok(vec!["ARCHITECTURE.md is missing".to_owned()]);
    };
    let rows: Vec<&str> = text.lines().filter(|line| line.trim_start().starts_with('|')).collect();
    let metadata = MetadataCommand::new().manifest_path(project.path("Cargo.toml")).no_deps().exec()?;
    let mut findings = Vec::new();
    for package in metadata.workspace_packages() {
        let folder = package.manifest_path.parent().and_then(|folder| folder.strip_prefix(project.root()).ok());
        // The root package is the shell in src-tauri.
        let name = if package.name.as_str() == "sluice-desktop" {
            "src-tauri"
        } else {
            folder.map_or("", |folder| folder.as_str())
        };
        let forms = [format!("`{name}`"), format!("`{name}/`")];
        if !rows.iter().any(|row| forms.iter().any(|form| row.contains(form))) {
            findings.push(format!("ARCHITECTURE.md: no row of a table names `{name}`"));
        }
    }
    Ok(findings)
}

/// Paths in tables of ARCHITECTURE.md, written whole from the root; `<format>` stands for any folder.
fn missing_paths(project: &Project) -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(project.path("ARCHITECTURE.md"))?;
    let mut findings = Vec::new();
    for row in text.lines().filter(|line| line.trim_start().starts_with('|')) {
        for path in row.split('`').skip(1).step_by(2).filter(|words| is_path(words)) {
            if !exists(&project.path(""), path) {
                findings.push(format!("ARCHITECTURE.md: there is no `{path}`"));
            }
        }
    }
    Ok(findings)
}

fn is_path(words: &str) -> bool {
    let tops = ["crates/", "ui/", "src-tauri/", "tests/", "docs/", "fixtures/"];
    tops.iter().any(|top| words.starts_with(top)) && !words.contains(' ')
}

fn exists(folder: &Path, path: &str) -> bool {
    let Some((before, after)) = path.split_once('<') else { return folder.join(path).exists() };
    let Some((_, after)) = after.split_once('>') else { return false };
    let Ok(entries) = std::fs::read_dir(folder.join(before)) else { return false };
    entries.flatten().any(|entry| exists(&entry.path(), after.trim_start_matches('/')))
}

fn is_foreign(file: &Path) -> bool {
    NOT_OURS.iter().any(|prefix| file.starts_with(prefix)) || file.extension().is_some_and(|kind| kind == "lock")
}

/// A folder counts where a path begins, not in the middle of one such as `app/home/`.
fn machine_folder(line: &str) -> Option<String> {
    MACHINE_FOLDERS.iter().map(|(first, second)| format!("{first}{second}")).find(|folder| {
        line.match_indices(folder.as_str()).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            !before.is_some_and(|letter| letter.is_alphanumeric() || "_-.}/~*".contains(letter))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::machine_folder;

    #[test]
    fn a_path_of_one_machine_is_found() {
        let path = format!("see {}{}", "/home", "/ada/lake");
        assert!(machine_folder(&path).is_some());
        assert!(machine_folder("open app/home/page").is_none());
    }
}
