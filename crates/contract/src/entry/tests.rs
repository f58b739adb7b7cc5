//! The lists beside what is read and what is documented.

use super::{Effect, Entry};
use crate::document::{
    ApplyDocument, BackfillDocument, CheckDocument, ColumnDocument, Document, FromSnapshotDocument, GuardsDocument,
    SourceDocument,
};
use serde::de::value::Error;
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use std::collections::BTreeSet;
use std::path::Path;

/// Sections in the order of the document.
const SECTIONS: [&str; 8] =
    ["", "source", "source.backfill", "apply", "apply.from_snapshot", "guards", "schema", "quality"];

/// Takes the names of a struct's fields instead of reading one.
struct Fields<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Fields<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("not a struct"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        Err(Error::custom("only its fields"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

fn fields<T: for<'de> Deserialize<'de>>() -> BTreeSet<&'static str> {
    let mut fields: &'static [&'static str] = &[];
    assert!(T::deserialize(Fields(&mut fields)).is_err());
    fields.iter().copied().collect()
}

fn in_section(section: &str) -> impl Iterator<Item = &'static Entry> {
    Entry::all().filter(move |entry| entry.section == section)
}

#[test]
fn every_entry_that_is_read_is_in_the_list() {
    let read = [
        fields::<Document>(),
        fields::<SourceDocument>(),
        fields::<BackfillDocument>(),
        fields::<ApplyDocument>(),
        fields::<FromSnapshotDocument>(),
        fields::<GuardsDocument>(),
        fields::<ColumnDocument>(),
        fields::<CheckDocument>(),
    ];
    for (section, read) in SECTIONS.into_iter().zip(read) {
        let listed: BTreeSet<&str> = in_section(section).flat_map(|entry| entry.names).copied().collect();
        assert_eq!(listed, read, "entries of `{section}`");
    }
    assert!(Entry::all().all(|entry| SECTIONS.contains(&entry.section)));
}

#[test]
fn every_entry_says_what_it_is_and_what_its_change_does() {
    for entry in Entry::all() {
        let path = entry.path();
        assert!(!entry.what.is_empty() && !entry.missing.is_empty() && !entry.names.is_empty(), "{path}");
        assert!(entry.effect.is_none() || !entry.consequence.is_empty(), "{path}");
        assert_eq!(entry.consequence.trim_end_matches('.'), entry.consequence, "{path}");
    }
}

fn entry_table(section: &str) -> String {
    let mut table = "| entry | what | if missing | effect of a change |\n|---|---|---|---|\n".to_owned();
    for entry in in_section(section) {
        let names: Vec<String> = entry.names.iter().map(|name| format!("`{name}`")).collect();
        let effect = entry.effect.map_or("by entry", Effect::as_str);
        table.push_str(&format!("| {} | {} | {} | {effect} |\n", names.join(", "), entry.what, entry.missing));
    }
    table
}

fn effect_table() -> String {
    let mut table = "| effect | what the runner does | entries |\n|---|---|---|\n".to_owned();
    for effect in Effect::ALL {
        let of_effect = Entry::all().filter(|entry| entry.effect == Some(effect));
        let paths: Vec<String> = of_effect.map(|entry| format!("`{}`", entry.path())).collect();
        table.push_str(&format!("| {effect} | {} | {} |\n", effect.sentence(), paths.join(", ")));
    }
    table
}

/// The document with the tables between `<!-- begin: name -->` and `<!-- end -->` as the lists have them.
fn with_tables(document: &str) -> String {
    let mut written = document.to_owned();
    let tables = SECTIONS.map(|section| (if section.is_empty() { "contract" } else { section }, entry_table(section)));
    for (name, table) in tables.into_iter().chain([("effects", effect_table())]) {
        let begin = format!("<!-- begin: {name} -->\n");
        let (before, rest) = written.split_once(&begin).unwrap_or_else(|| panic!("docs/contract.md lacks {begin}"));
        let (_, after) = rest.split_once("<!-- end -->").unwrap_or_else(|| panic!("{begin} has no end"));
        written = format!("{before}{begin}{table}<!-- end -->{after}");
    }
    written
}

/// With `SLUICE_WRITE_DOCS` the tables of the document are written instead of compared.
#[test]
fn the_document_has_the_tables_of_the_lists() {
    let path = Path::new("../../docs/contract.md");
    let document = std::fs::read_to_string(path).unwrap();
    let wanted = with_tables(&document);
    if std::env::var_os("SLUICE_WRITE_DOCS").is_some() {
        std::fs::write(path, &wanted).unwrap();
        return;
    }
    let differs = document.lines().zip(wanted.lines()).find(|(is, wanted)| is != wanted);
    assert!(document == wanted, "docs/contract.md: {differs:?}; run this test with SLUICE_WRITE_DOCS=1");
}
