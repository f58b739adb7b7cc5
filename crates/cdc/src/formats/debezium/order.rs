//! What orders the events of a sample.

use super::connectors::{ConnectorOrder, Need, OrderPart};
use crate::format::{ProposedSequence, StatedOrder};
use crate::formats::json::{self, position::BY_OFFSET};
use crate::profile::Profile;

/// What records are, as far as their order goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `before`, `after`, `source`.
    Envelope,
    /// A row with members that `add.fields` added.
    Flat,
}

/// In words, what orders the events of a connector; `None` if it is not known.
pub(crate) fn of_connector(connector: &str) -> Option<&'static str> {
    ConnectorOrder::of(connector).map(|order| order.words)
}

/// Counts a record by the order that it would have. `has` says whether it has a member of a position that is not null.
pub(crate) fn note_position(
    profile: &mut Profile,
    connector: Option<&str>,
    is_snapshot: bool,
    has: impl Fn(&str) -> bool,
) {
    profile.ordered += 1;
    let order = match connector {
        Some(name) => ConnectorOrder::of(name).filter(|order| order.is_begun(&has)),
        None => ConnectorOrder::by_members(&has),
    };
    let Some(order) = order else { return };
    *profile.orders.entry(order.words).or_default() += 1;
    let is_needed = |part: &&OrderPart| match part.need {
        Need::Always => true,
        Need::Changes => !is_snapshot,
        Need::Optional => false,
    };
    for part in order.parts.iter().filter(is_needed) {
        if let (Some(main), false) = (part.members.first(), part.members.iter().any(|member| has(member))) {
            *profile.order_lacks.entry(*main).or_default() += 1;
        }
    }
}

/// The order of the connector, which needs no word in the contract; else that of the topic, where the names of the files
/// tell it. What is not known is asked, and never the source's time instead.
pub(crate) fn proposed_sequence(profile: &Profile, shape: Shape) -> ProposedSequence {
    let question = |text: String| ProposedSequence { question: Some(text), ..ProposedSequence::default() };
    let stated = |words: &str, part: u64| {
        let text = format!("Order by {words}");
        let order = StatedOrder { text, part, whole: profile.ordered, what: "records" };
        ProposedSequence { stated: Some(order), ..ProposedSequence::default() }
    };
    let mut orders = profile.orders.iter();
    match (orders.next(), orders.next()) {
        (None, _) => by_offset(profile, shape),
        (Some((words, count)), None) if *count == profile.ordered && profile.order_lacks.is_empty() => {
            stated(words, *count)
        }
        (Some((words, count)), None) => {
            let lacking = profile.order_lacks.keys().map(|member| format!("source.{member}"));
            let lacking: Vec<String> = lacking.collect();
            let lacking = match lacking.is_empty() {
                true => format!("{} of {} records have none of it", profile.ordered - count, profile.ordered),
                false => format!("records lack {}", lacking.join(", ")),
            };
            question(format!(
                "Events are ordered by {words}, and {lacking}. Have the connector send it (add.fields for flattened \
                 rows), or name in apply.sequence what orders them; a time is no order"
            ))
        }
        (Some((one, _)), Some((other, _))) => question(format!(
            "Some records are ordered by {one}, others by {other}, and positions of two orders cannot be compared. \
             Point path at the records of one, or name in apply.sequence what orders all of them"
        )),
    }
}

fn by_offset(profile: &Profile, shape: Shape) -> ProposedSequence {
    let lacking = match profile.connector.as_deref() {
        Some(name) if ConnectorOrder::of(name).is_none() => {
            format!("Which position in the log orders the events of the connector {name} is not known to Sluice")
        }
        _ => "The records carry no position in the log of their database".to_owned(),
    };
    let next = match shape {
        Shape::Envelope => "",
        Shape::Flat => "Add it with add.fields of ExtractNewRecordState, for example add.fields=op,lsn, ",
    };
    let mut proposed = json::position::by_offset(profile, &lacking, next);
    if proposed.question.is_none() {
        let text = format!("Order by {}: {}", BY_OFFSET, lower_first(&lacking));
        proposed.stated = Some(StatedOrder { text, part: profile.placed, whole: profile.records, what: "records" });
        proposed.parts.clear();
    }
    proposed
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Shape, note_position, proposed_sequence};
    use crate::profile::Profile;

    fn proposal(shape: Shape, records: &[(Option<&str>, &[&str])], files: &[u64]) -> Result<String, String> {
        let mut profile = Profile::of_table(None);
        for (connector, has) in records {
            profile.connector = connector.map(str::to_owned);
            profile.records += 1;
            note_position(&mut profile, *connector, false, |member| has.contains(&member));
        }
        profile.partitions.extend(files);
        profile.placed = if files.is_empty() { 0 } else { profile.records };
        let proposed = proposed_sequence(&profile, shape);
        assert!(proposed.parts.is_empty(), "nobody has to write an order");
        match (proposed.question, proposed.stated) {
            (Some(question), _) => Err(question),
            (None, stated) => Ok(stated.unwrap().text),
        }
    }

    #[test]
    fn a_connector_is_known_by_its_name_and_most_by_their_position() {
        for (connector, has, by_members) in [
            ("postgresql", &["sequence", "lsn", "ts_ms"][..], true),
            ("mysql", &["file", "pos", "row", "ts_ms"], true),
            ("mariadb", &["file", "pos", "row"], true),
            ("sqlserver", &["commit_lsn", "change_lsn", "event_serial_no"], true),
            ("oracle", &["commit_scn", "scn", "rs_id", "ssn"], true),
            ("mongodb", &["ts_ms", "ord"], true),
            ("db2", &["commit_lsn", "change_lsn"], false),
            ("vitess", &["vgtid", "shard"], true),
            ("spanner", &["ts_ms", "sequence", "mod_number"], true),
            ("informix", &["commit_lsn", "change_lsn"], false),
            ("cockroachdb", &["ts_hlc"], true),
        ] {
            let named = proposal(Shape::Envelope, &[(Some(connector), has)], &[]);
            assert!(named.is_ok(), "{connector}: {named:?}");
            if by_members {
                assert_eq!(proposal(Shape::Envelope, &[(None, has)], &[]), named, "{connector}");
                assert_eq!(proposal(Shape::Flat, &[(None, has)], &[]), named, "{connector}");
            }
        }
    }

    #[test]
    fn the_place_in_the_topic_orders_what_has_no_position() {
        for connector in [None, Some("yashandb"), Some("cassandra"), Some("mysql"), Some("cockroachdb")] {
            let of = |files: &[u64]| proposal(Shape::Flat, &[(connector, &["ts_ms"])], files);
            assert!(of(&[0]).unwrap().contains("the offset in the name of the file"), "{connector:?}");
            assert!(of(&[0, 1]).unwrap_err().contains("the files are of 2"));
            assert!(of(&[]).unwrap_err().contains("add.fields"));
        }
    }

    #[test]
    fn what_is_not_whole_is_asked_and_never_the_time() {
        let mysql: (Option<&str>, &[&str]) = (Some("mysql"), &["file", "pos", "row"]);
        for (records, says) in [
            (vec![(Some("mysql"), &["file", "pos"][..])], "records lack source.row"),
            (vec![mysql, (Some("mysql"), &[])], "1 of 2 records have none of it"),
            (vec![mysql, (Some("postgresql"), &["lsn"])], "two orders cannot be compared"),
        ] {
            let question = proposal(Shape::Envelope, &records, &[0]).unwrap_err();
            assert!(question.contains(says), "{question}");
        }
    }
}
