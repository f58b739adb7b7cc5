//! The position of an event in the log of its database, by the connector that its record names.

use super::connectors::{ConnectorOrder, Form, Need, OrderPart, SHARD};
use crate::formats::json::position::BY_OFFSET;
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::position_bits::Bits;
use crate::plan::position_text::{groups, is_digits, log_file};
use sluice_change::{EventSeq, ReasonCode, RowRef, SeqParts};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Bits of an offset in a position, and of a row of a file.
const OFFSET_BITS: u32 = 56;
const ROW_BITS: u32 = 40;

/// Rank and parts of an event. `get` gives the text of a member of `source` that is there and not null, or of what is at
/// a path from the envelope.
///
/// A record with nothing of a position is ordered by its place in the topic, where the name of its file tells it.
///
/// # Errors
/// `MISSING_SEQ` when there is neither, or only a part of a position.
pub(crate) fn own_position<'a>(
    plan: &Plan,
    out: &mut Collector,
    at: RowRef,
    is_read: bool,
    get: &dyn Fn(&str) -> Option<Cow<'a, str>>,
) -> Result<(u8, SeqParts), RecordError> {
    // What writes envelopes without a log has a file without a name.
    let get = &|member: &str| get(member).filter(|text| !text.is_empty());
    let has = |member: &str| get(member).is_some();
    let connector = get("connector");
    let order = match connector.as_deref() {
        Some(name) => ConnectorOrder::of(name).filter(|order| order.is_begun(has)),
        None => ConnectorOrder::by_members(has),
    };
    let place = plan.place_of(at);
    if let Some(order) = order {
        let parts = order.parts(place, is_read, get)?;
        out.orders.note(order.words);
        return Ok((1, parts));
    }
    match place {
        Some([offset, row]) => {
            out.orders.note(BY_OFFSET);
            Ok((1, EventSeq::parts_of([offset, row, u64::from(!is_read)])))
        }
        None => Err(no_position(connector.as_deref())),
    }
}

fn no_position(connector: Option<&str>) -> RecordError {
    let known = connector.and_then(ConnectorOrder::of).map(|order| order.words);
    let detail = match (known, connector) {
        (Some(words), _) => format!("the position is missing, which is {words}"),
        (None, Some(name)) => {
            format!("which position in the log orders the events of the connector {name} is not known")
        }
        (None, None) => "the record has no position in the log of its database".to_owned(),
    };
    let next = "; the name of its file has no offset either, as the Kafka Connect S3 sink gives it \
                (orders+0+0000000042.json); name in apply.sequence what orders the events";
    RecordError::of("sequence", ReasonCode::MissingSeq, detail + next)
}

impl ConnectorOrder {
    fn parts<'a>(
        &self,
        place: Option<[u64; 2]>,
        is_read: bool,
        get: &dyn Fn(&str) -> Option<Cow<'a, str>>,
    ) -> Result<SeqParts, RecordError> {
        let mut bits = Bits::default();
        for (at, part) in self.parts.iter().enumerate() {
            if at == self.before_mark {
                bits.push(u128::from(!is_read), 1);
            }
            bits.push(self.number(part, is_read, get)?, part.bits);
        }
        if self.parts.len() == self.before_mark {
            bits.push(u128::from(!is_read), 1);
        }
        // Without it events of one position are ties, and counted as such.
        if let Some([offset, row]) = place.filter(|_| self.then_place) {
            bits.push(u128::from(offset), OFFSET_BITS);
            bits.push(u128::from(row), ROW_BITS);
        }
        Ok(bits.parts())
    }

    fn number<'a>(
        &self,
        part: &OrderPart,
        is_read: bool,
        get: &dyn Fn(&str) -> Option<Cow<'a, str>>,
    ) -> Result<u128, RecordError> {
        for member in part.members {
            let Some(text) = get(member) else { continue };
            match part.form.read(member, &text, get) {
                Reading::Number(number) if number.checked_shr(part.bits).unwrap_or(0) == 0 => return Ok(number),
                Reading::Elsewhere => {}
                Reading::Number(_) | Reading::Wrong => {
                    return Err(self.error(member, "the position cannot be read"));
                }
            }
        }
        match part.need {
            Need::Optional => Ok(0),
            Need::Changes if is_read => Ok(0),
            Need::Always | Need::Changes => {
                let member = part.members.first().copied().unwrap_or("position");
                Err(self.error(member, "the position is missing"))
            }
        }
    }

    fn error(&self, member: &str, what: &str) -> RecordError {
        let name = if member.contains('.') { member.to_owned() } else { format!("source.{member}") };
        let detail = format!("{what}; events of this connector are ordered by {}", self.words);
        RecordError::of(&name, ReasonCode::MissingSeq, detail)
    }
}

