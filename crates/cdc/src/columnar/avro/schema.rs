//! The schema of an Avro container, changed so that the values come as they are needed.

use serde_json::{Map, Value};

/// What the values are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AvroValues {
    /// Rows: numbers that count dates and times are dates and times.
    Typed,
    /// Records of Kafka Connect: as they are written, their meaning is in the Connect schema.
    AsWritten,
}

/// Logical types by the names that Kafka Connect and Debezium give to numbers.
const LOGICAL: [(&str, &str); 9] = [
    ("io.debezium.time.Date", "date"),
    ("org.apache.kafka.connect.data.Date", "date"),
    ("io.debezium.time.Time", "time-millis"),
    ("org.apache.kafka.connect.data.Time", "time-millis"),
    ("io.debezium.time.MicroTime", "time-micros"),
    ("io.debezium.time.Timestamp", "local-timestamp-millis"),
    ("org.apache.kafka.connect.data.Timestamp", "local-timestamp-millis"),
    ("io.debezium.time.MicroTimestamp", "local-timestamp-micros"),
    ("io.debezium.time.NanoTimestamp", "local-timestamp-nanos"),
];

/// The schema with the logical types that the values are read by, and with plain names: the reader looks for a type that
/// was named before by its last word alone. `None` if it is no JSON.
pub(crate) fn for_values(schema: &str, values: AvroValues) -> Option<String> {
    let mut schema: Value = serde_json::from_str(schema).ok()?;
    Change { values, names: Vec::new() }.node(&mut schema, "");
    Some(schema.to_string())
}

struct Change {
    values: AvroValues,
    /// Full names of types, in the order in which they were named.
    names: Vec<String>,
}

impl Change {
    fn node(&mut self, node: &mut Value, namespace: &str) {
        match node {
            Value::String(name) => {
                if let Some(plain) = self.plain_name(name, namespace) {
                    *name = plain;
                }
            }
            Value::Array(branches) => branches.iter_mut().for_each(|branch| self.node(branch, namespace)),
            Value::Object(node) => self.object(node, namespace),
            _ => {}
        }
    }

    fn object(&mut self, node: &mut Map<String, Value>, namespace: &str) {
        let kind = node.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut inner = namespace.to_owned();
        if matches!(kind.as_str(), "record" | "error" | "enum" | "fixed") {
            let text = |name: &str| node.get(name).and_then(Value::as_str).unwrap_or_default();
            let full = full_name(text("name"), node.get("namespace").and_then(Value::as_str).unwrap_or(namespace));
            inner = full.rsplit_once('.').map_or_else(String::new, |(namespace, _)| namespace.to_owned());
            self.names.push(full);
            node.insert("name".to_owned(), format!("T{}", self.names.len()).into());
            node.remove("namespace");
            node.remove("aliases");
        } else if !matches!(kind.as_str(), "array" | "map")
            && let Some(of) = node.get_mut("type")
        {
            self.node(of, namespace);
        }
        if !kind.is_empty() {
            let logical = match self.values {
                AvroValues::AsWritten => None,
                AvroValues::Typed => typed(node),
            };
            match logical {
                Some(logical) => node.insert("logicalType".to_owned(), logical.into()),
                None => node.remove("logicalType"),
            };
        }
        for name in ["items", "values"] {
            if let Some(of) = node.get_mut(name) {
                self.node(of, &inner);
            }
        }
        for field in node.get_mut("fields").and_then(Value::as_array_mut).into_iter().flatten() {
            self.field(field, &inner);
        }
    }

    /// A field is no type: its type is inside it. Its default does not count, and one that does not fit is an error.
    fn field(&mut self, field: &mut Value, namespace: &str) {
        if let Value::Object(field) = field {
            field.remove("default");
            if let Some(data_type) = field.get_mut("type") {
                self.node(data_type, namespace);
            }
        }
    }

    /// The plain name of a type that was named before.
    fn plain_name(&self, name: &str, namespace: &str) -> Option<String> {
        let full = full_name(name, namespace);
        let place = self.names.iter().position(|known| *known == full || known == name)?;
        Some(format!("T{}", place + 1))
    }
}

