//! What can stand at the cursor: columns in scope, tables, functions, keywords.

use super::scope::{Named, named};
use crate::code::sql::is_word;
use crate::code::sql_words::{functions, keywords};
use crate::state::Store;
use sluice_api::TableRef;

/// Candidates shown.
const SHOWN_MAX: usize = 40;

/// What a candidate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Column,
    Alias,
    Table,
    Function,
    Keyword,
}

/// Something that can be put in place of the word at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// What it is.
    pub what: What,
    /// What is written.
    pub insert: String,
    /// Type of a column, arguments of a function.
    pub note: String,
    /// Where it is from.
    pub origin: String,
}

/// The word at the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AtCursor {
    /// What stands before the last dot, if there is one.
    pub qualifier: Option<String>,
    /// What was typed of the word.
    pub typed: String,
}

/// The word that ends at character `cursor`.
pub(super) fn at_cursor(sql: &str, cursor: usize) -> AtCursor {
    let before: Vec<char> = sql.chars().take(cursor).collect();
    let start = before.iter().rposition(|c| !(is_word(*c) || *c == '.' || *c == '"')).map_or(0, |at| at + 1);
    let text: String = before.iter().skip(start).collect();
    match text.rsplit_once('.') {
        Some((qualifier, typed)) => AtCursor { qualifier: Some(qualifier.replace('"', "")), typed: typed.to_owned() },
        None => AtCursor { qualifier: None, typed: text },
    }
}

/// Tables whose columns completion needs.
pub(super) fn tables_needed(sql: &str, store: &Store) -> Vec<TableRef> {
    let Some(lake) = store.lake().value else { return Vec::new() };
    let exists = |table: &TableRef| lake.tables.iter().any(|each| each.table == *table && each.version.is_some());
    let mut needed: Vec<TableRef> = Vec::new();
    for each in named(sql) {
        if exists(&each.table) && !needed.contains(&each.table) {
            needed.push(each.table);
        }
    }
    needed
}

/// Candidates for `at`, best first.
pub(super) fn candidates(sql: &str, at: &AtCursor, store: &Store) -> Vec<Candidate> {
    let scope = named(sql);
    let mut all = columns(&scope, at, store);
    if at.qualifier.is_none() {
        all.extend(scope.iter().filter_map(|each| {
            let alias = each.alias.clone()?;
            let origin = each.table.name.to_string();
            Some(Candidate { what: What::Alias, insert: alias, note: String::new(), origin })
        }));
    }
    all.extend(tables(at, store));
    if at.qualifier.is_none() {
        all.extend(functions().map(|(name, arguments, returns)| Candidate {
            what: What::Function,
            insert: format!("{name}("),
            note: returns.to_owned(),
            origin: arguments.to_owned(),
        }));
        all.extend(keywords().map(|keyword| Candidate {
            what: What::Keyword,
            insert: keyword.to_owned(),
            note: String::new(),
            origin: "keyword".to_owned(),
        }));
    }
    let typed = at.typed.to_lowercase();
    let mut starts: Vec<Candidate> = Vec::new();
    let mut contains: Vec<Candidate> = Vec::new();
    for each in all {
        let name = each.insert.to_lowercase();
        let known = starts.iter().chain(&contains).any(|other| other.insert == each.insert && other.what == each.what);
        if known || name == typed {
            continue;
        }
        if name.starts_with(&typed) {
            starts.push(each);
        } else if typed.len() > 1 && name.contains(&typed) && !matches!(each.what, What::Keyword) {
            contains.push(each);
        }
    }
    starts.append(&mut contains);
    starts.truncate(SHOWN_MAX);
    starts
}

fn columns(scope: &[Named], at: &AtCursor, store: &Store) -> Vec<Candidate> {
    let wanted = |each: &&Named| match &at.qualifier {
        None => true,
        Some(qualifier) => {
            let name = &each.table.name;
            each.alias.as_deref().is_some_and(|alias| alias.eq_ignore_ascii_case(qualifier))
                || (each.alias.is_none() && name.table.eq_ignore_ascii_case(qualifier))
                || each.table.to_string().eq_ignore_ascii_case(qualifier)
                || name.to_string().eq_ignore_ascii_case(qualifier)
        }
    };
    let mut found = Vec::new();
    for each in scope.iter().filter(wanted) {
        let Some(view) = store.table(&each.table, None).value else { continue };
        found.extend(view.columns.iter().map(|column| Candidate {
            what: What::Column,
            insert: quoted_if_needed(&column.name),
            note: column.data_type.clone(),
            origin: each.table.name.to_string(),
        }));
    }
    found
}

fn tables(at: &AtCursor, store: &Store) -> Vec<Candidate> {
    let Some(lake) = store.lake().value else { return Vec::new() };
    let candidate = |insert: String, origin: &str| Candidate {
        what: What::Table,
        insert,
        note: String::new(),
        origin: origin.to_owned(),
    };
    let names = lake.tables.iter().filter(|each| each.version.is_some());
    match &at.qualifier {
        None => names.map(|each| candidate(each.table.to_string(), each.table.layer.as_str())).collect(),
        Some(qualifier) => names
            .filter_map(|each| {
                let full = each.table.to_string();
                let rest = full.strip_prefix(qualifier.as_str())?.strip_prefix('.')?;
                Some(candidate(rest.to_owned(), each.table.layer.as_str()))
            })
            .collect(),
    }
}

/// The name as it has to be written.
pub(super) fn quoted_if_needed(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !keywords().any(|keyword| keyword.eq_ignore_ascii_case(name));
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Puts `candidate` in place of the word that ends at character `cursor`; returns the new cursor.
pub(super) fn accept(sql: &mut String, cursor: usize, at: &AtCursor, candidate: &Candidate) -> usize {
    let start = cursor.saturating_sub(at.typed.chars().count());
    let from = crate::code::byte_position(sql, start);
    let to = crate::code::byte_position(sql, cursor);
    sql.replace_range(from..to, &candidate.insert);
    start + candidate.insert.chars().count()
}

#[cfg(test)]
mod tests {
    use super::{AtCursor, Candidate, What, accept, at_cursor, quoted_if_needed};

    #[test]
    fn the_word_before_the_cursor_is_found() {
        let at = at_cursor("SELECT o.sta FROM", 12);
        assert_eq!(at, AtCursor { qualifier: Some("o".to_owned()), typed: "sta".to_owned() });
        assert_eq!(at_cursor("SELECT (", 8), AtCursor::default());
    }

    #[test]
    fn accepting_replaces_what_was_typed() {
        let mut sql = "SELECT o.sta FROM".to_owned();
        let at = at_cursor(&sql, 12);
        let status =
            Candidate { what: What::Column, insert: "status".to_owned(), note: String::new(), origin: String::new() };
        assert_eq!(accept(&mut sql, 12, &at, &status), 15);
        assert_eq!(sql, "SELECT o.status FROM");
        assert_eq!(quoted_if_needed("Order Id"), "\"Order Id\"");
        assert_eq!(quoted_if_needed("order"), "\"order\"");
    }
}
