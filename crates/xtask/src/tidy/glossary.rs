//! Nobody writes a word that docs/glossary.md replaces by the field's own.

use crate::project::Project;
use anyhow::Context;
use std::path::{Path, PathBuf};

const GLOSSARY: &str = "docs/glossary.md";
/// Written once, of its time: what was decided, released or measured then.
const HISTORY: &[&str] = &["docs/decisions", "docs/benchmarks", "docs/reliability-scoreboard.md", "CHANGELOG.md"];
/// A name that files or command lines keep stands in such an attribute.
const KEPT_NAMES: &[&str] = &["rename = \"", "alias = \"", "alias(\"", "aliases = ["];

/// A word or phrase, and what to write for it.
struct Refused {
    word: String,
    term: String,
}

/// Checks code and documents.
pub(super) fn check(project: &Project, files: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    let glossary = std::fs::read_to_string(project.path(GLOSSARY)).context("docs/glossary.md is missing")?;
    let refused = refused_words(&glossary);
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| is_checked(file)) {
        let text = std::fs::read_to_string(project.root().join(file))
            .with_context(|| format!("cannot read {}", file.display()))?;
        for (number, line) in text.lines().enumerate() {
            for found in refused.iter().filter(|refused| stands_in(line, &refused.word)) {
                let Refused { word, term } = found;
                findings.push(format!("{}:{}: `{word}`; the glossary has `{term}`", file.display(), number + 1));
            }
        }
    }
    Ok(findings)
}

fn is_checked(file: &Path) -> bool {
    let is_text = file.extension().is_some_and(|kind| kind == "rs" || kind == "md" || kind == "toml");
    is_text && file != Path::new(GLOSSARY) && !HISTORY.iter().any(|history| file.starts_with(history))
}

/// The third column of every table, as far as it is in code type; two words are refused beside the tables.
fn refused_words(glossary: &str) -> Vec<Refused> {
    let mut refused = vec![Refused { word: ["can", "not"].join(" "), term: "cannot".to_owned() }];
    for line in glossary.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, term, _, not, _] = cells[..] else { continue };
        let words = not.split('`').skip(1).step_by(2);
        refused.extend(words.map(|word| Refused { word: word.to_owned(), term: term.to_owned() }));
    }
    refused
}

fn stands_in(line: &str, word: &str) -> bool {
    if KEPT_NAMES.iter().any(|kept| line.contains(kept)) {
        return false;
    }
    if word.contains(' ') {
        return words_of(line).join(" ").contains(word) && line.to_lowercase().contains(word);
    }
    if word.starts_with(char::is_uppercase) {
        return line.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|name| name == word);
    }
    words_of(line).iter().any(|part| part == word)
}

/// The words of a line in small letters; `FooBar` and `foo_bar` are two.
fn words_of(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in line.chars() {
        let begins = letter.is_uppercase() && before.is_lowercase();
        if (begins || !letter.is_alphanumeric()) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::{refused_words, stands_in, words_of};

    #[test]
    fn names_have_words() {
        assert_eq!(words_of("let row_count = RedHouse::of(x1);"), ["let", "row", "count", "red", "house", "of", "x1"]);
    }

    #[test]
    fn the_third_column_is_refused() {
        let refused = refused_words("| term | what | not |\n|---|---|---|\n| wind | air | `gust`, breeze, `Storm` |\n");
        let words: Vec<&str> = refused.iter().map(|refused| refused.word.as_str()).skip(1).collect();
        assert_eq!(words, ["gust", "Storm"]);
    }

    #[test]
    fn a_word_is_found_in_names_and_sentences() {
        assert!(stands_in("fn gust_count()", "gust"));
        assert!(stands_in("/// A Gust of it.", "gust"));
        assert!(!stands_in("let disgust = 1;", "gust"));
        assert!(stands_in("struct Storm;", "Storm"));
        assert!(!stands_in("the storm", "Storm"));
        assert!(!stands_in("#[serde(rename = \"gust\")]", "gust"));
        assert!(stands_in("it blows no more", "blows no"));
    }
}
