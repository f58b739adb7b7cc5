//! Two sides of a table that need not be versions of it, and what counts as a difference.

use serde::{Deserialize, Serialize};
use sluice_api::{DiffOptions, DiffSide, SideLake, SideVersion, TableRef};

/// A lake and a version of it.
pub type SidePlace = (SideLake, SideVersion);

/// What is compared with what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Comparison {
    /// Before.
    pub from: SidePlace,
    /// After.
    pub to: SidePlace,
    /// The table before, where it has another name.
    #[serde(default)]
    pub from_table: Option<TableRef>,
    /// What is left out, and by what rows are matched.
    #[serde(default)]
    pub options: DiffOptions,
}

impl Default for Comparison {
    /// The lake itself with what is open.
    fn default() -> Self {
        Self {
            from: (SideLake::Production, SideVersion::Latest),
            to: (SideLake::Open, SideVersion::Latest),
            from_table: None,
            options: DiffOptions::default(),
        }
    }
}

impl Comparison {
    /// Two versions of the open lake.
    #[must_use]
    pub fn of_versions(from: u64, to: u64) -> Self {
        let version = |number| (SideLake::Open, SideVersion::Number(number));
        Self { from: version(from), to: version(to), ..Self::default() }
    }

    /// The two versions, if it is nothing but these.
    #[must_use]
    pub fn versions(&self) -> Option<(u64, u64)> {
        match (&self.from, &self.to) {
            ((SideLake::Open, SideVersion::Number(from)), (SideLake::Open, SideVersion::Number(to)))
                if self.from_table.is_none() && self.options == DiffOptions::default() =>
            {
                Some((*from, *to))
            }
            _ => None,
        }
    }

    /// The sides for a table.
    #[must_use]
    pub fn sides(&self, table: &TableRef) -> (DiffSide, DiffSide) {
        let side = |(lake, version): &SidePlace, table: &TableRef| DiffSide {
            table: table.clone(),
            lake: lake.clone(),
            version: *version,
        };
        (side(&self.from, self.from_table.as_ref().unwrap_or(table)), side(&self.to, table))
    }
}

#[cfg(test)]
mod tests {
    use super::Comparison;
    use sluice_api::DiffOptions;

    #[test]
    fn only_two_versions_and_nothing_else_are_two_versions() {
        let plain = Comparison::of_versions(3, 4);
        assert_eq!(plain.versions(), Some((3, 4)));
        let ignoring = DiffOptions { ignore: vec!["updated_at".to_owned()], ..DiffOptions::default() };
        assert_eq!(Comparison { options: ignoring, ..plain.clone() }.versions(), None);
        assert_eq!(Comparison { from_table: "shop.other".parse().ok(), ..plain }.versions(), None);
        assert_eq!(Comparison::default().versions(), None);
    }
}
