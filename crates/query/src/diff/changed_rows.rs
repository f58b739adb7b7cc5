//! A difference as SQL.

use crate::error::QueryError;
use crate::files::relation::Relation;
use crate::sql::column::{DuckColumn, cast};
use crate::sql::text::Sql;
use crate::sql::types::DuckType;
use sluice_api::TableRef;
use sluice_contract::Column;

/// A column on both sides of a difference, or on one.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    /// Name.
    pub(crate) name: String,
    /// Type before.
    pub(crate) before: Option<DuckType>,
    /// Type after.
    pub(crate) after: Option<DuckType>,
    /// A difference up to this is none.
    pub(crate) tolerance: Option<f64>,
}

/// Whether a column takes part: not those of Sluice (leading underscore), unless they are of the key or say
/// until when a version of a history holds; not the ignored ones.
pub(crate) fn takes_part(name: &str, key: &[String], ignore: &[&str]) -> bool {
    let own = name.starts_with('_') && name != Column::END_AT && !key.iter().any(|other| other == name);
    !own && !ignore.contains(&name)
}

/// Pairs of the columns that take part, in the order of the side after, then those that are gone.
pub(crate) fn pairs(before: &[DuckColumn], after: &[DuckColumn], key: &[String], ignore: &[&str]) -> Vec<Pair> {
    let counts = |column: &&DuckColumn| takes_part(&column.name, key, ignore);
    let find = |side: &[DuckColumn], name: &str| {
        side.iter().find(|column| column.name == name).map(|column| column.ty.clone())
    };
    let mut pairs: Vec<Pair> = after
        .iter()
        .filter(counts)
        .map(|column| Pair {
            name: column.name.clone(),
            before: find(before, &column.name),
            after: Some(column.ty.clone()),
            tolerance: None,
        })
        .collect();
    for column in before.iter().filter(counts) {
        if find(after, &column.name).is_none() {
            pairs.push(Pair {
                name: column.name.clone(),
                before: Some(column.ty.clone()),
                after: None,
                tolerance: None,
            });
        }
    }
    pairs
}

impl Pair {
    /// The two values in types that can be compared.
    fn comparable(&self, old: &Sql, new: &Sql) -> (Sql, Sql) {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) if before != after && !(before.is_numeric() && after.is_numeric()) => {
                (cast(old, &DuckType::text()), cast(new, &DuckType::text()))
            }
            _ => (old.clone(), new.clone()),
        }
    }

    /// Whether both sides have numbers.
    pub(crate) fn is_numeric(&self) -> bool {
        [&self.before, &self.after].into_iter().all(|side| side.as_ref().is_some_and(DuckType::is_numeric))
    }

    /// Whether the two values differ; null equals null, NaN equals NaN.
    pub(crate) fn differs(&self, old: &Sql, new: &Sql) -> Sql {
        let (old, new) = self.comparable(old, new);
        let differs = Sql::new("(").sql(&old).add(" IS DISTINCT FROM ").sql(&new).add(")");
        let Some(tolerance) = self.tolerance else { return differs };
        let number = |value: &Sql| Sql::new("CAST(").sql(value).add(" AS DOUBLE)");
        // With a null on one side the distance is null, and the values differ.
        let near = Sql::new("coalesce(abs(").sql(&number(&old)).add(" - ").sql(&number(&new)).add(") <= ");
        Sql::new("(").sql(&differs).add(" AND NOT ").sql(&near).double(tolerance).add(", false))")
    }

    /// Whether a changed row is an updated one with another value here.
    pub(crate) fn changed(&self) -> Sql {
        let old = Sql::name(&["old.", &self.name].concat());
        let new = Sql::name(&["new.", &self.name].concat());
        Sql::new("\"_change\" = '~' AND ").sql(&self.differs(&old, &new))
    }

    /// The value of one side: a column of it, or a null of the other side's type.
    fn value(&self, side: Option<&DuckType>) -> Sql {
        match (side, self.before.as_ref().or(self.after.as_ref())) {
            (Some(_), _) => Sql::name(&self.name),
            (None, Some(ty)) => cast(&Sql::new("NULL"), ty),
            (None, None) => Sql::new("NULL"),
        }
    }
}

/// Name of the column with the value of a side.
fn numbered(side: &'static str, at: usize) -> Sql {
    Sql::new(side).number(at as u64)
}

/// One side: a mark, then all pairs by number.
fn side(relation: &Relation, pairs: &[Pair], name: &'static str, before: bool) -> Sql {
    let list = pairs.iter().enumerate().map(|(at, pair)| {
        let present = if before { pair.before.as_ref() } else { pair.after.as_ref() };
        pair.value(present).add(" AS ").sql(&numbered(name, at))
    });
    let mark = Sql::new("true AS ").add(name).add("here");
    let list = Sql::join(std::iter::once(mark).chain(list), ", ");
    Sql::new("(SELECT ").sql(&list).add(" FROM ").sql(&relation.sql).add(")")
}

