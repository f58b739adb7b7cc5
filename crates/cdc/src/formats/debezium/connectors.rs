//! What orders the events of each connector: a position in the log of its database.
//!
//! Debezium documentation, "Data change events" of each connector, `source`. A time is no order: of most databases it has
//! seconds or milliseconds, and many events have the same. Where the log has transactions, a row that a snapshot read is
//! below all changes that were committed after it, and those may have been written to the log before: so the place of
//! the commit comes first, then a mark (snapshot rows before changes), then the place of the change.

/// The order of the events of some connectors.
#[derive(Debug)]
pub(crate) struct ConnectorOrder {
    /// Names of the connectors, as `source.connector` has them.
    pub(crate) connectors: &'static [&'static str],
    /// Name of the database, for a heading.
    pub(crate) title: &'static str,
    /// In words, for people.
    pub(crate) words: &'static str,
    /// The parts, most significant first.
    pub(crate) parts: &'static [OrderPart],
    /// Parts before the mark that tells a snapshot row from a change.
    pub(crate) before_mark: usize,
    /// Events may share a position, and their place in the topic tells them apart.
    pub(crate) then_place: bool,
}

/// A part of a position.
#[derive(Debug)]
pub(crate) struct OrderPart {
    /// Members of `source` that may have it, or a path from the envelope; the first that is there counts.
    pub(crate) members: &'static [&'static str],
    pub(crate) form: Form,
    /// Bits of its values.
    pub(crate) bits: u32,
    pub(crate) need: Need,
}

/// How the text of a part is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A number from 0.
    Number,
    /// A list of two numbers as text, of which the first is the last commit; without it the part is in the next member.
    LastCommit,
    /// `binlog.000099`.
    LogFile,
    /// Groups of hexadecimal digits.
    Groups { between: char, digits: [usize; 3] },
    /// A time since 1970 in the unit that the end of its name says, as nanoseconds.
    Nanoseconds,
    /// A clock of CockroachDB: nanoseconds, then a counter behind a point.
    HybridClock,
    /// The transactions that the shard of the event had by then.
    ShardTransactions,
}

/// Which events have a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// All.
    Always,
    /// All changes, and not the rows of a snapshot.
    Changes,
    /// Where the connector is set up so.
    Optional,
}

const fn part(members: &'static [&'static str], form: Form, bits: u32, need: Need) -> OrderPart {
    OrderPart { members, form, bits, need }
}

const SQL_SERVER_LSN: Form = Form::Groups { between: ':', digits: [8, 8, 4] };
const DB2_LSN: Form = Form::Groups { between: ':', digits: [8, 8, 16] };
const REDO_RECORD: Form = Form::Groups { between: '.', digits: [8, 8, 4] };
/// Orders the changes of a transaction, where the connector sends it.
pub(crate) const TOTAL_ORDER: &str = "transaction.total_order";
/// The shard of an event of Vitess, and the positions of all shards.
pub(crate) const SHARD: &str = "shard";

/// The orders that are known.
pub(crate) const ORDERS: [ConnectorOrder; 10] = [
    ConnectorOrder {
        connectors: &["postgresql"],
        title: "PostgreSQL",
        words: "the last commit in source.sequence, source.lsn, transaction.total_order",
        parts: &[
            part(&["sequence", "lsn"], Form::LastCommit, 63, Need::Always),
            part(&["lsn"], Form::Number, 64, Need::Always),
            part(&[TOTAL_ORDER], Form::Number, 64, Need::Optional),
        ],
        before_mark: 1,
        then_place: false,
    },
    ConnectorOrder {
        connectors: &["mysql", "mariadb"],
        title: "MySQL",
        words: "source.file, source.pos, source.row",
        parts: &[
            part(&["file"], Form::LogFile, 64, Need::Always),
            part(&["pos"], Form::Number, 64, Need::Always),
            part(&["row"], Form::Number, 63, Need::Changes),
        ],
        before_mark: 2,
        then_place: false,
    },
    ConnectorOrder {
        connectors: &["sqlserver"],
        title: "SQL Server",
        words: "source.commit_lsn, source.change_lsn, source.event_serial_no",
        parts: &[
            part(&["commit_lsn"], SQL_SERVER_LSN, 80, Need::Always),
            part(&["change_lsn"], SQL_SERVER_LSN, 80, Need::Changes),
            part(&["event_serial_no"], Form::Number, 31, Need::Changes),
        ],
        before_mark: 1,
        then_place: false,
    },
    ConnectorOrder {
        connectors: &["oracle"],
        title: "Oracle",
        words: "source.commit_scn, source.scn, source.rs_id, source.ssn",
        parts: &[
            part(&["commit_scn", "scn"], Form::Number, 64, Need::Always),
            part(&["scn"], Form::Number, 64, Need::Always),
            part(&["rs_id"], REDO_RECORD, 80, Need::Changes),
            part(&["ssn"], Form::Number, 31, Need::Changes),
        ],
        before_mark: 1,
        then_place: false,
    },
    ConnectorOrder {
        connectors: &["mongodb"],
        title: "MongoDB",
        words: "source.ts_ms, source.ord, the place in the topic",
        parts: &[part(&["ts_ms"], Form::Number, 64, Need::Always), part(&["ord"], Form::Number, 32, Need::Always)],
        before_mark: 2,
        then_place: true,
    },
    ConnectorOrder {
        connectors: &["db2"],
        title: "Db2",
        words: "source.commit_lsn, source.change_lsn",
        parts: &[part(&["commit_lsn"], DB2_LSN, 128, Need::Always), part(&["change_lsn"], DB2_LSN, 128, Need::Changes)],
        before_mark: 1,
        then_place: false,
    },
    ConnectorOrder {
        connectors: &["vitess"],
        title: "Vitess",
        words: "the transactions of the shard in source.vgtid, transaction.total_order, the place in the topic",
        parts: &[
            part(&["vgtid"], Form::ShardTransactions, 64, Need::Always),
            part(&[TOTAL_ORDER], Form::Number, 64, Need::Optional),
        ],
        before_mark: 1,
        then_place: true,
    },
    ConnectorOrder {
        connectors: &["spanner"],
        title: "Spanner",
        words: "the commit time in source.ts_ns, source.sequence, source.mod_number",
        parts: &[
            part(&["ts_ns", "ts_us", "ts_ms"], Form::Nanoseconds, 64, Need::Always),
            part(&["sequence"], Form::Number, 64, Need::Changes),
            part(&["mod_number"], Form::Number, 32, Need::Changes),
        ],
        before_mark: 1,
        then_place: false,
    },
    ConnectorOrder {
        connectors: &["informix"],
        title: "Informix",
        words: "source.commit_lsn, source.change_lsn as numbers",
        parts: &[
            part(&["commit_lsn"], Form::Number, 64, Need::Always),
            part(&["change_lsn"], Form::Number, 64, Need::Changes),
        ],
        before_mark: 1,
        then_place: false,
    },
    ConnectorOrder {
        connectors: &["cockroachdb"],
        title: "CockroachDB",
        words: "source.ts_hlc, the place in the topic",
        parts: &[part(&["ts_hlc"], Form::HybridClock, 96, Need::Always)],
        before_mark: 1,
        then_place: true,
    },
];

