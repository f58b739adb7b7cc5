//! What the members of flattened rows are where they are not called as usual, by their names and values.
//!
//! `add.fields.prefix` is any text, or none, and each field may have another name (`op:operation`). A member is taken for
//! a field where its name says so and all of its values are such; what fits twice is a question.

use super::added_value::{fits, is_beside, is_telling, text_of};
use super::members::{PREFIX, SOURCE, in_row};
use crate::text::json_fields::{each_member, members, not_null};
use sluice_contract::ADDED_FIELDS;
use std::collections::{BTreeMap, BTreeSet};

/// Names of an operation where it has no prefix and is not called `op`.
const OPERATION_WORDS: [&str; 8] =
    ["operation", "op_type", "optype", "cdc_operation", "change_type", "event_type", "dml_type", "action"];
/// Fields that tell which table and server a row is of.
const OF_TABLE: [&str; 5] = ["db", "schema", "table", "collection", "name"];
/// Fields that speak for Debezium where there is no operation.
const TELLING_MIN: usize = 2;

/// Members of flattened rows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Names of members by what they are.
    pub(super) fields: BTreeMap<String, String>,
    /// Members that were added beside them, which nothing reads.
    pub(super) beside: Vec<String>,
    /// What people have to decide.
    pub(super) doubts: Vec<String>,
}

/// Values that are not null by member.
type Values<'r> = BTreeMap<String, Vec<&'r str>>;

/// Fields of one prefix, with the members that may be each.
struct Group<'v> {
    prefix: String,
    fields: BTreeMap<&'static str, Vec<&'v str>>,
}

/// The members of rows that can be nothing else; `None` where those that are there, if any, have their usual names.
pub(super) fn find(records: &[String]) -> Option<Found> {
    let values = values_of(records)?;
    let mut groups = groups(&values);
    for group in &mut groups {
        find_operation(group, &values);
    }
    let mut known: Vec<&Group<'_>> = groups.iter().filter(|group| group.is_known()).collect();
    known.sort_by_key(|group| std::cmp::Reverse(group.fields.len()));
    let best = *known.first()?;
    let mut found = best.found(&values);
    let has_op = |group: &&&Group<'_>| group.fields.contains_key("op");
    if let (true, Some(other)) = (has_op(&known.first()?), known.iter().skip(1).find(has_op)) {
        found.doubts.push(format!(
            "Members of add.fields may be those that begin with {} or with {}",
            shown(&best.prefix),
            shown(&other.prefix)
        ));
    }
    let is_usual = best.prefix == PREFIX && !found.fields.contains_key("op") && found.doubts.is_empty();
    (!is_usual).then_some(found)
}

fn values_of(records: &[String]) -> Option<Values<'_>> {
    let mut values = Values::new();
    for record in records {
        let row = match members(record, ["schema", "payload"]) {
            Some([Some(_), Some(payload)]) => payload,
            Some(_) => record,
            None => continue,
        };
        let mut is_envelope = false;
        each_member(row, |name, raw| {
            is_envelope |= matches!(name.as_ref(), "before" | "after" | "source") && raw.starts_with('{');
            let of_member = values.entry(name.into_owned()).or_default();
            of_member.extend(not_null(Some(raw)).filter(|raw| *raw != "\"\""));
        });
        if is_envelope {
            return None;
        }
    }
    values.retain(|_, values| !values.is_empty());
    Some(values)
}

/// Members that may be fields by their names and values, by what stands before them.
fn groups<'v>(values: &'v Values<'_>) -> Vec<Group<'v>> {
    let mut prefixes: BTreeMap<&str, BTreeMap<&'static str, Vec<&str>>> = BTreeMap::new();
    for (name, of_member) in values {
        for field in ADDED_FIELDS {
            let (only_source, in_row) = in_row(field);
            let of_source = format!("{SOURCE}{in_row}");
            let plain = (!only_source).then_some(in_row.as_str());
            let prefixed = [Some(of_source.as_str()), plain].into_iter().flatten();
            let prefix = prefixed.filter_map(|tail| name.strip_suffix(tail)).find(|prefix| is_prefix(prefix));
            if let Some(prefix) = prefix.filter(|_| of_member.iter().all(|raw| fits(field, raw))) {
                prefixes.entry(prefix).or_default().entry(field).or_default().push(name);
            }
        }
    }
    prefixes.into_iter().map(|(prefix, fields)| Group { prefix: prefix.to_owned(), fields }).collect()
}

