//! The plan as it is handed on: its hash, its checksum, and whether it is still what would be done.

use crate::PublishError;
use serde::Serialize;
use sluice_api::{PlanDocument, PublishScope, ReleaseId, TableDecisions, TableRef};
use sluice_contract::{ContractChange, Effect};
use std::collections::BTreeSet;

/// The form that this version writes and reads.
pub(crate) const FORMAT: u32 = 1;

/// What decides a plan.
#[derive(Serialize)]
struct Deciding<'a> {
    format: u32,
    scope: &'a PublishScope,
    base: Option<u64>,
    base_hash: &'a Option<String>,
    draft: &'a Option<String>,
    rollback: &'a Option<ReleaseId>,
    hash: &'a str,
    engine: &'a str,
    taken: &'a [TableRef],
    changes: &'a [ContractChange],
    rebuilds: Vec<TableRef>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    records: &'a [TableDecisions],
}

/// Gives a document the hash of what decides it, and the checksum of all of it.
#[must_use]
pub fn sealed(document: PlanDocument) -> PlanDocument {
    let plan = plan_hash(&document);
    let document = PlanDocument { plan, ..document };
    PlanDocument { checksum: checksum(&document), ..document }
}

/// Reads a plan file.
///
/// # Errors
/// [`PublishError::EditedPlan`] if it is no plan, was edited, or has a form that this version does not know.
pub fn read_plan(bytes: &[u8]) -> Result<PlanDocument, PublishError> {
    let edited = |reason: String| PublishError::EditedPlan { reason };
    let document: PlanDocument =
        serde_json::from_slice(bytes).map_err(|error| edited(format!("it is no plan: {error}")))?;
    ensure_whole(&document)?;
    Ok(document)
}

/// Whether a document is as it was written.
///
/// # Errors
/// [`PublishError::EditedPlan`].
pub fn ensure_whole(document: &PlanDocument) -> Result<(), PublishError> {
    let edited = |reason: String| Err(PublishError::EditedPlan { reason });
    if document.format != FORMAT {
        return edited(format!("it has form {}, this version of Sluice reads form {FORMAT}", document.format));
    }
    if plan_hash(document) != document.plan {
        return edited("it does not have its hash: what it decides was edited".to_owned());
    }
    if checksum(document) != document.checksum {
        return edited("it does not have its checksum: it was edited".to_owned());
    }
    Ok(())
}

/// Whether a plan is what would be done now, by a plan that was made now.
///
/// A table that is no longer rebuilt, because it was rebuilt meanwhile, is not against the plan; one that is rebuilt
/// although the plan says that it is not, is.
///
/// # Errors
/// [`PublishError::Stale`] with everything that moved.
pub fn ensure_current(document: &PlanDocument, now: &PlanDocument) -> Result<(), PublishError> {
    let mut moved = Vec::new();
    let named = |release: Option<u64>| release.map_or_else(|| "nothing".to_owned(), |release| format!("r{release}"));
    if (document.base, &document.base_hash) != (now.base, &now.base_hash) {
        moved.push(format!("the base was {}, {} is current now", named(document.base), named(now.base)));
    }
    if document.draft != now.draft {
        moved.push(match document.scope {
            PublishScope::Tables(_) => "the draft of its tables was changed".to_owned(),
            PublishScope::Draft | PublishScope::Rollback(_) => "the draft was changed".to_owned(),
        });
    }
    if document.engine != now.engine {
        moved.push(format!("the engine was {}, it is {} now", document.engine, now.engine));
    }
    if document.records != now.records {
        moved.push("other records are dropped or edited".to_owned());
    }
    let (before, after) = (rebuilds(document), rebuilds(now));
    let planned: BTreeSet<&TableRef> = before.iter().collect();
    for table in after.iter().filter(|table| !planned.contains(table)) {
        moved.push(format!("{table} would be rebuilt now, by the plan it is not"));
    }
    if moved.is_empty() && (document.hash != now.hash || document.changes != now.changes) {
        moved.push("the release would hold other contracts or models".to_owned());
    }
    if moved.is_empty() { Ok(()) } else { Err(PublishError::Stale { moved }) }
}

/// Whether the tables still are what a plan says that was reached, where they are made of the same.
///
/// # Errors
/// [`PublishError::Stale`] that names the tables which are not.
pub fn ensure_reached(document: &PlanDocument, now: &PlanDocument) -> Result<(), PublishError> {
    let (Some(before), Some(now)) = (&document.previewed, &now.previewed) else { return Ok(()) };
    let moved: Vec<String> = before
        .tables
        .iter()
        .filter_map(|table| {
            let seen = now.tables.iter().find(|seen| seen.table == table.table)?;
            let differs = seen.inputs_hash == table.inputs_hash && seen.fingerprint != table.fingerprint;
            differs.then(|| format!("{} is not what the plan says that was reached", table.table))
        })
        .collect();
    if moved.is_empty() { Ok(()) } else { Err(PublishError::Stale { moved }) }
}

