//! The values of one row as delivered, sorted by what they are for.

use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::names::{FOLDED, RowName, Target};
use sluice_change::{ReasonCode, hash_head};
use sluice_contract::{is_column_name, limits};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Room for the content of a row, so that most do not move while they grow.
const CONTENT_BYTES: usize = 256;

/// A value of a row as delivered.
pub(crate) trait Delivered: Clone {
    /// It as JSON; `None` for null.
    fn json(&self) -> Option<Cow<'_, str>>;
    /// Its text, for hashing; `None` for null.
    fn text(&self) -> Option<&str>;
}

impl Delivered for &str {
    fn json(&self) -> Option<Cow<'_, str>> {
        self.text().map(Cow::Borrowed)
    }

    fn text(&self) -> Option<&str> {
        (*self != "null").then_some(*self)
    }
}

impl Delivered for Option<Cow<'_, str>> {
    fn json(&self) -> Option<Cow<'_, str>> {
        self.as_deref().and_then(|text| serde_json::to_string(text).ok()).map(Cow::Owned)
    }

    fn text(&self) -> Option<&str> {
        self.as_deref()
    }
}

/// The values of one row as delivered.
#[derive(Debug)]
pub(crate) struct Row<V> {
    columns: Vec<Option<(usize, V)>>,
    extras: Vec<Option<V>>,
    /// Columns that the contract does not know, as JSON, where they are kept in silver.
    unknown: BTreeMap<String, String>,
    /// Names of columns inside a member that the contract does not know.
    nested_unknown: Vec<String>,
    /// Columns that are there under a former name beside a newer one, by position and rank of the former name.
    former: Vec<(usize, usize)>,
    /// Names that the contract does not declare.
    undeclared: usize,
    /// Names that would be new columns, of a table that has no room for one.
    beyond: usize,
    /// Whether a name that is there twice is a clash: a file has one column of a name, and of two nobody knows which one
    /// is meant. Of JSON the last member holds.
    names_are_columns: bool,
    clash: Option<Clash>,
    /// The values as delivered, each behind its length.
    content: Vec<u8>,
}

/// Two columns of a record of which one alone can be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clash {
    /// Name of the column.
    pub(crate) name: String,
    /// Whether their names differ, in upper and lower case or the form of accents only.
    pub(crate) in_case: bool,
}

impl<V: Delivered> Row<V> {
    pub(crate) fn new(plan: &Plan) -> Self {
        let empty = |count| std::iter::repeat_with(|| None).take(count).collect();
        Self {
            columns: std::iter::repeat_with(|| None).take(plan.contract.columns.len()).collect(),
            extras: empty(plan.extras()),
            unknown: BTreeMap::new(),
            nested_unknown: Vec::new(),
            former: Vec::new(),
            undeclared: 0,
            beyond: 0,
            names_are_columns: false,
            clash: None,
            content: Vec::with_capacity(CONTENT_BYTES),
        }
    }

    /// A row whose names are columns of a file.
    pub(crate) fn of_columns(plan: &Plan) -> Self {
        Self { names_are_columns: true, ..Self::new(plan) }
    }

    /// Keeps a value. Of several names of one column the newest holds, of repeated members of JSON the last value.
    pub(crate) fn set(&mut self, plan: &Plan, name: &str, target: Target, value: V) {
        let made_of = plan.made_of(name);
        if plan.is_content(target) || !made_of.is_empty() {
            match value.text() {
                Some(text) => {
                    self.content.extend_from_slice(&(text.len() as u64 + 1).to_le_bytes());
                    self.content.extend_from_slice(text.as_bytes());
                }
                None => self.content.extend_from_slice(&0_u64.to_le_bytes()),
            }
        }
        self.undeclared += usize::from(plan.is_undeclared(target));
        self.beyond += usize::from(plan.is_full && target == Target::Unknown && is_column_name(name));
        for (rank, position) in made_of {
            self.set_column(plan, name, *position, *rank, value.clone());
        }
        match target {
            Target::Column { position, rank } => self.set_column(plan, name, position, rank, value),
            Target::Extra(position) => {
                if let Some(place) = self.extras.get_mut(position)
                    && place.replace(value).is_some()
                    && self.names_are_columns
                {
                    self.clash = Some(Clash { name: name.to_owned(), in_case: false });
                }
            }
            Target::Unknown if plan.rescued.is_some() => {
                if let Some(json) = value.json()
                    && self.unknown.insert(name.to_owned(), json.into_owned()).is_some()
                    && self.names_are_columns
                {
                    self.clash = Some(Clash { name: name.to_owned(), in_case: false });
                }
            }
            Target::Meta | Target::Unknown => {}
        }
    }