/// The changed rows, sorted by key: `_change`, the key, then `old.c` and `new.c` of every other
/// column. `keys` of `pairs` are the key, in its order.
pub(crate) fn changed_rows(before: &Relation, after: &Relation, pairs: &[Pair], keys: &[usize]) -> Sql {
    let old = |at: usize| numbered("o", at);
    let new = |at: usize| numbered("n", at);
    let rest: Vec<usize> = (0..pairs.len()).filter(|at| !keys.contains(at)).collect();
    let mut list =
        vec![Sql::new("CASE WHEN ohere IS NULL THEN '+' WHEN nhere IS NULL THEN '-' ELSE '~' END AS \"_change\"")];
    for &at in keys {
        list.push(
            Sql::new("CASE WHEN nhere IS NULL THEN ")
                .sql(&old(at))
                .add(" ELSE ")
                .sql(&new(at))
                .add(" END AS ")
                .ident(&pairs[at].name),
        );
    }
    for &at in &rest {
        list.push(old(at).add(" AS ").ident(&["old.", &pairs[at].name].concat()));
        list.push(new(at).add(" AS ").ident(&["new.", &pairs[at].name].concat()));
    }
    let on = Sql::join(
        keys.iter().map(|&at| {
            let (old, new) = pairs[at].comparable(&old(at), &new(at));
            old.add(" IS NOT DISTINCT FROM ").sql(&new)
        }),
        " AND ",
    );
    let mut differs = vec![Sql::new("ohere IS NULL"), Sql::new("nhere IS NULL")];
    differs.extend(rest.iter().map(|&at| pairs[at].differs(&old(at), &new(at))));
    let order = Sql::join((0..keys.len()).map(|at| Sql::default().number(at as u64 + 2)), ", ");
    Sql::new("SELECT ")
        .sql(&Sql::join(list, ", "))
        .add("\nFROM ")
        .sql(&side(before, pairs, "o", true))
        .add("\nFULL OUTER JOIN ")
        .sql(&side(after, pairs, "n", false))
        .add("\nON ")
        .sql(&on)
        .add("\nWHERE ")
        .sql(&Sql::join(differs, " OR "))
        .add("\nORDER BY ")
        .sql(&order)
}

/// The rows that one side has more often than the other, once for each time: `_change`, then `old.c` and `new.c` of every
/// column. Sorted by all of them.
pub(crate) fn counted_rows(
    table: &TableRef,
    before: &Relation,
    after: &Relation,
    pairs: &[Pair],
) -> Result<Sql, QueryError> {
    if pairs.is_empty() {
        return Err(QueryError::input(
            format!("No column of {table} takes part in the comparison"),
            "Leave out fewer columns",
        ));
    }
    let all = || 0..pairs.len();
    let (group, old, new) = (|at| numbered("g", at), |at| numbered("o", at), |at| numbered("n", at));
    // Of each side its values as they are, and in types that can be compared.
    let rows = |relation: &Relation, is_before: bool| {
        let mut list = vec![Sql::new(if is_before { "-1 AS side" } else { "1 AS side" })];
        for (at, pair) in pairs.iter().enumerate() {
            let value = pair.value(if is_before { pair.before.as_ref() } else { pair.after.as_ref() });
            let (as_old, as_new) = pair.comparable(&value, &value);
            let absent = |ty: Option<&DuckType>| match ty {
                Some(ty) => cast(&Sql::new("NULL"), ty),
                None => Sql::new("NULL"),
            };
            let (mine, other) =
                if is_before { (as_old, absent(pair.after.as_ref())) } else { (as_new, absent(pair.before.as_ref())) };
            let (of_old, of_new) = if is_before { (value, other) } else { (other, value) };
            list.push(mine.add(" AS ").sql(&group(at)));
            list.push(of_old.add(" AS ").sql(&old(at)));
            list.push(of_new.add(" AS ").sql(&new(at)));
        }
        Sql::new("SELECT ").sql(&Sql::join(list, ", ")).add(" FROM ").sql(&relation.sql)
    };
    let groups = Sql::join(all().map(group), ", ");
    let values = Sql::join(
        all()
            .flat_map(|at| [old(at), new(at)])
            .map(|value| Sql::new("any_value(").sql(&value).add(") AS ").sql(&value)),
        ", ",
    );
    let counted = Sql::new("SELECT CAST(sum(side) AS BIGINT) AS more, ")
        .sql(&groups)
        .add(", ")
        .sql(&values)
        .add("\nFROM (")
        .sql(&rows(before, true))
        .add("\nUNION ALL ")
        .sql(&rows(after, false))
        .add(")\nGROUP BY ")
        .sql(&groups)
        .add("\nHAVING sum(side) <> 0");
    let mut list = vec![Sql::new("CASE WHEN more > 0 THEN '+' ELSE '-' END AS \"_change\"")];
    let mut shown = vec![Sql::name("_change")];
    for (at, pair) in pairs.iter().enumerate() {
        let (old_name, new_name) = (["old.", &pair.name].concat(), ["new.", &pair.name].concat());
        list.push(Sql::new("CASE WHEN more < 0 THEN ").sql(&old(at)).add(" END AS ").ident(&old_name));
        list.push(Sql::new("CASE WHEN more > 0 THEN ").sql(&new(at)).add(" END AS ").ident(&new_name));
        shown.extend([Sql::name(&old_name), Sql::name(&new_name)]);
    }
    Ok(Sql::new("SELECT ")
        .sql(&Sql::join(shown, ", "))
        .add("\nFROM (SELECT ")
        .sql(&Sql::join(list, ", "))
        .add(", ")
        .sql(&groups)
        .add(", unnest(range(abs(more))) AS copy FROM (")
        .sql(&counted)
        .add("))\nORDER BY ")
        .sql(&groups)
        .add(", \"_change\""))
}
