//! What one `.rs` file names of its own crate: read from its text, without a compiler.

/// One path that a file names, by segments, as written: `crate::a::B`, `super::b`, `child::C`.
pub(super) type Named = Vec<String>;

/// What a file says about modules.
#[derive(Default)]
pub(super) struct Imports {
    /// Modules that it declares in files of their own.
    pub(super) children: Vec<String>,
    /// Paths of its `use` items with the name that each one gets here.
    pub(super) used: Vec<(String, Named)>,
    /// Paths in code outside `use`.
    pub(super) inline: Vec<Named>,
    /// Paths of `pub use` items: a module's front door, no need of its own.
    pub(super) shown: Vec<(String, Named)>,
}

/// Reads a file; its test module is left out, because tests look at what is above them.
pub(super) fn imports_of(text: &str) -> Imports {
    let code = without_tests(&without_comments(text));
    let mut found = Imports::default();
    let mut rest = code.as_str();
    let mut other = String::new();
    while let Some(at) = next_item(rest) {
        other.push_str(&rest[..at.start]);
        let Some(length) = rest[at.body..].find(';') else { break };
        let body = &rest[at.body..at.body + length];
        if at.is_use {
            let goal = if at.is_public { &mut found.shown } else { &mut found.used };
            expand(body, &mut Vec::new(), goal);
        } else if !body.contains('{') {
            found.children.push(body.trim().to_owned());
        } else {
            // A module in the file itself: its body is code like any other.
            other.push_str(&rest[at.start..at.body]);
            rest = &rest[at.body..];
            continue;
        }
        rest = &rest[at.body + length + 1..];
    }
    other.push_str(rest);
    found.inline = inline_paths(&other, &found.children);
    found
}

struct Item {
    start: usize,
    body: usize,
    is_use: bool,
    is_public: bool,
}

/// The next `use` or `mod` at the beginning of a line.
fn next_item(text: &str) -> Option<Item> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        let public = ["pub(crate) ", "pub(super) ", "pub "].into_iter().find(|word| trimmed.starts_with(word));
        let bare = &trimmed[public.map_or(0, str::len)..];
        for (word, is_use) in [("use ", true), ("mod ", false)] {
            if bare.starts_with(word) {
                let body = start + indent + public.map_or(0, str::len) + word.len();
                return Some(Item { start: start + indent, body, is_use, is_public: public.is_some() });
            }
        }
        start += line.len();
    }
    None
}

/// `a::{b, c::D as E}` is `a::b` and `a::c::D`, the second by the name E.
fn expand(tree: &str, before: &mut Vec<String>, found: &mut Vec<(String, Named)>) {
    let tree = tree.trim();
    if let Some(open) = tree.find('{') {
        let close = tree.rfind('}').unwrap_or(tree.len());
        let lead: Vec<String> = segments(&tree[..open]);
        let depth = lead.len();
        before.extend(lead);
        for branch in split_top(&tree[open + 1..close]) {
            expand(branch, before, found);
        }
        before.truncate(before.len() - depth);
        return;
    }
    let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias.trim())));
    let mut named = before.clone();
    named.extend(segments(path).into_iter().filter(|segment| segment != "self" || before.is_empty()));
    if let Some(last) = named.last().cloned() {
        found.push((alias.map_or(last, str::to_owned), named));
    }
}

fn segments(path: &str) -> Vec<String> {
    path.split("::").map(str::trim).filter(|segment| !segment.is_empty()).map(str::to_owned).collect()
}

/// Splits at commas that stand in no braces.
fn split_top(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// Paths in code that begin at the crate, above, or in a module that the file declares.
fn inline_paths(code: &str, children: &[String]) -> Vec<Named> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    code.split(|letter: char| !is_part(letter))
        .filter(|word| word.contains("::"))
        .map(segments)
        .filter(|path| {
            path.first().is_some_and(|first| first == "crate" || first == "super" || children.contains(first))
        })
        .collect()
}

/// Comments and the contents of string literals become blanks.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let mut in_string = false;
        let mut letters = line.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' if in_string => {
                    letters.next();
                }
                '\'' if !in_string && letters.peek() == Some(&'"') => {
                    letters.next();
                    letters.next();
                }
                '"' => in_string = !in_string,
                '/' if !in_string && letters.peek() == Some(&'/') => break,
                _ if in_string => {}
                _ => out.push(letter),
            }
        }
        out.push('\n');
    }
    out
}

/// The text without its test module: to the end where it stands in the file itself, its declaration where it is a file
/// of its own.
fn without_tests(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    while at < lines.len() {
        let next = lines.get(at + 1).map_or("", |line| line.trim_start().trim_start_matches("pub(crate) "));
        if lines[at].trim() == "#[cfg(test)]" && next.starts_with("mod ") {
            if next.ends_with('{') {
                break;
            }
            at += 2;
            continue;
        }
        kept.push_str(lines[at]);
        kept.push('\n');
        at += 1;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::imports_of;

    fn paths(found: &[(String, Vec<String>)]) -> Vec<String> {
        found.iter().map(|(name, path)| format!("{name}={}", path.join("::"))).collect()
    }

    #[test]
    fn uses_are_expanded() {
        let found =
            imports_of("use crate::{a::{B, c::D as E}, f};\npub use g::H;\nmod g;\nmod i {\n use super::g::K;\n}\n");
        assert_eq!(paths(&found.used), ["B=crate::a::B", "E=crate::a::c::D", "f=crate::f", "K=super::g::K"]);
        assert_eq!(paths(&found.shown), ["H=g::H"]);
        assert_eq!(found.children, ["g"]);
    }

    #[test]
    fn code_is_read_and_comments_are_not() {
        let text = "mod a;\n// crate::no::no\nfn f() { a::g(crate::b::C, \"crate::no\", std::x::y) }\n\n#[cfg(test)]\nmod tests {\n    use super::f;\n}\n";
        let found = imports_of(text);
        let inline: Vec<String> = found.inline.iter().map(|path| path.join("::")).collect();
        assert_eq!(inline, ["a::g", "crate::b::C"]);
        assert!(found.used.is_empty());
        let declared = imports_of("#[cfg(test)]\nmod tests;\nuse crate::a::B;\n");
        assert_eq!(paths(&declared.used), ["B=crate::a::B"]);
    }
}
