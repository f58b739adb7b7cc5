//! What orders the events of each connector of Debezium: the position in the log of its database.
//!
//! Debezium documentation, "Data change events" of each connector, `source`. A time (`source.ts_ms`) is no order: of
//! most databases it has seconds or milliseconds, and many events have the same.

use crate::format::ProposedSequence;
use crate::profile::Profile;

/// The order of the events of some connectors.
pub(crate) struct ConnectorOrder {
    /// Names of the connectors, as `source.connector` has them.
    connectors: &'static [&'static str],
    /// Parts in an envelope.
    envelope: &'static [&'static str],
    /// Parts in a flattened row, by what `add.fields` says: `lsn`, or `source.lsn`.
    flat: [&'static [&'static str]; 2],
}

/// The orders that are known.
const ORDERS: [ConnectorOrder; 4] = [
    ConnectorOrder { connectors: &["postgresql"], envelope: &["source.lsn"], flat: [&["__lsn"], &["__source_lsn"]] },
    ConnectorOrder {
        connectors: &["mysql", "mariadb"],
        envelope: &["source.file", "source.pos", "source.row"],
        flat: [&["__file", "__pos", "__row"], &["__source_file", "__source_pos", "__source_row"]],
    },
    ConnectorOrder {
        connectors: &["sqlserver"],
        envelope: &["source.commit_lsn", "source.change_lsn", "source.event_serial_no"],
        flat: [
            &["__commit_lsn", "__change_lsn", "__event_serial_no"],
            &["__source_commit_lsn", "__source_change_lsn", "__source_event_serial_no"],
        ],
    },
    ConnectorOrder {
        connectors: &["oracle"],
        envelope: &["source.scn", "source.rs_id", "source.ssn"],
        flat: [&["__scn", "__rs_id", "__ssn"], &["__source_scn", "__source_rs_id", "__source_ssn"]],
    },
];
/// Orders the changes of a transaction of PostgreSQL, where the connector sends it.
pub(crate) const TOTAL_ORDER: &str = "transaction.total_order";

/// What records are, as far as their order goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `before`, `after`, `source`.
    Envelope,
    /// A row with members that begin with `__`.
    Flat,
}

impl ConnectorOrder {
    fn of(connector: &str) -> Option<&'static Self> {
        ORDERS.iter().find(|order| order.connectors.contains(&connector))
    }

    fn parts(&self, shape: Shape) -> Vec<&'static [&'static str]> {
        match shape {
            Shape::Envelope => vec![self.envelope],
            Shape::Flat => self.flat.to_vec(),
        }
    }
}

/// The parts that order the events of a connector in their envelopes; `None` if it is not known.
pub(crate) fn of_connector(connector: &str) -> Option<&'static [&'static str]> {
    ConnectorOrder::of(connector).map(|order| order.envelope)
}

/// Counts which parts of positions a record has. `has` says whether it has a part and that is not null.
pub(crate) fn note_position(profile: &mut Profile, shape: Shape, is_snapshot: bool, has: impl Fn(&str) -> bool) {
    for part in ORDERS.iter().flat_map(|order| order.parts(shape)).flatten().copied() {
        if has(part) {
            *profile.positioned.entry(part).or_default() += 1;
        } else if !is_snapshot {
            *profile.unpositioned.entry(part).or_default() += 1;
        }
    }
}

