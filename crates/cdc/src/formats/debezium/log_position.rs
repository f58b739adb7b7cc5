//! Where in the log of its database an event is.

use super::connectors::ConnectorOrder;
use sluice_change::EventSeq;
use std::fmt;

/// A position in the log of a database, as the database itself says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogPosition {
    /// PostgreSQL: bytes of the write-ahead log.
    Lsn(u64),
    /// `MySQL` and `MariaDB`: number of the binary log's file, bytes in it.
    Binlog {
        /// Number in the name of the file.
        file: u64,
        /// Bytes.
        position: u64,
    },
}

impl LogPosition {
    /// That of an event; `order`: what orders the events in words, as [`crate::DecodedFile::orders`] has it. `None` for
    /// orders that are none of a log which is known here, and for rows of a full load.
    ///
    /// ```
    /// use sluice_cdc::LogPosition;
    /// use sluice_change::EventSeq;
    ///
    /// let seq = EventSeq::new(1, [7, 4_711, 1, 0], true, 0);
    /// let words = "source.file, source.pos, source.row";
    /// assert_eq!(LogPosition::of(words, &seq), Some(LogPosition::Binlog { file: 7, position: 4_711 }));
    /// assert_eq!(LogPosition::of("the hour", &seq), None);
    /// ```
    #[must_use]
    pub fn of(order: &str, seq: &EventSeq) -> Option<Self> {
        if !seq.is_change() {
            return None;
        }
        let [first, second, ..] = seq.parts;
        match ConnectorOrder::by_words(order)?.title {
            // The first number is the last commit with the mark of a snapshot row.
            "PostgreSQL" => Some(Self::Lsn(second)),
            "MySQL" => Some(Self::Binlog { file: first, position: second }),
            _ => None,
        }
    }

    /// The number in the name of a file of the binary log: `mariadb-bin.000007`.
    #[must_use]
    pub fn binlog_file(name: &str) -> Option<u64> {
        name.rsplit_once('.').and_then(|(_, number)| number.parse().ok())
    }

    /// Whether it is behind another one; `None` if they are of different kinds of logs.
    #[must_use]
    pub fn is_after(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Lsn(a), Self::Lsn(b)) => Some(a > b),
            (Self::Binlog { file, position }, Self::Binlog { file: of, position: at }) => {
                Some((file, position) > (of, at))
            }
            _ => None,
        }
    }
}

impl fmt::Display for LogPosition {
    /// As the database prints it; of the file of a binary log its number alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lsn(lsn) => write!(f, "LSN {:X}/{:X}", lsn >> 32, lsn & 0xFFFF_FFFF),
            Self::Binlog { file, position } => write!(f, "binary log {file:06}:{position}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LogPosition;
    use crate::formats::debezium::connectors::ORDERS;
    use sluice_change::EventSeq;

    #[test]
    fn the_parts_are_where_the_orders_have_them() {
        for order in &ORDERS {
            // The number that a member begins in; the mark of a snapshot row is one bit.
            let at = |member: &str| {
                let part = order.parts.iter().position(|part| part.members[0] == member).unwrap();
                let bits: u32 = order.parts[..part].iter().map(|part| part.bits).sum();
                u64::from((bits + u32::from(part >= order.before_mark)) / 64)
            };
            match LogPosition::of(order.words, &EventSeq::new(1, [10, 11, 12, 13, 14], true, 0)) {
                Some(LogPosition::Lsn(lsn)) => assert_eq!(lsn, 10 + at("lsn")),
                Some(LogPosition::Binlog { file, position }) => {
                    assert_eq!((file, position), (10 + at("file"), 10 + at("pos")));
                }
                None => assert!(!matches!(order.title, "PostgreSQL" | "MySQL")),
            }
        }
        assert_eq!(LogPosition::Lsn(0x16_B374_D848).to_string(), "LSN 16/B374D848");
        assert_eq!(LogPosition::binlog_file("mariadb-bin.000007"), Some(7));
    }
}