/// Names of all members of positions, for rows that have them as columns of their own.
pub(crate) const MEMBERS: [&str; 22] = [
    "connector",
    "sequence",
    "lsn",
    TOTAL_ORDER,
    "file",
    "pos",
    "row",
    "commit_lsn",
    "change_lsn",
    "event_serial_no",
    "commit_scn",
    "scn",
    "rs_id",
    "ssn",
    "ts_ms",
    "ts_us",
    "ts_ns",
    "ord",
    "vgtid",
    SHARD,
    "mod_number",
    "ts_hlc",
];

impl ConnectorOrder {
    /// The order of a connector by its name.
    pub(crate) fn of(connector: &str) -> Option<&'static Self> {
        ORDERS.iter().find(|order| order.connectors.contains(&connector))
    }

    /// The order that these words are of.
    pub(crate) fn by_words(words: &str) -> Option<&'static Self> {
        ORDERS.iter().find(|order| order.words == words)
    }

    /// The order whose position a record has that does not name its connector: all that a snapshot row has, and one
    /// member that is a time does not make a position. `has` says whether a member is there and not null.
    pub(crate) fn by_members(has: impl Fn(&str) -> bool) -> Option<&'static Self> {
        // A sequence of Spanner is one of PostgreSQL by its name, and `ord` of MongoDB is nobody else's.
        let fits = |order: &&Self| {
            let own = |part: &OrderPart| part.members.iter().any(|member| has(member));
            let all = order.parts.iter().filter(|part| part.need == Need::Always).all(own);
            all && match order.title {
                "PostgreSQL" => has("lsn"),
                "Spanner" => has("mod_number"),
                "Db2" | "Informix" => false,
                _ => true,
            }
        };
        ORDERS.iter().find(fits)
    }

    /// Whether a record has a position, or a part of one: the first that is not a time, which every record has.
    pub(crate) fn is_begun(&self, has: impl Fn(&str) -> bool) -> bool {
        let is_time = |member: &str| matches!(member, "ts_ms" | "ts_us" | "ts_ns");
        let mut own = self.parts.iter().filter(|part| !part.members.iter().any(|member| is_time(member)));
        // The last is the shortest to look at: before it come texts of several numbers.
        own.next().is_some_and(|part| part.members.iter().rev().any(|member| has(member)))
    }
}

#[cfg(test)]
mod tests {
    use super::{MEMBERS, ORDERS};
    use sluice_change::EventSeq;
    use std::collections::BTreeSet;

    #[test]
    fn every_position_has_room_and_its_members_are_listed() {
        for order in &ORDERS {
            let bits: u32 = order.parts.iter().map(|part| part.bits).sum::<u32>() + 1;
            let place = if order.then_place { 96 } else { 0 };
            assert!(bits + place <= 64 * EventSeq::PARTS as u32, "{order:?}");
            assert!(order.before_mark <= order.parts.len());
            for member in order.parts.iter().flat_map(|part| part.members) {
                assert!(MEMBERS.contains(member), "{member}");
            }
        }
        let words: BTreeSet<&str> = ORDERS.iter().map(|order| order.words).collect();
        assert_eq!(words.len(), ORDERS.len(), "an order is known by its words");
    }
}
