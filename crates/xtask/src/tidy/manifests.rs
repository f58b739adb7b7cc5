//! Every package takes lints and versions from the workspace.

use crate::project::Project;
use anyhow::Context;
use cargo_metadata::MetadataCommand;

/// Manifest and package that may name a version of their own, each with its reason.
const OWN_VERSION: &[(&str, &str)] = &[
    // DuckDB hands out Arrow 60 while Delta Lake needs 59; the bytes of IPC are the same.
    ("crates/query/Cargo.toml", "arrow-ipc"),
];

/// Reads every manifest of the workspace.
pub(super) fn check(project: &Project) -> anyhow::Result<Vec<String>> {
    let metadata = MetadataCommand::new().manifest_path(project.path("Cargo.toml")).no_deps().exec()?;
    let mut findings = Vec::new();
    for package in metadata.workspace_packages() {
        let path = package.manifest_path.as_std_path();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let shown = path.strip_prefix(project.root()).unwrap_or(path).display().to_string();
        let own: Vec<&str> =
            OWN_VERSION.iter().filter(|(manifest, _)| *manifest == shown).map(|(_, package)| *package).collect();
        findings.extend(check_manifest(&text, &own).into_iter().map(|finding| format!("{shown}: {finding}")));
    }
    Ok(findings)
}

fn check_manifest(text: &str, own_version: &[&str]) -> Vec<String> {
    let mut findings = Vec::new();
    let mut section = String::new();
    let mut inherits_lints = false;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
            continue;
        }
        let from_workspace = line.replace(' ', "").contains("workspace=true");
        inherits_lints |= section == "lints" && from_workspace;
        if is_dependency_section(&section) && line.contains('=') && !from_workspace {
            let name = line.split(['=', '.']).next().unwrap_or(line).trim();
            if !own_version.contains(&name) {
                findings.push(format!("`{name}` does not say `workspace = true`"));
            }
        }
    }
    if !inherits_lints {
        findings.push("`[lints] workspace = true` is missing".to_owned());
    }
    findings
}

fn is_dependency_section(section: &str) -> bool {
    !section.starts_with("workspace") && section.rsplit('.').next().is_some_and(|last| last.ends_with("dependencies"))
}

#[cfg(test)]
mod tests {
    use super::check_manifest;

    #[test]
    fn a_version_of_its_own_is_found() {
        let text = "[dependencies]\nserde = \"1\"\nclap = { workspace = true }\n[lints]\nworkspace = true\n";
        assert_eq!(check_manifest(text, &[]), ["`serde` does not say `workspace = true`"]);
    }

    #[test]
    fn the_workspace_table_itself_may_name_versions() {
        let text = "[workspace.dependencies]\nserde = \"1\"\n[lints]\nworkspace = true\n";
        assert!(check_manifest(text, &[]).is_empty());
    }

    #[test]
    fn missing_lints_are_found() {
        assert_eq!(check_manifest("[package]\nname = \"a\"\n", &[]), ["`[lints] workspace = true` is missing"]);
    }
}