/// What a text says of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Number(u128),
    /// Nothing; another member says it.
    Elsewhere,
    Wrong,
}

impl From<Option<u128>> for Reading {
    fn from(number: Option<u128>) -> Self {
        number.map_or(Self::Wrong, Self::Number)
    }
}

impl Form {
    fn read<'a>(self, member: &str, text: &str, get: &dyn Fn(&str) -> Option<Cow<'a, str>>) -> Reading {
        let text = text.trim();
        match self {
            Self::Number => digits(text).into(),
            Self::LastCommit => last_commit(text),
            Self::LogFile => log_file(text).map(u128::from).into(),
            Self::Groups { between, digits } => groups(text, between, digits).into(),
            Self::Nanoseconds => {
                let unit = match member.rsplit('_').next() {
                    Some("ns") => 1,
                    Some("us") => 1_000,
                    _ => 1_000_000,
                };
                digits(text).and_then(|count| count.checked_mul(unit)).into()
            }
            Self::HybridClock => hybrid_clock(text).into(),
            Self::ShardTransactions => get(SHARD).and_then(|shard| shard_transactions(text, &shard)).into(),
        }
    }
}

fn digits(text: &str) -> Option<u128> {
    is_digits(text).then(|| text.parse().ok())?
}

/// `["24023119","24023128"]`: the commit before the change, which is null before the first one, and the change. A
/// number is the place of the change itself, which then takes its part.
fn last_commit(text: &str) -> Reading {
    if !text.starts_with('[') {
        return digits(text).into();
    }
    // As connectors write it; anything else is for a reader of JSON.
    let plain = text.strip_prefix("[\"").and_then(|text| text.strip_suffix("\"]")?.split_once("\",\""));
    if let Some((commit, change)) = plain
        && is_digits(commit)
        && is_digits(change)
    {
        return digits(commit).into();
    }
    match serde_json::from_str::<Vec<Option<String>>>(text) {
        Ok(list) => match list.into_iter().next().flatten() {
            Some(commit) => digits(&commit).into(),
            None => Reading::Elsewhere,
        },
        Err(_) => Reading::Wrong,
    }
}

/// `1705312200000000000.0000000001`.
fn hybrid_clock(text: &str) -> Option<u128> {
    let (wall, counter) = text.split_once('.').unwrap_or((text, "0"));
    let (wall, counter) = (digits(wall)?, digits(counter)?);
    (wall >> 64 == 0 && counter >> 32 == 0).then_some((wall << 32) | counter)
}