    fn set_column(&mut self, plan: &Plan, name: &str, position: usize, rank: usize, value: V) {
        let Some(place) = self.columns.get_mut(position) else { return };
        let kept = place.as_ref().map(|(kept, _)| *kept);
        let twice = self.names_are_columns && kept == Some(rank);
        if twice || kept.is_some_and(|kept| kept == FOLDED || rank == FOLDED) {
            let name = plan.contract.columns.get(position).map_or(name, |column| column.name.as_str());
            self.clash = Some(Clash { name: name.to_owned(), in_case: !twice });
        }
        if !twice && kept.is_some_and(|kept| kept != FOLDED && rank != FOLDED && kept != rank) {
            self.former.push((position, rank.max(kept.unwrap_or(rank))));
        }
        if kept.is_none_or(|kept| rank <= kept) {
            *place = Some((rank, value));
        }
    }

    /// Notes the name of a column inside a member that the contract does not know.
    pub(crate) fn note_nested_unknown(&mut self, name: String) {
        self.nested_unknown.push(name);
    }

    /// Names of columns inside a member that the contract does not know.
    pub(crate) fn nested_unknown(&self) -> impl Iterator<Item = &str> {
        self.nested_unknown.iter().map(String::as_str)
    }

    /// Former names of columns that the row has beside their newer ones: the source gave them to another column.
    pub(crate) fn former_names<'p>(&self, plan: &'p Plan) -> impl Iterator<Item = &'p str> {
        self.former.iter().filter_map(|(position, rank)| {
            plan.contract.columns.get(*position)?.renamed_from.get(rank.checked_sub(1)?).map(String::as_str)
        })
    }

    /// The value of a column.
    pub(crate) fn column(&self, position: usize) -> Option<&V> {
        self.columns.get(position)?.as_ref().map(|(_, value)| value)
    }

    /// The value of a member.
    pub(crate) fn get(&self, name: RowName) -> Option<&V> {
        match name {
            RowName::Column(position) => self.column(position),
            RowName::Extra(position) => self.extras.get(position)?.as_ref(),
        }
    }

    /// Columns that the contract does not know, as JSON, where they are kept in silver.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = (&str, &str)> {
        self.unknown.iter().map(|(name, json)| (name.as_str(), json.as_str()))
    }

    /// Two columns of the record of which one alone can be meant.
    pub(crate) fn clash(&self) -> Option<&Clash> {
        self.clash.as_ref()
    }

    /// Whether the row can be one of the table.
    ///
    /// # Errors
    /// `TOO_MANY_COLUMNS` where new columns are added and the row has more of them than a table can have, or one for
    /// which the table has no room: they would be columns of every row from then on.
    pub(crate) fn check_columns(&self, plan: &Plan) -> Result<(), RecordError> {
        if self.beyond > 0 {
            let detail = format!(
                "{} new columns, and the table has {}, as many as it can have. Correct the source, or write \
                 source.evolution: rescue in the contract",
                self.beyond,
                limits::COLUMNS_MAX
            );
            return Err(RecordError::new(ReasonCode::TooManyColumns, detail));
        }
        if self.undeclared <= limits::NEW_COLUMNS_OF_RECORD_MAX || !plan.source.evolution.adds() {
            return Ok(());
        }
        let detail = format!(
            "{} columns that the contract does not declare, {} can be added by one record. Correct the source, or write \
             source.evolution: rescue in the contract",
            self.undeclared,
            limits::NEW_COLUMNS_OF_RECORD_MAX
        );
        Err(RecordError::new(ReasonCode::TooManyColumns, detail))
    }

    /// Hash of the values as delivered, in their order. The same for every copy of an event, whatever
    /// the contract knows of it.
    pub(crate) fn content(&self) -> u64 {
        hash_head(&blake3::hash(&self.content))
    }
}
