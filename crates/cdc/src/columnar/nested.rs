//! Nested values of an Arrow array as JSON, and values of every other type as some text: none is lost.

use super::texts::{instants, texts};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use sluice_contract::limits;

/// What the texts of a column are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextsFor {
    /// A column of JSON: lists of plain values are JSON, too.
    Json,
    /// A column of instants: times say that they are of UTC.
    Instants,
    /// Any other.
    Other,
}

/// Texts of all values of a column: the forms that [`sluice_change::parse_cell`] reads, JSON for what is nested, else the
/// text that Arrow prints. `None` for data that cannot be read.
pub(crate) fn column_texts(array: &ArrayRef, of: TextsFor) -> Option<Vec<Option<String>>> {
    let plain = || if of == TextsFor::Instants { instants(array) } else { texts(array) };
    let json = || json_texts(array);
    if matches!(array.data_type(), DataType::Union(..)) && of != TextsFor::Json {
        return union_texts(array, of);
    }
    let found = match of {
        TextsFor::Json if array.data_type().is_nested() => json().or_else(plain),
        _ => plain().or_else(json),
    };
    found.or_else(|| printed(array))
}

/// JSON of all values, `None` where null; `None` for a type that is not nested.
fn json_texts(array: &ArrayRef) -> Option<Vec<Option<String>>> {
    if !array.data_type().is_nested() {
        return None;
    }
    let json = Json::of(array, limits::JSON_DEPTH_MAX, &plain_values)?;
    let text = |row| {
        let mut text = String::new();
        json.write(row, &mut text);
        text
    };
    Some((0..array.len()).map(|row| (!array.is_null(row)).then(|| text(row))).collect())
}

/// Whatever Arrow prints of a value, for types that no other text is known of, such as intervals.
fn printed(array: &ArrayRef) -> Option<Vec<Option<String>>> {
    let formatter = ArrayFormatter::try_new(array.as_ref(), &FormatOptions::default()).ok()?;
    (0..array.len())
        .map(|row| if array.is_null(row) { Some(None) } else { formatter.value(row).try_to_string().ok().map(Some) })
        .collect()
}

/// Texts of values that are not nested, and whether they stand without quotes; `None` for data that cannot be read.
pub(super) type PlainValues<'f> = &'f dyn Fn(&ArrayRef) -> Option<(Vec<Option<String>>, bool)>;

fn plain_values(array: &ArrayRef) -> Option<(Vec<Option<String>>, bool)> {
    let bare = array.data_type().is_numeric() || *array.data_type() == DataType::Boolean;
    Some((texts(array).or_else(|| printed(array))?, bare))
}

/// The texts of an array of which every value has a type of its own, each by its type.
fn union_texts(array: &ArrayRef, of: TextsFor) -> Option<Vec<Option<String>>> {
    let union = array.as_union_opt()?;
    let DataType::Union(fields, _) = union.data_type() else { return None };
    let children: Vec<(i8, Vec<Option<String>>)> =
        fields.iter().map(|(id, _)| Some((id, column_texts(union.child(id), of)?))).collect::<Option<_>>()?;
    let text = |row| {
        let (of_row, place) = (union.type_id(row), union.value_offset(row));
        children.iter().find(|(id, _)| *id == of_row)?.1.get(place)?.clone()
    };
    Some((0..union.len()).map(text).collect())
}

/// The values of an array, taken apart once.
pub(super) enum Json {
    /// Plain values; numbers and booleans stand without quotes.
    Plain { texts: Vec<Option<String>>, bare: bool },
    /// Members with their names.
    Object { members: Vec<(String, Json)>, nulls: Option<NullBuffer> },
    /// Items from one place to the next.
    List { places: Vec<usize>, items: Box<Json>, nulls: Option<NullBuffer> },
    /// Values of one of several types, by type; and per row its type and place.
    Union { children: Vec<(i8, Json)>, places: Vec<(i8, usize)> },
    /// Pairs of a key and a value likewise.
    Map { places: Vec<usize>, keys: Vec<Option<String>>, values: Box<Json>, nulls: Option<NullBuffer> },
}

