//! What a commit does, as its history says it.

use std::fmt;

/// The operation of a commit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// `CREATE TABLE`: the first version.
    CreateTable,
    /// `WRITE`: rows are appended, or the result of a model replaces the table.
    Write,
    /// `MERGE`: a batch was applied.
    Merge,
    /// `REBUILD`: silver was computed again from bronze.
    Rebuild,
    /// `REPLAY`: one batch was reprocessed.
    Reprocess,
    /// `OPTIMIZE`: the same rows in other files.
    Optimize,
    /// `CHANGE COLUMNS`: columns came or went without a file.
    ChangeColumns,
    /// `FORGET DELETES`: tombstones older than the retention were dropped.
    ForgetDeletes,
    /// `ADOPT`: a person accepted what other programs committed.
    Adopt,
    /// Another writer's, or of a version of Sluice that knows more; empty if the commit does not say.
    Other(String),
}

impl Operation {
    /// The operations that Sluice writes.
    const OWN: [Self; 9] = [
        Self::CreateTable,
        Self::Write,
        Self::Merge,
        Self::Rebuild,
        Self::Reprocess,
        Self::Optimize,
        Self::ChangeColumns,
        Self::ForgetDeletes,
        Self::Adopt,
    ];

    /// The name in the log.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::CreateTable => "CREATE TABLE",
            Self::Write => "WRITE",
            Self::Merge => "MERGE",
            Self::Rebuild => "REBUILD",
            Self::Reprocess => "REPLAY",
            Self::Optimize => "OPTIMIZE",
            Self::ChangeColumns => "CHANGE COLUMNS",
            Self::ForgetDeletes => "FORGET DELETES",
            Self::Adopt => "ADOPT",
            Self::Other(name) => name,
        }
    }

    /// The operation of a name in the log.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        Self::OWN.into_iter().find(|own| own.as_str() == name).unwrap_or_else(|| Self::Other(name.to_owned()))
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Operation;

    #[test]
    fn names_lead_back_to_their_operation() {
        for own in Operation::OWN {
            assert_eq!(Operation::of_name(own.as_str()), own);
        }
        assert_eq!(Operation::of_name("RESTORE").as_str(), "RESTORE");
    }
}