/// What may stand before the name of a field: nothing, or something that ends like a prefix.
fn is_prefix(text: &str) -> bool {
    text.chars().last().is_none_or(|last| !last.is_alphanumeric())
}

/// Finds an operation of another name: the one member of the prefix whose values are operations.
fn find_operation<'v>(group: &mut Group<'v>, values: &'v Values<'_>) {
    if group.fields.contains_key("op") {
        return;
    }
    let taken: BTreeSet<&str> = group.fields.values().flatten().copied().collect();
    let is_named = |name: &str| match group.prefix.as_str() {
        "" => OPERATION_WORDS.iter().any(|word| name.eq_ignore_ascii_case(word)),
        prefix => name.starts_with(prefix),
    };
    let fitting = values.iter().filter(|(name, of_member)| {
        is_named(name) && !taken.contains(name.as_str()) && of_member.iter().all(|raw| fits("op", raw))
    });
    let names: Vec<&str> = fitting.map(|(name, _)| name.as_str()).collect();
    if !names.is_empty() {
        group.fields.insert("op", names);
    }
}

impl Group<'_> {
    /// Whether the members are fields of Debezium: an operation and something that tells a log, or several of those.
    fn is_known(&self) -> bool {
        let telling = self.fields.keys().filter(|field| is_telling(field)).count();
        let has = |field: &str| self.fields.contains_key(field);
        match self.prefix.as_str() {
            "" => telling > 0 && has("op"),
            _ => (telling > 0 && (has("op") || has("deleted"))) || telling >= TELLING_MIN,
        }
    }

    fn found(&self, values: &Values<'_>) -> Found {
        let mut found = Found::default();
        for (field, names) in &self.fields {
            let Some(name) = self.one_of(field, names, values, &mut found.doubts) else { continue };
            let (_, in_row) = in_row(field);
            let rest = name.strip_prefix(PREFIX);
            let is_usual = rest.map(|rest| rest.strip_prefix(SOURCE).unwrap_or(rest)) == Some(&in_row);
            if !is_usual {
                found.fields.insert((*field).to_owned(), name.to_owned());
            }
        }
        self.rest(values, &mut found);
        found
    }

    /// The member that is a field; nothing where that is not sure.
    fn one_of<'n>(
        &self,
        field: &str,
        names: &[&'n str],
        values: &Values<'_>,
        doubts: &mut Vec<String>,
    ) -> Option<&'n str> {
        let of = |name: &str| values.get(name).map_or(&[][..], Vec::as_slice);
        if self.prefix.is_empty() {
            let is_of_source = |name: &&&str| name.starts_with(SOURCE);
            if field == "deleted" {
                let question = "Whether deleted is a column or the mark of a rewritten delete: write deleted: deleted \
                                into source.add_fields if it is, and remove the column";
                doubts.push(question.to_owned());
                return None;
            }
            if OF_TABLE.contains(&field) && !names.iter().any(|name| name.starts_with(SOURCE)) {
                if field == "table" && all_equal(names.first().map_or(&[][..], |name| of(name))) {
                    let question = "Whether table is a column or the table that a record is of: write table: table into \
                                    source.add_fields if it is, and remove the column";
                    doubts.push(question.to_owned());
                }
                return None;
            }
            if OF_TABLE.contains(&field) {
                return names.iter().find(is_of_source).copied();
            }
        }
        let differs = |name: &&&str| field == "op" || names.first().is_some_and(|first| of(first) != of(name));
        if let (Some(first), Some(other)) = (names.first(), names.iter().skip(1).find(differs)) {
            doubts.push(format!("Whether {first} or {other} is {field}: name one in source.add_fields"));
            return Some(first);
        }
        names.iter().find(|name| name.contains(SOURCE)).or(names.first()).copied()
    }

    /// Members of the prefix that are no field which decoding reads.
    fn rest(&self, values: &Values<'_>, found: &mut Found) {
        if self.prefix == PREFIX {
            return;
        }
        let taken: BTreeSet<&str> = self.fields.values().flatten().copied().collect();
        for name in values.keys().filter(|name| !taken.contains(name.as_str())) {
            let Some(rest) = name.strip_prefix(&self.prefix) else { continue };
            if is_beside(rest) && (!self.prefix.is_empty() || rest.starts_with(SOURCE)) {
                found.beside.push(name.clone());
            } else if !self.prefix.is_empty() {
                found.doubts.push(format!(
                    "Whether {name} is a column or a field of add.fields with another name: write into source.add_fields \
                     what it is, or into source.ignored if nothing needs it, and remove the column"
                ));
            }
        }
    }
}

