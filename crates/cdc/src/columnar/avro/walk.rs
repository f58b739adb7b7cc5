//! Goes over the values of a block, so that only blocks whose content is as many records as they say are handed on.

use serde_json::{Map, Value};

/// Types inside each other.
const DEPTH_MAX: usize = 64;

/// A type, as far as the length of its values goes.
#[derive(Clone, Debug)]
enum Form {
    /// Values of this many bytes.
    Fixed(usize),
    /// A number in variable length: numbers, enums.
    Number,
    /// A length and as many bytes.
    Bytes,
    Items(Box<Form>),
    Entries(Box<Form>),
    Union(Vec<Form>),
    Fields(Vec<Form>),
    /// A type that was named before.
    Named(usize),
}

/// The forms of the types of a schema.
pub(super) struct Walk {
    root: Form,
    named: Vec<(String, Option<Form>)>,
}

impl Walk {
    /// Of a schema whose named types have plain names; `None` if it is none that is known.
    pub(super) fn of(schema: &str) -> Option<Self> {
        let schema: Value = serde_json::from_str(schema).ok()?;
        let mut named = Vec::new();
        let root = form(&schema, &mut named, 0)?;
        Some(Self { root, named })
    }

    /// Whether a content is exactly so many records.
    pub(super) fn fits(&self, records: i64, content: &[u8]) -> bool {
        let mut rest = content;
        // A record without a byte would be as many as somebody claims.
        let most = content.len().max(1) as u64;
        if records.unsigned_abs() > most {
            return false;
        }
        (0..records).all(|_| self.skip(&self.root, &mut rest, 0).is_some()) && rest.is_empty()
    }

    fn skip(&self, form: &Form, rest: &mut &[u8], depth: usize) -> Option<()> {
        if depth > DEPTH_MAX {
            return None;
        }
        match form {
            Form::Fixed(length) => take(rest, *length),
            Form::Number => number(rest).map(|_| ()),
            Form::Bytes => {
                let length = usize::try_from(number(rest)?).ok()?;
                take(rest, length)
            }
            Form::Items(item) => self.skip_blocks(rest, |rest| self.skip(item, rest, depth + 1)),
            Form::Entries(value) => self.skip_blocks(rest, |rest| {
                let length = usize::try_from(number(rest)?).ok()?;
                take(rest, length)?;
                self.skip(value, rest, depth + 1)
            }),
            Form::Union(branches) => {
                let at = usize::try_from(number(rest)?).ok()?;
                self.skip(branches.get(at)?, rest, depth + 1)
            }
            Form::Fields(fields) => fields.iter().try_for_each(|field| self.skip(field, rest, depth + 1)),
            Form::Named(at) => self.skip(self.named.get(*at)?.1.as_ref()?, rest, depth + 1),
        }
    }

    fn skip_blocks(&self, rest: &mut &[u8], item: impl Fn(&mut &[u8]) -> Option<()>) -> Option<()> {
        loop {
            let count = number(rest)?;
            if count < 0 {
                // The length of the block in bytes.
                number(rest)?;
            }
            if count == 0 {
                return Some(());
            }
            for _ in 0..count.unsigned_abs() {
                let before = rest.len();
                item(rest)?;
                if rest.len() == before {
                    // Items without a byte are as many as somebody claims.
                    return None;
                }
            }
        }
    }
}

fn form(node: &Value, named: &mut Vec<(String, Option<Form>)>, depth: usize) -> Option<Form> {
    if depth > DEPTH_MAX {
        return None;
    }
    match node {
        Value::String(name) => match primitive(name) {
            Some(form) => Some(form),
            None => named.iter().position(|(known, _)| known == name).map(Form::Named),
        },
        Value::Array(branches) => {
            let branches = branches.iter().map(|branch| form(branch, named, depth + 1));
            Some(Form::Union(branches.collect::<Option<_>>()?))
        }
        Value::Object(node) => object(node, named, depth),
        _ => None,
    }
}

fn object(node: &Map<String, Value>, named: &mut Vec<(String, Option<Form>)>, depth: usize) -> Option<Form> {
    let kind = node.get("type")?;
    let mut name_it = || {
        named.push((node.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(), None));
        named.len() - 1
    };
    match kind.as_str() {
        Some("record" | "error") => {
            // It may be inside itself, so it has its name before its fields.
            let place = name_it();
            let fields = node.get("fields")?.as_array()?;
            let fields = fields.iter().map(|field| form(field.get("type")?, named, depth + 1));
            let found = Form::Fields(fields.collect::<Option<_>>()?);
            named.get_mut(place)?.1 = Some(found);
            Some(Form::Named(place))
        }
        Some("enum") => {
            let place = name_it();
            named.get_mut(place)?.1 = Some(Form::Number);
            Some(Form::Number)
        }
        Some("fixed") => {
            let place = name_it();
            let length = usize::try_from(node.get("size")?.as_u64()?).ok()?;
            named.get_mut(place)?.1 = Some(Form::Fixed(length));
            Some(Form::Fixed(length))
        }
        Some("array") => Some(Form::Items(Box::new(form(node.get("items")?, named, depth + 1)?))),
        Some("map") => Some(Form::Entries(Box::new(form(node.get("values")?, named, depth + 1)?))),
        _ => form(kind, named, depth + 1),
    }
}

fn primitive(name: &str) -> Option<Form> {
    Some(match name {
        "null" => Form::Fixed(0),
        "boolean" => Form::Fixed(1),
        "int" | "long" => Form::Number,
        "float" => Form::Fixed(4),
        "double" => Form::Fixed(8),
        "bytes" | "string" => Form::Bytes,
        _ => return None,
    })
}

fn take(rest: &mut &[u8], length: usize) -> Option<()> {
    *rest = rest.get(length..)?;
    Some(())
}

/// A number in variable length, zigzag.
fn number(rest: &mut &[u8]) -> Option<i64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, behind) = rest.split_first()?;
        *rest = behind;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Walk;

    #[test]
    fn a_block_is_as_many_records_as_it_says() {
        let schema = r#"{"type":"record","name":"T1","fields":[{"name":"id","type":"long"},
            {"name":"tags","type":{"type":"array","items":"string"}},{"name":"next","type":["null","T1"]}]}"#;
        let walk = Walk::of(schema).unwrap();
        // 1, ["a"], null; then 2, [], 3, [], null inside.
        let one = [2, 2, 2, b'a', 0, 0];
        let two = [4, 0, 2, 6, 0, 0];
        assert!(walk.fits(1, &one) && walk.fits(1, &two) && walk.fits(2, &[one, two].concat()));
        assert!(!walk.fits(2, &one) && !walk.fits(1, &[one, two].concat()) && !walk.fits(1, &one[..5]));
        assert!(!walk.fits(i64::MAX, &one) && !walk.fits(1, &[2, 3, 2]));
        assert!(Walk::of(r#"{"type":"record","name":"T1","fields":[{"name":"x","type":"T2"}]}"#).is_none());
    }
}