fn rebuilds(document: &PlanDocument) -> Vec<TableRef> {
    let tables = document.tables.iter().filter(|table| table.effect == Effect::Rebuild);
    tables.map(|table| TableRef { layer: table.layer, name: table.table.clone() }).collect()
}

fn plan_hash(document: &PlanDocument) -> String {
    hash_of(&Deciding {
        format: document.format,
        scope: &document.scope,
        base: document.base,
        base_hash: &document.base_hash,
        draft: &document.draft,
        rollback: &document.rollback,
        hash: &document.hash,
        engine: &document.engine,
        taken: &document.taken,
        changes: &document.changes,
        rebuilds: rebuilds(document),
        records: &document.records,
    })
}

fn checksum(document: &PlanDocument) -> String {
    hash_of(&PlanDocument { checksum: String::new(), ..document.clone() })
}

/// BLAKE3 of the JSON of a value, hex. Structs of strings, numbers and lists always have JSON; what had none would
/// have the hash of nothing, which no document has.
fn hash_of(value: &impl Serialize) -> String {
    let json = serde_json::to_vec(value).unwrap_or_default();
    blake3::hash(&json).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::{FORMAT, ensure_current, read_plan, sealed};
    use crate::PublishError;
    use sluice_api::{Effect, Layer, PlanDocument, PublishScope, TableEffect, TableName};

    fn effect(table: &str, effect: Effect) -> TableEffect {
        TableEffect {
            layer: Layer::Silver,
            table: TableName::new("shop", table).unwrap(),
            grade: None,
            effect,
            note: effect.sentence().to_owned(),
            rows: Some(3),
            readers: Vec::new(),
            rebuild_seconds: None,
            recomputed_keys: None,
        }
    }

    fn plan() -> PlanDocument {
        sealed(PlanDocument {
            format: FORMAT,
            plan: String::new(),
            scope: PublishScope::Draft,
            base: Some(1),
            base_hash: Some("aa".to_owned()),
            draft: Some("bb".to_owned()),
            rollback: None,
            hash: "bb".to_owned(),
            engine: "sluice/1".to_owned(),
            taken: Vec::new(),
            changes: Vec::new(),
            tables: vec![effect("orders", Effect::Rebuild), effect("carts", Effect::NewBatchesOnly)],
            records: Vec::new(),
            previewed: None,
            checksum: String::new(),
        })
    }

    #[test]
    fn every_edit_is_noticed() {
        let text = serde_json::to_string_pretty(&plan()).unwrap();
        assert_eq!(read_plan(text.as_bytes()).unwrap(), plan());
        for (from, to) in [
            ("\"base\": 1", "\"base\": 2"),
            ("\"bb\"", "\"cc\""),
            ("sluice/1", "sluice/2"),
            ("\"rebuild\"", "\"metadata\""),
            ("\"rows\": 3", "\"rows\": 4"),
            ("\"format\": 1", "\"format\": 2"),
            ("orders", "order"),
            ("Silver is rebuilt", "Nothing is rebuilt"),
        ] {
            let edited = text.replacen(from, to, 1);
            assert_ne!(edited, text, "{from}");
            let error = read_plan(edited.as_bytes()).unwrap_err();
            assert!(matches!(error, PublishError::EditedPlan { .. }), "{from}: {error}");
        }
        assert!(read_plan(b"{}").is_err() && read_plan(&text.as_bytes()[..40]).is_err());
    }

    #[test]
    fn rows_and_readers_do_not_decide() {
        let mut later = plan();
        later.tables[0].rows = Some(9);
        later.tables[1].readers = vec![TableName::new("shop", "daily").unwrap()];
        later.previewed = Some(Box::default());
        let later = sealed(later);
        assert_eq!(later.plan, plan().plan);
        assert_ne!(later.checksum, plan().checksum);
        ensure_current(&plan(), &later).unwrap();
    }

    #[test]
    fn what_moved_is_named() {
        let moved = |change: fn(&mut PlanDocument)| {
            let mut now = plan();
            change(&mut now);
            match ensure_current(&plan(), &sealed(now)) {
                Err(PublishError::Stale { moved }) => moved.join("; "),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(moved(|now| now.base = Some(4)), "the base was r1, r4 is current now");
        assert_eq!(moved(|now| now.draft = Some("dd".to_owned())), "the draft was changed");
        assert_eq!(moved(|now| now.engine = "sluice/2".to_owned()), "the engine was sluice/1, it is sluice/2 now");
        let rebuilt = moved(|now| now.tables[1].effect = Effect::Rebuild);
        assert_eq!(rebuilt, "silver.shop.carts would be rebuilt now, by the plan it is not");
        let both = moved(|now| (now.base, now.engine) = (Some(2), "sluice/2".to_owned()));
        assert!(both.contains("r2 is current") && both.contains("sluice/2"), "{both}");
        // What the runner did meanwhile is not against the plan.
        let mut done = plan();
        done.tables.remove(0);
        ensure_current(&plan(), &sealed(done)).unwrap();
    }
}