fn full_name(name: &str, namespace: &str) -> String {
    if name.contains('.') || namespace.is_empty() { name.to_owned() } else { format!("{namespace}.{name}") }
}

/// The logical type of a number. A UUID is the text that it is written as.
fn typed(node: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| node.get(name).and_then(Value::as_str);
    let named = text("connect.name").and_then(|name| LOGICAL.iter().find(|(known, _)| *known == name));
    let logical = text("logicalType").or_else(|| named.map(|(_, logical)| *logical))?;
    (logical != "uuid").then(|| logical.to_owned())
}

/// The schema of Kafka Connect of the records, as JSON. Types that were named before are known by their names.
pub(crate) fn connect_schema(schema: &str) -> Option<Value> {
    let schema: Value = serde_json::from_str(schema).ok()?;
    Some(Value::Object(connect(&schema, &mut Vec::new(), 0)?))
}

/// Types inside each other.
const DEPTH_MAX: usize = 32;

fn connect(node: &Value, named: &mut Vec<(String, Map<String, Value>)>, depth: usize) -> Option<Map<String, Value>> {
    if depth > DEPTH_MAX {
        return None;
    }
    let plain = |kind: &str| Map::from_iter([("type".to_owned(), Value::from(kind))]);
    match node {
        Value::String(name) => Some(match primitive(name) {
            Some(kind) => plain(kind),
            None => {
                let short = |full: &str| full.rsplit('.').next().map(str::to_owned);
                let found = named.iter().find(|(known, _)| known == name || short(known) == short(name));
                found.map_or_else(|| plain("string"), |(_, schema)| schema.clone())
            }
        }),
        Value::Array(branches) => {
            let found = branches.iter().find(|branch| branch.as_str() != Some("null"));
            let mut schema = found.map_or_else(|| Some(plain("string")), |branch| connect(branch, named, depth + 1))?;
            schema.insert("optional".to_owned(), true.into());
            Some(schema)
        }
        Value::Object(object) => connect_object(object, named, depth),
        _ => None,
    }
}

fn connect_object(
    object: &Map<String, Value>,
    named: &mut Vec<(String, Map<String, Value>)>,
    depth: usize,
) -> Option<Map<String, Value>> {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let kind = object.get("type")?;
    let mut schema = match kind.as_str() {
        Some("record") => {
            let fields = object.get("fields")?.as_array()?;
            let fields = fields.iter().map(|field| {
                let mut schema = connect(field.get("type")?, named, depth + 1)?;
                schema.insert("field".to_owned(), field.get("name")?.clone());
                Some(Value::Object(schema))
            });
            let fields: Vec<Value> = fields.collect::<Option<_>>()?;
            Map::from_iter([("type".to_owned(), "struct".into()), ("fields".to_owned(), fields.into())])
        }
        Some("array") => {
            let items = connect(object.get("items")?, named, depth + 1)?;
            Map::from_iter([("type".to_owned(), "array".into()), ("items".to_owned(), items.into())])
        }
        Some("map") => Map::from_iter([("type".to_owned(), "map".into())]),
        Some("enum") => Map::from_iter([("type".to_owned(), "string".into())]),
        Some("fixed") => Map::from_iter([("type".to_owned(), "bytes".into())]),
        Some(_) | None => connect(kind, named, depth + 1)?,
    };
    if let Some(name) = logical_name(object) {
        schema.insert("name".to_owned(), name.into());
    }
    if let Some(scale) = object.get("scale").filter(|_| text("logicalType") == Some("decimal")) {
        let mut parameters = Map::from_iter([("scale".to_owned(), Value::from(scale.to_string()))]);
        if let Some(precision) = object.get("precision") {
            parameters.insert("connect.decimal.precision".to_owned(), precision.to_string().into());
        }
        schema.insert("name".to_owned(), "org.apache.kafka.connect.data.Decimal".into());
        schema.insert("parameters".to_owned(), parameters.into());
    } else if text("logicalType") == Some("decimal") {
        schema.insert("name".to_owned(), "org.apache.kafka.connect.data.Decimal".into());
    }
    if matches!(kind.as_str(), Some("record" | "enum" | "fixed"))
        && let Some(name) = text("name")
    {
        named.push((name.to_owned(), schema.clone()));
    }
    Some(schema)
}

