//! Names of a record's members, and what each is for.

use hashbrown::{HashMap, HashSet};
use sluice_contract::{Contract, folded_name};

/// What a member or column of a record is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A column of the contract; of several names in one record the smallest rank holds.
    Column {
        /// Position in the contract.
        position: usize,
        /// 0 for the column's own name, then its former names, [`FOLDED`] for a name that differs in
        /// upper and lower case, or the form of accents, only.
        rank: usize,
    },
    /// Something else that decoding reads, counted from 0.
    Extra(usize),
    /// Something of the format that is no column.
    Meta,
    /// Nothing that the contract knows.
    Unknown,
}

/// A value of a row that decoding reads besides the contract's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowName {
    /// Position of a column of the contract.
    Column(usize),
    /// As [`Target::Extra`].
    Extra(usize),
}

/// Rank of a name that is a column's but for upper and lower case and the form of accents.
pub(crate) const FOLDED: usize = usize::MAX;

/// What each name in a record is for.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    targets: HashMap<String, Target>,
    /// Columns by their folded names.
    folded: HashMap<String, usize>,
    /// Columns that are parts of a nested member, by the member: names inside it and the column's position.
    nested: HashMap<String, Vec<(Vec<String>, usize)>>,
    /// Columns that are made of a whole member, by the member: rank and position, see [`Names::made_of`].
    made_of: HashMap<String, Vec<(usize, usize)>>,
    /// The same by the member's folded name.
    made_of_folded: HashMap<String, Vec<(usize, usize)>>,
    /// Folded names of those columns, and of members that the contract ignores: a member of the record that has one is
    /// no column.
    hidden: HashSet<String>,
    /// Members that decoding reads whatever their upper and lower case, unless that is a column, by their folded names.
    folded_extras: HashMap<String, usize>,
    extras: usize,
    is_own: fn(&str) -> bool,
}

impl Names {
    /// The names of the contract's columns, former ones too.
    pub(crate) fn new(contract: &Contract, is_own: fn(&str) -> bool) -> Self {
        let mut targets = HashMap::new();
        let of_source = || {
            contract
                .columns
                .iter()
                .enumerate()
                .filter(|(_, column)| !column.is_system() && !column.unread && !column.is_source_name)
        };
        for (position, column) in of_source() {
            for (rank, name) in column.renamed_from.iter().enumerate().rev() {
                targets.insert(name.clone(), Target::Column { position, rank: rank + 1 });
            }
        }
        let mut folded = HashMap::new();
        let mut nested: HashMap<String, Vec<(Vec<String>, usize)>> = HashMap::new();
        let (mut made_of, mut made_of_folded) = (HashMap::<String, Vec<_>>::new(), HashMap::<String, Vec<_>>::new());
        let mut hidden = HashSet::new();
        for (position, column) in of_source() {
            if let Some(value) = &column.from {
                hidden.insert(folded_name(&column.name));
                hidden.insert(folded_name(value.root()));
                if value.below().is_empty() {
                    made_of.entry(value.root().to_owned()).or_default().push((0, position));
                    made_of_folded.entry(folded_name(value.root())).or_default().push((FOLDED, position));
                } else {
                    nested.entry(value.root().to_owned()).or_default().push((value.below().to_vec(), position));
                    // As whoever flattened the records before writes them.
                    hidden.insert(folded_name(&value.member().join(".")));
                    made_of.entry(value.member().join(".")).or_default().push((0, position));
                }
                continue;
            }
            if let Some(path) = &column.path {
                hidden.insert(folded_name(&column.name));
                nested.entry(path.root().to_owned()).or_default().push((path.below().to_vec(), position));
                // As whoever flattened the records before writes them.
                targets.insert(path.to_string(), Target::Column { position, rank: 0 });
                continue;
            }
            targets.insert(column.name.clone(), Target::Column { position, rank: 0 });
            folded.insert(folded_name(&column.name), position);
        }
        for path in of_source().filter_map(|(_, column)| column.path.as_ref()) {
            targets.entry(path.root().to_owned()).or_insert(Target::Meta);
        }
        // A member of the record that is called so is not the column.
        let of_source_name = contract.columns.iter().filter(|column| column.is_source_name);
        hidden.extend(of_source_name.map(|column| folded_name(&column.name)));
        // What the rows have beside their columns and is read elsewhere.
        for name in contract.source.iter().flat_map(|source| source.add_fields.values()) {
            targets.entry(name.clone()).or_insert(Target::Meta);
        }
        let ignored = contract.source.iter().flat_map(|source| &source.ignored);
        hidden.extend(ignored.map(|name| folded_name(name)));
        Self {
            targets,
            folded,
            nested,
            made_of,
            made_of_folded,
            hidden,
            folded_extras: HashMap::new(),
            extras: 0,
            is_own,
        }
    }

    /// What the member `name` of a row is for.
    pub(crate) fn target(&self, name: &str) -> Target {
        match self.targets.get(name) {
            Some(target) => *target,
            None if (self.is_own)(name) => Target::Meta,
            None => {
                let folded = folded_name(name);
                match self.folded.get(&folded) {
                    Some(position) => Target::Column { position: *position, rank: FOLDED },
                    None if self.hidden.contains(&folded) => Target::Meta,
                    None => match self.folded_extras.get(&folded) {
                        Some(position) => Target::Extra(*position),
                        None => Target::Unknown,
                    },
                }
            }
        }
    }

    /// Columns that are parts of the nested member `name`: the names inside it, and the position of the column.
    pub(crate) fn inside(&self, name: &str) -> &[(Vec<String>, usize)] {
        // Asked for every value of every row, and most tables have none.
        if self.nested.is_empty() {
            return &[];
        }
        self.nested.get(name).map_or(&[], Vec::as_slice)
    }

    /// Columns that are made of the whole member `name`: the rank of the name, as in [`Target::Column`], and the position
    /// of the column.
    pub(crate) fn made_of(&self, name: &str) -> &[(usize, usize)] {
        // Asked for every value of every row, and most tables have none.
        if self.made_of.is_empty() {
            return &[];
        }
        match self.made_of.get(name) {
            Some(columns) => columns,
            None => self.made_of_folded.get(&folded_name(name)).map_or(&[], Vec::as_slice),
        }
    }

    /// Whether the name is a column's, now or formerly, letter by letter.
    pub(crate) fn is_column(&self, name: &str) -> bool {
        matches!(self.targets.get(name), Some(Target::Column { .. }))
    }

    /// The member `name` of a row, as a column or as an extra of its own.
    pub(crate) fn row_name(&mut self, name: &str) -> RowName {
        match self.targets.get(name) {
            Some(Target::Column { position, .. }) => RowName::Column(*position),
            Some(Target::Extra(position)) => RowName::Extra(*position),
            _ => {
                let position = self.extras;
                self.extras += 1;
                self.targets.insert(name.to_owned(), Target::Extra(position));
                RowName::Extra(position)
            }
        }
    }

    /// As [`Names::row_name`], for a member that may be written in any upper and lower case.
    pub(crate) fn row_name_of_any_case(&mut self, name: &str) -> RowName {
        let found = self.row_name(name);
        if let RowName::Extra(position) = found {
            self.folded_extras.insert(folded_name(name), position);
        }
        found
    }

    /// Number of members that are read and are no columns of the contract.
    pub(crate) fn extras(&self) -> usize {
        self.extras
    }
}