/// The order of the connector that the records name, else the one whose position they have. What is not known is
/// asked, and never the source's time instead.
pub(crate) fn proposed_sequence(profile: &Profile, shape: Shape) -> ProposedSequence {
    let seen = |part: &&str| profile.positioned.get(*part).is_some_and(|count| *count > 0);
    let question = |text: String| ProposedSequence { parts: Vec::new(), question: Some(text), stated: None };
    let by_name = profile.connector.as_deref().map(ConnectorOrder::of);
    let known: Vec<&ConnectorOrder> = match by_name {
        Some(Some(order)) => vec![order],
        Some(None) => {
            let name = profile.connector.as_deref().unwrap_or_default();
            return question(format!(
                "Which position in the log orders the events of the connector {name} is not known to Sluice. Name the \
                 fields of source in apply.sequence, the most significant first; a time such as source.ts_ms is no \
                 order, because many events have the same"
            ));
        }
        None => ORDERS.iter().collect(),
    };
    let begun = known.iter().flat_map(|order| order.parts(shape)).find(|parts| parts.first().is_some_and(&seen));
    let Some(parts) = begun else { return question(no_position(&known, shape)) };
    let lacking: Vec<&str> = parts.iter().filter(|part| !seen(part)).copied().collect();
    if !lacking.is_empty() {
        return question(format!(
            "Events are ordered by {}, and the records lack {}. Have the connector send it (add.fields for flattened \
             rows), or name in apply.sequence what orders them",
            parts.join(", "),
            lacking.join(", ")
        ));
    }
    let mut parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
    if parts == ["source.lsn"] && seen(&TOTAL_ORDER) {
        parts.push(TOTAL_ORDER.to_owned());
    }
    ProposedSequence { parts, question: None, stated: None }
}

fn no_position(known: &[&ConnectorOrder], shape: Shape) -> String {
    let of = |order: &&ConnectorOrder| {
        let parts = order.parts(shape).first().map(|parts| parts.join(", ")).unwrap_or_default();
        format!("{parts} ({})", order.connectors.join(", "))
    };
    let positions = known.iter().map(of).collect::<Vec<_>>().join("; ");
    let next = match shape {
        Shape::Envelope => "Have the connector send it",
        Shape::Flat => "Add it with add.fields of ExtractNewRecordState, for example add.fields=op,lsn",
    };
    format!(
        "The records carry no position in the log of their database, so nothing says which event is newer; looked for \
         {positions}. {next}, or name in apply.sequence what orders them; a time is no order"
    )
}

#[cfg(test)]
mod tests {
    use super::{Shape, note_position, of_connector, proposed_sequence};
    use crate::profile::Profile;
    use sluice_contract::PositionLayout;

    fn proposal(shape: Shape, connector: Option<&str>, has: &[&str]) -> (String, Option<String>) {
        let mut profile = Profile::of_table(None);
        profile.connector = connector.map(str::to_owned);
        note_position(&mut profile, shape, false, |part| has.contains(&part));
        let proposed = proposed_sequence(&profile, shape);
        (proposed.parts.join(" "), proposed.question)
    }

    #[test]
    fn every_connector_has_its_own_order_and_it_fits() {
        for (connector, has) in [
            ("postgresql", &["source.lsn"][..]),
            ("mysql", &["source.file", "source.pos", "source.row"]),
            ("mariadb", &["source.file", "source.pos", "source.row"]),
            ("sqlserver", &["source.commit_lsn", "source.change_lsn", "source.event_serial_no"]),
            ("oracle", &["source.scn", "source.rs_id", "source.ssn"]),
        ] {
            assert_eq!(proposal(Shape::Envelope, Some(connector), has), (has.join(" "), None));
            assert_eq!(proposal(Shape::Envelope, None, has), (has.join(" "), None), "known by its position");
            let parts: Vec<String> = of_connector(connector).unwrap().iter().map(|part| (*part).to_owned()).collect();
            assert!(PositionLayout::of(&parts).is_some());
        }
        for has in [&["__lsn"][..], &["__source_file", "__source_pos", "__source_row"], &["__scn", "__rs_id", "__ssn"]]
        {
            assert_eq!(proposal(Shape::Flat, None, has), (has.join(" "), None));
        }
    }

    #[test]
    fn what_is_not_known_is_asked_and_never_the_time() {
        for (connector, has, says) in [
            (Some("vitess"), &[][..], "connector vitess"),
            (Some("db2"), &["source.commit_lsn"], "connector db2"),
            (Some("mysql"), &[], "source.file, source.pos, source.row (mysql, mariadb)"),
            (Some("mysql"), &["source.file", "source.pos"], "lack source.row"),
            (None, &[], "no position"),
        ] {
            let (parts, question) = proposal(Shape::Envelope, connector, has);
            assert!(parts.is_empty(), "{parts}");
            assert!(question.as_ref().is_some_and(|text| text.contains(says)), "{question:?}");
        }
        assert!(proposal(Shape::Flat, None, &[]).1.is_some_and(|text| text.contains("add.fields")));
    }
}