impl Json {
    /// `plain` reads what is not nested.
    pub(super) fn of(array: &ArrayRef, depth: usize, plain: PlainValues<'_>) -> Option<Self> {
        let depth = depth.checked_sub(1)?;
        let nulls = array.nulls().cloned();
        let places =
            |offsets: &[i32]| offsets.iter().map(|place| usize::try_from(*place).ok()).collect::<Option<Vec<_>>>();
        match array.data_type() {
            DataType::Struct(fields) => {
                let columns = array.as_struct_opt()?.columns();
                let members = fields.iter().zip(columns);
                let members =
                    members.map(|(field, column)| Some((field.name().clone(), Self::of(column, depth, plain)?)));
                Some(Self::Object { members: members.collect::<Option<_>>()?, nulls })
            }
            DataType::List(_) => {
                let list = array.as_list_opt::<i32>()?;
                let items = Box::new(Self::of(list.values(), depth, plain)?);
                Some(Self::List { places: places(list.value_offsets())?, items, nulls })
            }
            DataType::LargeList(_) => {
                let list = array.as_list_opt::<i64>()?;
                let places =
                    list.value_offsets().iter().map(|place| usize::try_from(*place).ok()).collect::<Option<_>>()?;
                Some(Self::List { places, items: Box::new(Self::of(list.values(), depth, plain)?), nulls })
            }
            DataType::FixedSizeList(_, length) => {
                let (list, length) = (array.as_fixed_size_list_opt()?, usize::try_from(*length).ok()?);
                let places = (0..=list.len()).map(|row| row * length).collect();
                Some(Self::List { places, items: Box::new(Self::of(list.values(), depth, plain)?), nulls })
            }
            DataType::Map(..) => {
                let map = array.as_map_opt()?;
                let keys = texts(map.keys()).or_else(|| printed(map.keys()))?;
                let values = Box::new(Self::of(map.values(), depth, plain)?);
                Some(Self::Map { places: places(map.value_offsets())?, keys, values, nulls })
            }
            DataType::Union(fields, _) => {
                let union = array.as_union_opt()?;
                let children = fields.iter().map(|(id, _)| Some((id, Self::of(union.child(id), depth, plain)?)));
                let places = (0..union.len()).map(|row| (union.type_id(row), union.value_offset(row))).collect();
                Some(Self::Union { children: children.collect::<Option<_>>()?, places })
            }
            _ => {
                let (texts, bare) = plain(array)?;
                Some(Self::Plain { texts, bare })
            }
        }
    }

    pub(super) fn write(&self, row: usize, out: &mut String) {
        let is_null = |nulls: &Option<NullBuffer>| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        let range = |places: &[usize]| match places.get(row..).and_then(|places| places.first_chunk::<2>()) {
            Some([from, to]) => *from..*to,
            None => 0..0,
        };
        match self {
            Self::Plain { texts, bare } => match texts.get(row).and_then(Option::as_deref) {
                None => out.push_str("null"),
                // JSON has no number for what is none.
                Some(text) if *bare && !text.trim_start_matches('-').starts_with(['N', 'I']) => out.push_str(text),
                Some(text) => push_quoted(text, out),
            },
            Self::Object { nulls, .. } | Self::List { nulls, .. } | Self::Map { nulls, .. } if is_null(nulls) => {
                out.push_str("null");
            }
            Self::Object { members, .. } => {
                enclosed(['{', '}'], out, members, |(name, member), out| {
                    push_quoted(name, out);
                    out.push(':');
                    member.write(row, out);
                });
            }
            Self::List { places, items, .. } => {
                enclosed(['[', ']'], out, range(places), |item, out| items.write(item, out));
            }
            Self::Union { children, places } => {
                let place = places.get(row).copied().unwrap_or_default();
                match children.iter().find(|(id, _)| *id == place.0) {
                    Some((_, child)) => child.write(place.1, out),
                    None => out.push_str("null"),
                }
            }
            Self::Map { places, keys, values, .. } => {
                enclosed(['{', '}'], out, range(places), |item, out| {
                    push_quoted(keys.get(item).and_then(Option::as_deref).unwrap_or_default(), out);
                    out.push(':');
                    values.write(item, out);
                });
            }
        }
    }
}

/// Parts between brackets, with commas between them.
fn enclosed<T>(
    [open, close]: [char; 2],
    out: &mut String,
    parts: impl IntoIterator<Item = T>,
    write: impl Fn(T, &mut String),
) {
    out.push(open);
    for (number, part) in parts.into_iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        write(part, out);
    }
    out.push(close);
}

