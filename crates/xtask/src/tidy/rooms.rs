//! Inside a crate, too, imports go one way: no circle of files, and none of folders, so that every crate can be read
//! from the bottom to the top.

use super::imports::{Imports, Named, imports_of};
use crate::project::Project;
use anyhow::Context;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A module by its names below the crate; the crate itself has none.
type Module = Vec<String>;

/// Everything known of one crate.
struct Crate {
    files: BTreeMap<Module, (PathBuf, Imports)>,
}

/// Looks at every crate of the workspace.
pub(super) fn check(project: &Project, files: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    for source in sources(files) {
        let inside = read(project, files, &source)?;
        let arrows = inside.arrows();
        findings.extend(circles_of_files(&inside, &arrows));
        findings.extend(circles_of_folders(&source, &arrows));
    }
    Ok(findings)
}

/// Every folder `src`, and the screens' and shell's.
fn sources(files: &[PathBuf]) -> BTreeSet<PathBuf> {
    files
        .iter()
        .filter(|file| file.ends_with("src/lib.rs") || file.ends_with("src/main.rs"))
        .filter_map(|file| file.parent().map(Path::to_path_buf))
        .collect()
}

fn read(project: &Project, files: &[PathBuf], source: &Path) -> anyhow::Result<Crate> {
    let mut found = BTreeMap::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|kind| kind == "rs")) {
        let Ok(inside) = file.strip_prefix(source) else { continue };
        let module = module_of(inside);
        if module.iter().any(|name| name == "tests") || inside.starts_with("bin") {
            continue;
        }
        let text = std::fs::read_to_string(project.root().join(file))
            .with_context(|| format!("cannot read {}", file.display()))?;
        found.insert(module, (file.clone(), imports_of(&text)));
    }
    Ok(Crate { files: found })
}

/// `a/b.rs` and `a/b/mod.rs` are the module `a::b`.
fn module_of(inside: &Path) -> Module {
    let mut names: Module = inside.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if names.last().is_some_and(|last| last == "mod" || (names.len() == 1 && (last == "lib" || last == "main"))) {
        names.pop();
    }
    names
}

impl Crate {
    /// Which file needs which: where a path goes through a front door (`pub use`), to the room behind it.
    fn arrows(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let mut arrows = BTreeMap::new();
        for (module, (_, imports)) in &self.files {
            let used = imports.used.iter().map(|(_, path)| path).chain(&imports.inline);
            let goals = used.filter_map(|path| self.goal(module, path, 0)).filter(|goal| goal != module).collect();
            arrows.insert(module.clone(), goals);
        }
        arrows
    }

    /// The file in which what `path` names stands.
    fn goal(&self, from: &Module, path: &Named, depth: u8) -> Option<Module> {
        let (mut at, mut rest) = start(from, path, &self.files.get(from)?.1)?;
        while let Some((next, after)) = rest.split_first() {
            let mut deeper = at.clone();
            deeper.push(next.clone());
            if self.files.contains_key(&deeper) {
                at = deeper;
                rest = after;
                continue;
            }
            let imports = &self.files.get(&at)?.1;
            let behind = imports.shown.iter().chain(&imports.used).find(|(name, _)| name == next);
            return match behind {
                Some((_, path)) if depth < 8 => self.goal(&at, path, depth + 1),
                _ => Some(at),
            };
        }
        Some(at)
    }
}

/// Where a path begins; `None` for paths of other crates.
fn start<'a>(from: &Module, path: &'a Named, imports: &Imports) -> Option<(Module, &'a [String])> {
    let mut at = from.clone();
    let mut rest = path.as_slice();
    match rest.first()?.as_str() {
        "crate" => return Some((Vec::new(), &rest[1..])),
        "self" => return Some((at, &rest[1..])),
        "super" => {
            while rest.first().is_some_and(|segment| segment == "super") {
                at.pop();
                rest = &rest[1..];
            }
            return Some((at, rest));
        }
        _ => {}
    }
    imports.children.contains(rest.first()?).then_some((at, rest))
}

