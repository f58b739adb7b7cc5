//! What happens when the events do not have the columns of the contract.

use crate::ColumnType;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How columns that are not in the contract are handled. The modes of Databricks Auto Loader
/// (`cloudFiles.schemaEvolutionMode`), with the difference that a contract always declares a schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evolution {
    /// `add_new_columns`: it becomes a nullable column of silver, `string` unless a hint says more.
    AddNewColumns,
    /// `add_new_columns_with_type_widening`: as before, and a column whose type is too narrow for a
    /// value gets the next wider one (`smallint`, `int`, `bigint`; `float`, `double`; decimals).
    AddNewColumnsWithTypeWidening,
    /// `rescue`: its value goes into the text of [`RESCUED`].
    Rescue,
    /// `fail_on_new_columns`: the table stops until the contract declares it.
    FailOnNewColumns,
    /// `none`: it is left out of silver and counted; bronze keeps it.
    #[default]
    None,
}

impl Evolution {
    /// All modes.
    #[must_use]
    pub fn all() -> [Self; 5] {
        [Self::AddNewColumns, Self::AddNewColumnsWithTypeWidening, Self::Rescue, Self::FailOnNewColumns, Self::None]
    }

    /// The word in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AddNewColumns => "add_new_columns",
            Self::AddNewColumnsWithTypeWidening => "add_new_columns_with_type_widening",
            Self::Rescue => "rescue",
            Self::FailOnNewColumns => "fail_on_new_columns",
            Self::None => "none",
        }
    }

    /// Whether unknown columns become columns of silver.
    #[must_use]
    pub fn adds(self) -> bool {
        matches!(self, Self::AddNewColumns | Self::AddNewColumnsWithTypeWidening)
    }

    /// Whether types become wider.
    #[must_use]
    pub fn widens(self) -> bool {
        self == Self::AddNewColumnsWithTypeWidening
    }
}

impl fmt::Display for Evolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How values that do not match their column type are handled, and columns that an event lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemaPolicy {
    /// `strict`: the table stops before silver changes; also for a column that the events lack.
    Strict,
    /// `evolve`: what the mode of evolution can take is taken, the rest is in quarantine.
    Evolve,
    /// `quarantine`: the record is in quarantine.
    #[default]
    Quarantine,
}

impl SchemaPolicy {
    /// All policies.
    #[must_use]
    pub fn all() -> [Self; 3] {
        [Self::Strict, Self::Evolve, Self::Quarantine]
    }

    /// The word in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Evolve => "evolve",
            Self::Quarantine => "quarantine",
        }
    }

    /// The mode of evolution when the contract only says the policy.
    #[must_use]
    pub fn evolution(self) -> Evolution {
        match self {
            Self::Strict => Evolution::FailOnNewColumns,
            Self::Evolve => Evolution::AddNewColumnsWithTypeWidening,
            Self::Quarantine => Evolution::None,
        }
    }

    /// The policy when the contract only says the mode of evolution.
    #[must_use]
    pub fn of_evolution(evolution: Evolution) -> Self {
        match evolution {
            Evolution::AddNewColumns | Evolution::AddNewColumnsWithTypeWidening | Evolution::Rescue => Self::Evolve,
            Evolution::FailOnNewColumns | Evolution::None => Self::Quarantine,
        }
    }
}

impl fmt::Display for SchemaPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Column of silver with what did not fit, as the text of a JSON object; only with
/// [`Evolution::Rescue`].
pub const RESCUED: &str = "_rescued";

/// The inferred schema: what all events of a table so far have shown beyond the contract. It only
/// grows, and does not depend on the order of the events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InferredSchema {
    /// Names of columns that the contract does not declare.
    pub added: BTreeSet<String>,
    /// Types that hold every value seen, of columns whose own type does not.
    pub widened: BTreeMap<String, ColumnType>,
}

impl InferredSchema {
    /// The union with what other events have shown.
    pub fn join(&mut self, other: &Self) {
        self.added.extend(other.added.iter().cloned());
        for (name, wider) in &other.widened {
            let joined = match self.widened.get(name) {
                Some(known) => known.wider_of(wider).unwrap_or_else(|| known.clone()),
                None => wider.clone(),
            };
            self.widened.insert(name.clone(), joined);
        }
    }
}

/// Whether a name can be that of a column in silver: Delta without column mapping forbids some
/// letters, names that begin with `_` are Sluice's own.
#[must_use]
pub fn is_column_name(name: &str) -> bool {
    let forbidden = |c: char| c.is_control() || matches!(c, ' ' | ',' | ';' | '{' | '}' | '(' | ')' | '=');
    !name.is_empty() && name.len() <= 255 && !name.starts_with('_') && !name.contains(forbidden)
}

/// A name that a column can have, made of one that it cannot: letters that Delta forbids become `_`.
///
/// ```
/// use sluice_contract::plain_column_name;
///
/// assert_eq!(plain_column_name("order date"), "order_date");
/// assert_eq!(plain_column_name("qty(kg)"), "qty_kg");
/// assert_eq!(plain_column_name("_id"), "id");
/// ```
#[must_use]
pub fn plain_column_name(name: &str) -> String {
    let mut plain = String::new();
    for letter in name.chars() {
        let taken = if is_column_name(&format!("a{letter}")) { letter } else { '_' };
        if (taken != '_' || !plain.ends_with('_')) && plain.len() < 128 {
            plain.push(taken);
        }
    }
    let plain = if plain == name { plain.trim_start_matches('_') } else { plain.trim_matches('_') };
    if plain.is_empty() { "column".to_owned() } else { plain.to_owned() }
}
