//! Who may import whom.

use crate::project::Project;
use anyhow::Context;
use cargo_metadata::{MetadataCommand, Package};
use std::collections::{BTreeMap, BTreeSet};

/// Package and the packages of ours that it imports. A line here is a decision: imports only go
/// down, `cdc` and `engine` do not know each other, and the screens see pure data types only.
const GRAPH: &[(&str, &[&str])] = &[
    ("sluice-contract", &[]),
    ("sluice-api", &["contract"]),
    ("sluice-change", &["contract"]),
    ("sluice-cdc", &["contract", "change"]),
    ("sluice-engine", &["contract", "change"]),
    ("sluice-lake", &["contract", "change"]),
    ("sluice-query", &["contract", "api"]),
    ("sluice-publish", &["contract", "api", "lake"]),
    ("sluice-runner", &["contract", "api", "change", "cdc", "engine", "lake", "query", "publish"]),
    ("sluice-cli", &["contract", "api", "runner"]),
    ("sluice-desktop", &["api", "runner"]),
    ("sluice-ui", &["contract", "api"]),
    ("sluice-tests", &["contract", "api", "change", "cdc", "engine", "lake", "query", "publish", "runner"]),
    ("sluice-bench", &["contract", "api", "cdc", "change", "lake", "runner", "tests"]),
    ("xtask", &[]),
];

/// Packages from outside that only some of ours may use.
const KEPT_TO: &[(&str, &[&str])] = &[
    ("duckdb", &["sluice-query"]),
    ("tauri", &["sluice-desktop"]),
    ("deltalake", &["sluice-lake", "sluice-tests"]),
    ("egui", &["sluice-ui"]),
    ("eframe", &["sluice-ui"]),
];

/// Packages without I/O, clock or threads.
const PURE: &[&str] = &["sluice-contract", "sluice-api", "sluice-change", "sluice-cdc", "sluice-engine", "sluice-ui"];
const IMPURE: &[&str] = &["tokio", "object_store", "deltalake", "duckdb", "reqwest", "ureq"];

/// Compares the manifests with the tables above.
pub(super) fn check(project: &Project) -> anyhow::Result<Vec<String>> {
    let metadata = MetadataCommand::new()
        .manifest_path(project.path("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cargo cannot read the workspace")?;
    let members: Vec<&Package> = metadata.workspace_packages();
    let mut findings = Vec::new();
    let allowed: BTreeMap<&str, &[&str]> = GRAPH.iter().copied().collect();
    for package in &members {
        let name = package.name.as_str();
        let Some(allowed) = allowed.get(name) else {
            findings.push(format!("{name}: not in the crate graph (crates/xtask/src/tidy/graph.rs)"));
            continue;
        };
        findings.extend(compare(package, allowed));
        findings.extend(outside(package));
    }
    Ok(findings)
}

/// Ours: exactly the table for normal imports; tests may use what the table allows as well.
fn compare(package: &Package, allowed: &[&str]) -> Vec<String> {
    let used: BTreeSet<String> = package
        .dependencies
        .iter()
        .filter(|dependency| dependency.path.is_some())
        .map(|dependency| dependency.name.trim_start_matches("sluice-").to_owned())
        .collect();
    let allowed: BTreeSet<String> = allowed.iter().map(|name| (*name).to_owned()).collect();
    let forbidden = used.difference(&allowed).map(|name| format!("{}: must not import {name}", package.name));
    let unused = allowed.difference(&used).map(|name| format!("{}: the graph says it imports {name}", package.name));
    forbidden.chain(unused).collect()
}

fn outside(package: &Package) -> Vec<String> {
    let name = package.name.as_str();
    let mut findings = Vec::new();
    for dependency in &package.dependencies {
        let other = dependency.name.as_str();
        let in_tests_only = dependency.kind == cargo_metadata::DependencyKind::Development;
        if let Some((_, keepers)) = KEPT_TO.iter().find(|(kept, _)| *kept == other)
            && !keepers.contains(&name)
        {
            findings.push(format!("{name}: {other} is kept to {}", keepers.join(", ")));
        }
        if PURE.contains(&name) && IMPURE.contains(&other) && !in_tests_only {
            findings.push(format!("{name}: has no I/O, so it must not use {other}"));
        }
    }
    findings
}
