//! What envelopes show of a table.

use crate::formats::debezium::beside::beside;
use crate::formats::debezium::connect_schema::Node;
use crate::formats::debezium::connectors::{ConnectorOrder, TOTAL_ORDER};
use crate::formats::debezium::document::KEY;
use crate::formats::debezium::order::note_position;
use crate::formats::debezium::sample::{origin_of, read_row};
use crate::formats::debezium::source_table::of_raw;
use crate::formats::debezium::wrapping::lacks_row;
use crate::formats::json::sample::RowOrigin;
use crate::profile::Profile;
use crate::text::json_fields::{each_member, members, not_null, string};
use crate::value::extended_json::plain;
use std::borrow::Cow;

/// Counts an envelope; `None` if it is none.
pub(super) fn read_envelope(profile: &mut Profile, schema: Option<&Node>, envelope: &str) -> Option<()> {
    let names = ["op", "before", "after", "source", "transaction", "updateDescription"];
    let [op, before, after, source, transaction, update_description] = members(envelope, names)?.map(not_null);
    if op.is_none() && beside(envelope).is_some() {
        profile.left_out += 1;
        return Some(());
    }
    let op = string(op?)?;
    let named = source.and_then(|source| members(source, ["db", "schema", "table", "collection"]));
    if !profile.is_of_table(&of_raw(named.unwrap_or([None; 4]))) {
        return Some(());
    }
    // A patch shows no column that another document does not, and a delete without a document none at all.
    let is_text = |image: &Option<&str>| image.is_some_and(|image| image.starts_with('"'));
    let is_document = is_text(&before) || is_text(&after) || update_description.is_some();
    if is_document {
        profile.note_named_key(vec![KEY.to_owned()]);
    }
    let (before_text, after_text) = match is_document {
        true => (document(before)?, document(after)?),
        false => (None, None),
    };
    *profile.operations.entry(op.clone().into_owned()).or_default() += 1;
    let mut fields: Vec<String> = Vec::new();
    let mut snapshot = None;
    if let Some(source) = source {
        let [connector, kind] = members(source, ["connector", "snapshot"])?.map(not_null);
        snapshot = kind.and_then(string);
        profile.connector = connector.and_then(string).map(Cow::into_owned).or(profile.connector.take());
        each_member(source, |name, raw| {
            if !matches!(raw, "null" | "\"\"") {
                fields.push(name.into_owned());
            }
        });
    }
    if transaction.is_some() {
        fields.push(TOTAL_ORDER.to_owned());
    }
    if op != "m" {
        let connector = profile.connector.clone().filter(|_| fields.iter().any(|field| field == "connector"));
        note_position(profile, connector.as_deref(), op == "r", |part| fields.iter().any(|field| field == part));
    }
    let is_mongodb = || profile.connector.as_deref() == Some("mongodb");
    if lacks_row(&op, before.is_some() || after.is_some(), is_mongodb) {
        profile.by_key_alone += 1;
        return Some(());
    }
    let node = schema.and_then(|node| node.fields.iter().find(|field| field.field.as_deref() == Some("after")));
    match op.as_ref() {
        "t" | "m" => Some(()),
        "d" => read_row(profile, node, before_text.as_deref().or(before)?, true, RowOrigin::Other),
        _ if after.is_none() && update_description.is_some() => Some(()),
        op => read_row(profile, node, after_text.as_deref().or(after)?, false, origin_of(op, snapshot.as_deref())),
    }
}

/// The document in an image, as plain JSON; `None` if it is none.
fn document(image: Option<&str>) -> Option<Option<String>> {
    let Some(image) = image else { return Some(None) };
    plain(&string(image)?).ok().map(|text| Some(text.into_owned()))
}

/// With the database where the records name it.
pub(super) fn title(profile: &Profile) -> String {
    let connector = match profile.connector.as_deref() {
        Some("mariadb") => " MariaDB".to_owned(),
        Some(name) => ConnectorOrder::of(name).map(|order| format!(" {}", order.title)).unwrap_or_default(),
        None => String::new(),
    };
    let with_schema = if profile.with_schema > 0 { " with schema" } else { "" };
    format!("Debezium{connector}, JSON{with_schema}")
}