fn all_equal(values: &[&str]) -> bool {
    values.iter().all(|value| Some(value) == values.first()) && values.iter().all(|raw| !text_of(raw).is_empty())
}

fn shown(prefix: &str) -> String {
    if prefix.is_empty() { "nothing".to_owned() } else { format!("`{prefix}`") }
}

#[cfg(test)]
mod tests {
    use super::find;

    fn found(rows: &[&str]) -> Option<(String, String, Vec<String>)> {
        let rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
        let found = find(&rows)?;
        let fields: Vec<String> = found.fields.iter().map(|(field, name)| format!("{field}={name}")).collect();
        Some((fields.join(" "), found.beside.join(" "), found.doubts))
    }

    #[test]
    fn fields_are_known_by_any_prefix_and_by_their_values() {
        for (row, fields, beside) in [
            (
                r#"{"id":1,"cdc_op":"c","cdc_lsn":42,"cdc_source_ts_ms":1700000000000,"cdc_snapshot":"false","cdc_table":"t"}"#,
                "lsn=cdc_lsn op=cdc_op source.ts_ms=cdc_source_ts_ms table=cdc_table",
                "cdc_snapshot",
            ),
            (
                r#"{"id":1,"name":"a","op":"u","lsn":42,"source_ts_ms":1700000000000,"source_table":"t","source_version":"2"}"#,
                "lsn=lsn op=op source.ts_ms=source_ts_ms table=source_table",
                "source_version",
            ),
            (r#"{"id":1,"operation":"d","source_lsn":42}"#, "lsn=source_lsn op=operation", ""),
            (r#"{"id":1,"__operation":"c","__lsn":42}"#, "op=__operation", ""),
            (
                r#"{"id":1,"x.action":"r","x.file":"bin.000001","x.pos":4,"x.row":0}"#,
                "file=x.file op=x.action pos=x.pos row=x.row",
                "",
            ),
            (
                r#"{"schema":{},"payload":{"id":1,"_op":"c","_scn":"77","_commit_scn":"78"}}"#,
                "commit_scn=_commit_scn op=_op scn=_scn",
                "",
            ),
            (r#"{"id":1,"m_deleted":"false","m_lsn":5}"#, "deleted=m_deleted lsn=m_lsn", ""),
        ] {
            assert_eq!(found(&[row]), Some((fields.to_owned(), beside.to_owned(), vec![])), "{row}");
        }
    }

    #[test]
    fn what_has_its_usual_name_or_is_a_plain_row_is_nothing_new() {
        for row in [
            r#"{"id":1,"__op":"c","__lsn":42,"__deleted":"false","__source_ts_ms":1700000000000}"#,
            r#"{"id":1,"op":"c","name":"a"}"#,
            r#"{"id":1,"op":"x","lsn":42}"#,
            r#"{"id":1,"op":"c","ts_ms":1700000000000,"source":{"lsn":4},"after":{"id":1}}"#,
            r#"{"id":1,"action":"c","pos":4,"row":7}"#,
            r#"{"id":1,"shop_lsn":4}"#,
            r#"{"id":1,"lsn":4,"source_ts_ms":1700000000000}"#,
        ] {
            assert_eq!(found(&[row]), None, "{row}");
        }
        assert_eq!(found(&[r#"{"id":1,"op":"c","lsn":42}"#, r#"{"id":2,"op":"paid","lsn":43}"#]), None, "one is none");
    }

    #[test]
    fn what_fits_twice_is_a_question() {
        for (rows, asked) in [
            (vec![r#"{"id":1,"_a":"c","_b":"u","_lsn":4}"#], "Whether _a or _b is op"),
            (vec![r#"{"id":1,"op":"c","lsn":4,"deleted":"false"}"#], "Whether deleted is a column"),
            (vec![r#"{"id":1,"op":"c","lsn":4,"table":"orders"}"#], "Whether table is a column"),
            (vec![r#"{"id":1,"_op":"c","_lsn":4,"_source_lsn":5}"#], "Whether _lsn or _source_lsn is lsn"),
            (vec![r#"{"id":1,"_op":"c","_lsn":4,"_place":5}"#], "Whether _place is a column or a field"),
            (vec![r#"{"id":1,"_op":"c","_lsn":4,"x_op":"u","x_lsn":4}"#], "begin with `_` or with `x_`"),
        ] {
            let (_, _, doubts) = found(&rows).unwrap();
            assert!(doubts.iter().any(|doubt| doubt.contains(asked)), "{doubts:?} lacks {asked}");
        }
    }
}