fn push_quoted(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

#[cfg(test)]
mod tests {
    use super::{TextsFor, column_texts};
    use arrow::array::{
        Array, ArrayRef, DurationSecondArray, FixedSizeListArray, Float64Array, Int32Array, Int32Builder, Int64Array,
        LargeListArray, ListArray, MapBuilder, StringArray, StringBuilder, StructArray,
    };
    use arrow::buffer::{NullBuffer, OffsetBuffer};
    use arrow::datatypes::{DataType, Field};
    use std::sync::Arc;

    fn texts(array: impl Array + 'static) -> Vec<Option<String>> {
        column_texts(&(Arc::new(array) as ArrayRef), TextsFor::Other).unwrap()
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn object() -> StructArray {
        let names: ArrayRef = Arc::new(StringArray::from(vec![Some("a \"b\""), None, Some("c")]));
        let ratios: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.5), Some(f64::NAN), None]));
        let fields = vec![Field::new("name", DataType::Utf8, true), Field::new("ratio", DataType::Float64, true)];
        StructArray::new(fields.into(), vec![names, ratios], Some(NullBuffer::from(vec![true, true, false])))
    }

    #[test]
    fn objects_and_lists_of_them_are_json() {
        let object = object();
        let expected = [some(r#"{"name":"a \"b\"","ratio":1.5}"#), some(r#"{"name":null,"ratio":"NaN"}"#), None];
        assert_eq!(texts(object.clone()), expected);
        let field = Arc::new(Field::new("item", object.data_type().clone(), true));
        let list = ListArray::new(field, OffsetBuffer::from_lengths([2, 0, 1]), Arc::new(object), None);
        let first = r#"[{"name":"a \"b\"","ratio":1.5},{"name":null,"ratio":"NaN"}]"#;
        assert_eq!(texts(list.clone()), [some(first), some("[]"), some("[null]")]);
        // A part of an array begins somewhere inside its values.
        assert_eq!(texts(list.slice(1, 2)), [some("[]"), some("[null]")]);
    }

    #[test]
    fn lists_of_every_kind_and_maps() {
        let items: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 3, 4]));
        let field = Arc::new(Field::new("item", DataType::Int32, true));
        let fixed = FixedSizeListArray::new(Arc::clone(&field), 2, Arc::clone(&items), None);
        let fixed: ArrayRef = Arc::new(fixed.slice(1, 1));
        assert_eq!(column_texts(&fixed, TextsFor::Json).unwrap(), [some("[3,4]")]);
        assert_eq!(column_texts(&fixed, TextsFor::Other).unwrap(), [some("{\"3\",\"4\"}")]);
        let large =
            LargeListArray::new(Arc::clone(&field), OffsetBuffer::from_lengths([1, 3]), Arc::clone(&items), None);
        let large: ArrayRef = Arc::new(large);
        assert_eq!(column_texts(&large, TextsFor::Json).unwrap(), [some("[1]"), some("[2,3,4]")]);
        assert_eq!(column_texts(&large, TextsFor::Other).unwrap(), [some("{\"1\"}"), some("{\"2\",\"3\",\"4\"}")]);
        let plain: ArrayRef = Arc::new(ListArray::new(field, OffsetBuffer::from_lengths([1, 3]), items, None));
        assert_eq!(column_texts(&plain, TextsFor::Json).unwrap(), [some("[1]"), some("[2,3,4]")]);
        assert_eq!(column_texts(&plain, TextsFor::Other).unwrap(), [some("{\"1\"}"), some("{\"2\",\"3\",\"4\"}")]);
        let mut map = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
        map.keys().append_value("k\n");
        map.values().append_null();
        map.append(true).unwrap();
        map.append(false).unwrap();
        assert_eq!(texts(map.finish()), [some(r#"{"k\n":null}"#), None]);
    }

    #[test]
    fn a_type_that_no_text_is_known_of_is_printed() {
        let found = texts(DurationSecondArray::from(vec![Some(90), None]));
        assert!(found[0].as_ref().is_some_and(|text| !text.is_empty()) && found[1].is_none(), "{found:?}");
        assert_eq!(texts(Int64Array::from(vec![7])), [some("7")]);
    }
}