fn circles_of_files(inside: &Crate, arrows: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<String> {
    circles(arrows)
        .into_iter()
        .map(|circle| {
            let files: Vec<String> = circle
                .iter()
                .filter_map(|module| inside.files.get(module))
                .map(|(file, _)| file.display().to_string())
                .collect();
            format!("these files need each other in a circle: {}", files.join(", "))
        })
        .collect()
}

/// At every level, the folders and files beside each other have an order from which no import turns back.
fn circles_of_folders(source: &Path, arrows: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<String> {
    let mut levels: BTreeMap<Module, BTreeMap<Module, BTreeSet<Module>>> = BTreeMap::new();
    for (from, goals) in arrows {
        for goal in goals {
            let shared = from.iter().zip(goal).take_while(|(a, b)| a == b).count();
            if shared == from.len() || shared == goal.len() {
                continue;
            }
            let level = levels.entry(from[..shared].to_vec()).or_default();
            let goal = goal[..=shared].to_vec();
            level.entry(goal.clone()).or_default();
            level.entry(from[..=shared].to_vec()).or_default().insert(goal);
        }
    }
    let mut findings = Vec::new();
    for level in levels.values() {
        for circle in circles(level) {
            let shown = |module: &Module| module.join("/");
            let back: Vec<String> = arrows
                .iter()
                .flat_map(|(from, goals)| goals.iter().map(move |goal| (from, goal)))
                .filter(|(from, goal)| {
                    let room = |module: &Module| circle.iter().position(|room| module.starts_with(room));
                    room(from).is_some() && room(goal).is_some() && room(from) != room(goal)
                })
                .map(|(from, goal)| format!("{} -> {}", shown(from), shown(goal)))
                .collect();
            let rooms: Vec<String> = circle.iter().map(shown).collect();
            findings.push(format!(
                "{}: {} need each other in a circle ({})",
                source.display(),
                rooms.join(", "),
                back.join("; ")
            ));
        }
    }
    findings
}

/// Groups of more than one that reach each other.
fn circles(arrows: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<Vec<Module>> {
    let reach: BTreeMap<&Module, BTreeSet<&Module>> = arrows.keys().map(|from| (from, reached(arrows, from))).collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for from in arrows.keys() {
        let circle: Vec<Module> = reach[from]
            .iter()
            .filter(|goal| reach.get(**goal).is_some_and(|back| back.contains(from)))
            .map(|goal| (*goal).clone())
            .collect();
        if circle.len() > 1 && seen.insert(circle.clone()) {
            found.push(circle);
        }
    }
    found
}

fn reached<'a>(arrows: &'a BTreeMap<Module, BTreeSet<Module>>, from: &'a Module) -> BTreeSet<&'a Module> {
    let mut seen = BTreeSet::new();
    let mut waiting = vec![from];
    while let Some(module) = waiting.pop() {
        for goal in arrows.get(module).into_iter().flatten() {
            if seen.insert(goal) {
                waiting.push(goal);
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::{Crate, circles_of_files, circles_of_folders, module_of};
    use crate::tidy::imports::imports_of;
    use std::path::{Path, PathBuf};

    fn inside(files: &[(&str, &str)]) -> Crate {
        let files =
            files.iter().map(|(file, text)| (module_of(Path::new(file)), (PathBuf::from(file), imports_of(text))));
        Crate { files: files.collect() }
    }

    #[test]
    fn a_circle_through_a_front_door_is_found() {
        let circle = inside(&[
            ("lib.rs", "mod a;\nmod b;\npub use a::A;\n"),
            ("a.rs", "use crate::b::B;\n"),
            ("b.rs", "use crate::A;\n"),
        ]);
        let found = circles_of_files(&circle, &circle.arrows());
        assert_eq!(found, ["these files need each other in a circle: a.rs, b.rs"]);
    }

    #[test]
    fn folders_have_an_order() {
        let circle = inside(&[
            ("lib.rs", "mod a;\nmod b;\n"),
            ("a/mod.rs", "mod low;\nmod high;\n"),
            ("b/mod.rs", "mod middle;\n"),
            ("a/low.rs", ""),
            ("b/middle.rs", "use crate::a::low::L;\n"),
            ("a/high.rs", "use crate::b::middle::M;\n"),
        ]);
        assert!(circles_of_files(&circle, &circle.arrows()).is_empty());
        let found = circles_of_folders(Path::new("src"), &circle.arrows());
        assert_eq!(found, ["src: a, b need each other in a circle (a/high -> b/middle; b/middle -> a/low)"]);
    }

    #[test]
    fn a_module_that_uses_its_own_parts_is_none() {
        let fine =
            inside(&[("lib.rs", "mod a;\n"), ("a/mod.rs", "mod b;\nuse b::B;\nfn f() { b::g() }\n"), ("a/b.rs", "")]);
        assert!(circles_of_files(&fine, &fine.arrows()).is_empty());
        let circle =
            inside(&[("lib.rs", "mod a;\n"), ("a/mod.rs", "mod b;\nuse b::B;\n"), ("a/b.rs", "use super::A;\n")]);
        assert_eq!(circles_of_files(&circle, &circle.arrows()).len(), 1);
    }
}
