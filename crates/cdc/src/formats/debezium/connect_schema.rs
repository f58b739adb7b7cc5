//! The Kafka Connect schema beside a record: how the record's values are written.

use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::value::encoding::Encoding;
use serde::Deserialize;
use sluice_change::ReasonCode;
use sluice_contract::TimeUnit;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Encodings of the columns of the contract in `before` and `after`, or in a flattened row.
#[derive(Debug, Default)]
pub(crate) struct RecordSchema {
    /// Per column of the contract.
    pub(crate) before: Vec<Encoding>,
    /// Per column of the contract.
    pub(crate) after: Vec<Encoding>,
    /// Per column of the contract, for a flattened row.
    pub(crate) row: Vec<Encoding>,
}

/// Schemas seen so far: with `schemas.enable=true` every record repeats the same few kilobytes.
#[derive(Default)]
pub(crate) struct SchemaCache {
    known: Vec<(String, Rc<RecordSchema>)>,
    last: usize,
}

/// Schemas kept; a table has one per schema change.
const SCHEMAS_MAX: usize = 64;

impl SchemaCache {
    /// The schema beside a record, if there is one.
    ///
    /// # Errors
    /// `BAD_ENVELOPE` if it cannot be read: values cannot be typed by half of it.
    pub(crate) fn of_record(
        &mut self,
        raw: Option<&str>,
        plan: &Plan,
    ) -> Result<Option<Rc<RecordSchema>>, RecordError> {
        let unreadable = || RecordError::new(ReasonCode::BadEnvelope, "the schema is not a Kafka Connect schema");
        raw.map(|raw| self.get(raw, plan).ok_or_else(unreadable)).transpose()
    }

    /// The schema written as `raw`; `None` if it is not a Kafka Connect schema.
    fn get(&mut self, raw: &str, plan: &Plan) -> Option<Rc<RecordSchema>> {
        if let Some((text, schema)) = self.known.get(self.last)
            && text == raw
        {
            return Some(Rc::clone(schema));
        }
        if let Some(position) = self.known.iter().position(|(text, _)| text == raw) {
            self.last = position;
            return self.known.get(position).map(|(_, schema)| Rc::clone(schema));
        }
        let schema = Rc::new(RecordSchema::parse(raw, plan)?);
        if self.known.len() >= SCHEMAS_MAX {
            self.known.clear();
        }
        self.last = self.known.len();
        self.known.push((raw.to_owned(), Rc::clone(&schema)));
        Some(schema)
    }
}

impl RecordSchema {
    fn parse(raw: &str, plan: &Plan) -> Option<Self> {
        let node: Node = serde_json::from_str(raw).ok()?;
        let part = |name: &str| {
            let fields = node.fields.iter().find(|field| field.field.as_deref() == Some(name));
            fields.map_or_else(Vec::new, |field| encodings(&field.fields, plan))
        };
        Some(Self { before: part("before"), after: part("after"), row: encodings(&node.fields, plan) })
    }
}

/// A node of a Kafka Connect schema as JSON.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Node {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) name: Option<String>,
    pub(crate) field: Option<String>,
    #[serde(default)]
    pub(crate) fields: Vec<Node>,
    pub(crate) items: Option<Box<Node>>,
    /// Of a map.
    pub(crate) keys: Option<Box<Node>>,
    /// Of a map.
    pub(crate) values: Option<Box<Node>>,
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, String>,
}

fn encodings(fields: &[Node], plan: &Plan) -> Vec<Encoding> {
    let mut found = vec![(usize::MAX, Encoding::Unsaid); plan.contract.columns.len()];
    for field in fields {
        for (rank, position) in plan.columns_of(field.field.as_deref().unwrap_or_default()) {
            if let Some(place) = found.get_mut(position)
                && rank <= place.0
            {
                *place = (rank, field.encoding());
            }
        }
    }
    found.into_iter().map(|(_, encoding)| encoding).collect()
}

impl Node {
    /// By the schema names of the Debezium documentation, "Data type mappings", and of Kafka
    /// Connect's logical types.
    pub(crate) fn encoding(&self) -> Encoding {
        let name = self.name.as_deref().unwrap_or_default();
        let logical =
            name.strip_prefix("io.debezium.time.").or_else(|| name.strip_prefix("org.apache.kafka.connect.data."));
        match logical.unwrap_or_default() {
            "Decimal" => {
                Encoding::Decimal(self.parameters.get("scale").and_then(|scale| scale.parse().ok()).unwrap_or(0))
            }
            "Date" => Encoding::Count(TimeUnit::Days),
            "Time" | "Timestamp" => Encoding::Count(TimeUnit::Milliseconds),
            "MicroTime" | "MicroTimestamp" => Encoding::Count(TimeUnit::Microseconds),
            "NanoTime" | "NanoTimestamp" => Encoding::Count(TimeUnit::Nanoseconds),
            _ => match (self.kind.as_str(), &self.items) {
                ("string", _) => Encoding::Text,
                ("bytes", _) => Encoding::Bytes,
                ("array", Some(items)) => Encoding::Array(Box::new(items.encoding())),
                ("struct", _) => Encoding::Struct(
                    self.fields.iter().filter_map(|node| Some((node.field.clone()?, node.encoding()))).collect(),
                ),
                ("map", _) => {
                    self.values.as_ref().map_or(Encoding::Unsaid, |values| Encoding::Map(Box::new(values.encoding())))
                }
                _ => Encoding::Unsaid,
            },
        }
    }
}
