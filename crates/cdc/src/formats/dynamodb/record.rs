//! The members of a record, as raw JSON.

use crate::formats::json::row::plain_text;
use crate::formats::json::source_table::SourceNames;
use crate::text::json_fields::{each_member, members, not_null, string};
use crate::value::time_number::likely_unit;
use std::borrow::Cow;

/// Members that can be a part of the position: the place in the stream of the table, when the change was made by the
/// clock of DynamoDB, and the same in an incremental export.
pub(super) const POSITION: [&str; 3] = [SEQUENCE, CREATED, WRITTEN];
pub(super) const SEQUENCE: &str = "SequenceNumber";
pub(super) const CREATED: &str = "ApproximateCreationDateTime";
pub(super) const WRITTEN: &str = "WriteTimestampMicros";
/// A sequence number has 21 to 40 digits (DynamoDB API, "StreamRecord"); with zeros before it all have as many.
const SEQUENCE_DIGITS: usize = 57;

/// Why a record without its row is not read.
pub(super) const NO_IMAGE: &str = "the stream sends no new image (StreamViewType is KEYS_ONLY or OLD_IMAGE), so nothing says \
                                   what the row is; let it send NEW_IMAGE or NEW_AND_OLD_IMAGES";

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Of a stream, or of one through Kinesis.
    Change,
    /// An item of a full export.
    Item,
    /// Of an incremental export.
    Increment,
}

/// A record, `null` left out.
pub(super) struct Record<'a> {
    pub(super) shape: Shape,
    /// As delivered, in a stream.
    event: Option<Cow<'a, str>>,
    table: Option<Cow<'a, str>>,
    pub(super) keys: Option<&'a str>,
    /// The item as it is after the change, or in a full export.
    pub(super) image: Option<&'a str>,
    sequence: Option<&'a str>,
    /// Seconds, milliseconds or microseconds since 1970, with a fraction or not.
    created: Option<&'a str>,
    written: Option<Cow<'a, str>>,
}

impl<'a> Record<'a> {
    /// Reads a record; `None` if it is none of DynamoDB.
    pub(super) fn read(json: &'a str) -> Option<Self> {
        let names = [
            "eventName",
            "dynamodb",
            "eventSourceARN",
            "tableName",
            "Item",
            "Metadata",
            "Keys",
            "NewImage",
            "OldImage",
        ];
        let [event, change, arn, name, item, metadata, keys, new, old] = members(json, names)?.map(not_null);
        if let (Some(event), Some(change)) = (event, change) {
            let [keys, new, sequence, created] =
                members(change, ["Keys", "NewImage", SEQUENCE, CREATED])?.map(not_null);
            return Some(Self {
                shape: Shape::Change,
                event: string(event),
                table: name.and_then(string).or_else(|| table_of(&string(arn?)?).map(Cow::Owned)),
                keys,
                image: new,
                sequence,
                created,
                written: None,
            });
        }
        let of_item = Self {
            shape: Shape::Item,
            event: None,
            table: None,
            keys: None,
            image: item,
            sequence: None,
            created: None,
            written: None,
        };
        if item.is_some_and(is_image) {
            return Some(of_item);
        }
        let [written] = members(metadata?, [WRITTEN])?;
        let [written] = members(written?, ["N"])?;
        let is_increment = keys.is_some_and(is_image) && (new.or(old).is_some() || written.is_some());
        is_increment.then(|| Self {
            shape: Shape::Increment,
            keys,
            image: new,
            written: written.map(plain_text),
            ..of_item
        })
    }

    /// The operation as delivered; a full export has none, and in an incremental one it follows from the images.
    pub(super) fn operation(&self) -> &str {
        match (self.shape, &self.event) {
            (Shape::Change, event) => event.as_deref().unwrap_or_default(),
            (Shape::Item, _) => "item",
            (Shape::Increment, _) if self.image.is_some() => "write",
            (Shape::Increment, _) => "delete",
        }
    }

    /// The table that it is of; exports do not say it.
    pub(super) fn table(&self) -> SourceNames<'a> {
        [None, None, self.table.clone().filter(|name| !name.is_empty())]
    }

    /// The names of the key attributes, in the order of letters: in a record they have none.
    pub(super) fn key_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        each_member(self.keys.unwrap_or("{}"), |name, _| names.push(name.into_owned()));
        names.sort_unstable();
        names
    }

    /// A part of its position.
    pub(super) fn part(&self, name: &str) -> Option<Cow<'a, str>> {
        match name {
            SEQUENCE => self.sequence.map(plain_text).map(|digits| match digits.len() {
                len if len < SEQUENCE_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                    Cow::Owned(format!("{digits:0>SEQUENCE_DIGITS$}"))
                }
                _ => digits,
            }),
            CREATED => self.created_micros().map(|micros| Cow::Owned(micros.to_string())),
            WRITTEN => self.written.clone(),
            _ => None,
        }
    }

    /// Milliseconds since 1970 of the change.
    pub(super) fn time_ms(&self) -> Option<i64> {
        let written = || self.written.as_ref().and_then(|micros| micros.parse::<i64>().ok());
        self.created_micros().or_else(written).map(|micros| micros.div_euclid(1_000))
    }

    /// Whether its time is precise to the microsecond.
    pub(super) fn is_precise(&self) -> bool {
        let number = self.created.and_then(|raw| plain_text(raw).parse::<i64>().ok());
        number.and_then(likely_unit) == Some(sluice_contract::TimeUnit::Microseconds)
    }

    /// Microseconds since 1970. Seconds of a stream may have a fraction, milli- and microseconds of Kinesis have none;
    /// which of them a number is follows from how large it is.
    fn created_micros(&self) -> Option<i64> {
        let text = plain_text(self.created?);
        if let Ok(number) = text.parse::<i64>() {
            return likely_unit(number)?.micros(number);
        }
        let plain = sluice_change::normalize_numeric(&text)?;
        let (seconds, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
        seconds.parse::<i64>().ok()?.checked_mul(1_000_000)?.checked_add(micros)
    }
}

/// Whether an object begins with an attribute value.
fn is_image(raw: &str) -> bool {
    let mut first = None;
    let whole = each_member(raw, |_, value| {
        first.get_or_insert_with(|| super::attribute::typed(value).is_some());
    });
    whole && first == Some(true)
}

/// The table in `arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000`.
fn table_of(arn: &str) -> Option<String> {
    arn.split_once(":table/")?.1.split('/').next().map(str::to_owned)
}