fn primitive(name: &str) -> Option<&'static str> {
    Some(match name {
        "null" | "string" => "string",
        "boolean" => "boolean",
        "int" => "int32",
        "long" => "int64",
        "float" => "float",
        "double" => "double",
        "bytes" => "bytes",
        _ => return None,
    })
}

/// The name of a type in Kafka Connect: the one that the schema brings, or that of a logical type.
fn logical_name(object: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    if let Some(name) = text("connect.name") {
        return Some(name.to_owned());
    }
    let name = match text("logicalType")? {
        "date" => "Date",
        "time-millis" => "Time",
        "time-micros" => "MicroTime",
        "timestamp-millis" | "local-timestamp-millis" => "Timestamp",
        "timestamp-micros" | "local-timestamp-micros" => "MicroTimestamp",
        "timestamp-nanos" | "local-timestamp-nanos" => "NanoTimestamp",
        _ => return None,
    };
    Some(format!("io.debezium.time.{name}"))
}

#[cfg(test)]
mod tests {
    use super::{AvroValues, connect_schema, for_values};
    use serde_json::{Value, json};

    fn schema() -> String {
        let when = json!({"type": "long", "connect.name": "io.debezium.time.MicroTimestamp"});
        let amount = json!({"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2});
        let row = json!({"type": "record", "name": "Value", "fields": [
            {"name": "id", "type": "long", "default": "x"},
            {"name": "at", "type": ["null", when]},
            {"name": "amount", "type": amount},
            {"name": "key", "type": {"type": "string", "logicalType": "uuid"}},
        ]});
        json!({"type": "record", "name": "Envelope", "fields": [
            {"name": "before", "type": ["null", row]}, {"name": "after", "type": ["null", "Value"]}]})
        .to_string()
    }

    #[test]
    fn numbers_get_the_types_that_connect_names() {
        let typed: Value = serde_json::from_str(&for_values(&schema(), AvroValues::Typed).unwrap()).unwrap();
        let fields = &typed["fields"][0]["type"][1]["fields"];
        assert_eq!(fields[1]["type"][1]["logicalType"], "local-timestamp-micros");
        assert_eq!(fields[2]["type"]["logicalType"], "decimal");
        assert_eq!(fields[3]["type"].get("logicalType"), None);
        assert_eq!(fields[0].get("default"), None);
        let written = for_values(&schema(), AvroValues::AsWritten).unwrap();
        assert!(!written.contains("logicalType") && for_values("{", AvroValues::Typed).is_none());
        let named = |reference: &str| {
            let inner = json!({"type": "record", "name": "Value", "fields": []});
            let of = |name: &str, of: Value| json!({"name": name, "type": of});
            let fields = [of("a", json!(["null", inner])), of("b", json!(reference))];
            let schema = json!({"type": "record", "name": "Outer", "namespace": "x.y", "fields": fields});
            let changed = for_values(&schema.to_string(), AvroValues::Typed).unwrap();
            serde_json::from_str::<Value>(&changed).unwrap()["fields"][1]["type"].clone()
        };
        assert_eq!((named("Value"), named("x.y.Value"), named("string")), (json!("T2"), json!("T2"), json!("string")));
    }

    #[test]
    fn the_schema_of_connect_has_names_and_scales() {
        let connect = connect_schema(&schema()).unwrap();
        for image in [&connect["fields"][0], &connect["fields"][1]] {
            assert_eq!((&image["type"], &image["optional"]), (&json!("struct"), &json!(true)));
            assert_eq!(image["fields"][0], json!({"type": "int64", "field": "id"}));
            assert_eq!(image["fields"][1]["name"], "io.debezium.time.MicroTimestamp");
            assert_eq!(image["fields"][2]["parameters"]["scale"], "2");
        }
        assert_eq!(connect["fields"][1]["field"], "after");
    }
}