/// How many transactions a shard had, by its place in a list of `{keyspace, shard, gtid}`: the number of the last one of
/// MariaDB (`MariaDB/0-54610504-47`), or the size of the set of MySQL (`MySQL56/<server>:1-46,<server>:1-3:7`), which
/// only grows.
fn shard_transactions(vgtid: &str, shard: &str) -> Option<u128> {
    let shards: Vec<BTreeMap<String, serde_json::Value>> = serde_json::from_str(vgtid).ok()?;
    let of_shard = shards.iter().find(|of| of.get("shard").and_then(serde_json::Value::as_str) == Some(shard))?;
    let gtid = of_shard.get("gtid")?.as_str()?;
    let (flavor, set) = gtid.split_once('/')?;
    if flavor.eq_ignore_ascii_case("mariadb") {
        return digits(set.rsplit('-').next()?);
    }
    let mut count = 0_u128;
    for of_server in set.split(',') {
        let (_, ranges) = of_server.trim().split_once(':')?;
        for range in ranges.split(':') {
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            count = count.checked_add((digits(to)? + 1).checked_sub(digits(from)?)?)?;
        }
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::{ConnectorOrder, hybrid_clock, shard_transactions};
    use sluice_change::SeqParts;
    use std::borrow::Cow;

    fn position(connector: &str, is_read: bool, members: &[(&str, &str)]) -> Result<SeqParts, String> {
        let get = |name: &str| {
            members.iter().find(|(of, _)| *of == name).map(|(_, text)| Cow::Owned::<str>((*text).to_owned()))
        };
        let order = ConnectorOrder::of(connector).unwrap();
        order.parts(None, is_read, &get).map_err(|error| format!("{}: {}", error.column.unwrap(), error.detail))
    }

    /// Events in the order in which they happened.
    #[track_caller]
    fn in_order(connector: &str, events: &[(bool, &[(&str, &str)])]) {
        let places: Vec<SeqParts> =
            events.iter().map(|(is_read, members)| position(connector, *is_read, members).unwrap()).collect();
        assert!(places.is_sorted_by(|a, b| a < b), "{connector}: {places:?}");
    }

    #[test]
    fn a_snapshot_row_is_below_what_was_committed_after_it() {
        // Written to the log at 490, before the snapshot read the row at 500, and committed after it.
        in_order(
            "postgresql",
            &[
                (true, &[("sequence", "[null,\"400\"]"), ("lsn", "400")]),
                (false, &[("sequence", "[null,\"420\"]"), ("lsn", "420"), ("transaction.total_order", "1")]),
                (true, &[("sequence", "[\"430\",\"500\"]"), ("lsn", "500")]),
                (false, &[("sequence", "[\"430\",\"490\"]"), ("lsn", "490"), ("transaction.total_order", "1")]),
                (false, &[("sequence", "[\"430\",\"490\"]"), ("lsn", "490"), ("transaction.total_order", "2")]),
                (false, &[("sequence", "[\"510\",\"470\"]"), ("lsn", "470"), ("transaction.total_order", "1")]),
                (false, &[("lsn", "600")]),
            ],
        );
        in_order(
            "oracle",
            &[
                (true, &[("scn", "9223372036854775807")]),
                (
                    false,
                    &[
                        ("commit_scn", "9223372036854775900"),
                        ("scn", "9223372036854775800"),
                        ("rs_id", "0x000029.00046a2c.0010"),
                        ("ssn", "0"),
                    ],
                ),
                (
                    false,
                    &[
                        ("commit_scn", "9223372036854775900"),
                        ("scn", "9223372036854775800"),
                        ("rs_id", "0x000029.00046a2c.0010"),
                        ("ssn", "1"),
                    ],
                ),
                (
                    false,
                    &[
                        ("commit_scn", "9223372036854775900"),
                        ("scn", "9223372036854775800"),
                        ("rs_id", " 0x00002a.00000001.0010 "),
                        ("ssn", "0"),
                    ],
                ),
                (
                    false,
                    &[
                        ("commit_scn", "10000000000000000000"),
                        ("scn", "1"),
                        ("rs_id", "0x000001.00000001.0010"),
                        ("ssn", "0"),
                    ],
                ),
            ],
        );
    }

    #[test]
    fn every_connector_has_an_order() {
        in_order(
            "mysql",
            &[
                (true, &[("file", "binlog.999999"), ("pos", "154"), ("row", "0")]),
                (false, &[("file", "binlog.999999"), ("pos", "154"), ("row", "0")]),
                (false, &[("file", "binlog.999999"), ("pos", "154"), ("row", "1")]),
                (false, &[("file", "binlog.999999"), ("pos", "1154"), ("row", "0")]),
                (false, &[("file", "binlog.1000000"), ("pos", "4"), ("row", "0")]),
            ],
        );
        in_order(
            "sqlserver",
            &[
                (true, &[("commit_lsn", "00000027:00000758:0005")]),
                (
                    false,
                    &[
                        ("commit_lsn", "00000027:00000758:0005"),
                        ("change_lsn", "00000027:00000758:0003"),
                        ("event_serial_no", "1"),
                    ],
                ),
                (
                    false,
                    &[
                        ("commit_lsn", "00000027:00000758:0005"),
                        ("change_lsn", "00000027:00000758:0003"),
                        ("event_serial_no", "2"),
                    ],
                ),
                (
                    false,
                    &[
                        ("commit_lsn", "00000027:00000ac0:0007"),
                        ("change_lsn", "00000027:00000ac0:0002"),
                        ("event_serial_no", "1"),
                    ],
                ),
            ],
        );
        in_order(
            "db2",
            &[
                (
                    false,
                    &[
                        ("commit_lsn", "00000000:00000000:00000000000a1b2c"),
                        ("change_lsn", "00000000:00000000:00000000000a1b2b"),
                    ],
                ),
                (
                    false,
                    &[
                        ("commit_lsn", "00000000:00000000:00000000000a1b2d"),
                        ("change_lsn", "00000000:00000000:00000000000a1b20"),
                    ],
                ),
                (
                    false,
                    &[
                        ("commit_lsn", "00000000:00000001:0000000000000000"),
                        ("change_lsn", "00000000:00000000:00000000000a1b20"),
                    ],
                ),
            ],
        );
        in_order(
            "mongodb",
            &[
                (true, &[("ts_ms", "1558965508000"), ("ord", "9")]),
                (false, &[("ts_ms", "1558965508000"), ("ord", "9")]),
                (false, &[("ts_ms", "1558965508000"), ("ord", "10")]),
                (false, &[("ts_ms", "1558965509000"), ("ord", "1")]),
            ],
        );
        let vgtid = |count: u32| {
            format!(
                "[{{\"keyspace\":\"c\",\"shard\":\"80-\",\"gtid\":\"MariaDB/0-5-99\"}},{{\"keyspace\":\"c\",\"shard\":\"-80\",\"gtid\":\"MariaDB/0-15-{count}\"}}]"
            )
        };
        let (first, second) = (vgtid(9), vgtid(10));
        in_order(
            "vitess",
            &[
                (true, &[("vgtid", &first), ("shard", "-80")]),
                (false, &[("vgtid", &first), ("shard", "-80"), ("transaction.total_order", "1")]),
                (false, &[("vgtid", &second), ("shard", "-80")]),
            ],
        );
        in_order(
            "spanner",
            &[
                (false, &[("ts_ms", "1670955531785"), ("sequence", "00000001"), ("mod_number", "0")]),
                (
                    false,
                    &[
                        ("ts_us", "1670955531785000"),
                        ("ts_ms", "1670955531785"),
                        ("sequence", "00000001"),
                        ("mod_number", "1"),
                    ],
                ),
                (
                    false,
                    &[
                        ("ts_ns", "1670955531785000001"),
                        ("ts_ms", "1670955531785"),
                        ("sequence", "00000000"),
                        ("mod_number", "0"),
                    ],
                ),
            ],
        );
        in_order(
            "informix",
            &[
                (false, &[("commit_lsn", "99"), ("change_lsn", "98")]),
                (false, &[("commit_lsn", "627404540760620"), ("change_lsn", "7")]),
            ],
        );
        in_order(
            "cockroachdb",
            &[
                (false, &[("ts_hlc", "1705312200000000000.0000000009")]),
                (false, &[("ts_hlc", "1705312200000000000.0000000010")]),
            ],
        );
    }

    #[test]
    fn a_part_of_a_position_is_no_position() {
        let error = |connector, members: &[(&str, &str)]| position(connector, false, members).unwrap_err();
        assert!(
            error("mysql", &[("file", "binlog.1"), ("pos", "4")]).starts_with("source.row: the position is missing")
        );
        assert!(
            error("mysql", &[("file", "binlog"), ("pos", "4")]).contains("source.file: the position cannot be read")
        );
        assert!(error("oracle", &[("commit_scn", "1"), ("scn", "99999999999999999999")]).starts_with("source.scn"));
        assert!(error("postgresql", &[("sequence", "[null]")]).starts_with("source.sequence: the position is missing"));
    }

    #[test]
    fn the_transactions_of_a_shard_are_counted() {
        let of = |gtid: &str| shard_transactions(&format!("[{{\"shard\":\"0\",\"gtid\":\"{gtid}\"}}]"), "0");
        assert_eq!(of("MySQL56/a-b:1-46,c-d:1-3:7"), Some(50));
        assert_eq!(of("MariaDB/0-1592148-45"), Some(45));
        assert_eq!((of("current"), of("MySQL56/a-b")), (None, None));
        assert_eq!(hybrid_clock("5"), Some(5 << 32));
    }
}
