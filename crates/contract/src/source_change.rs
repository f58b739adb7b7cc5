//! Changes of a source's shape, and what can be decided of them.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! words {
    ($(#[$about:meta])* $name:ident, $what:literal; $($(#[$doc:meta])* $variant:ident $word:literal,)+) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word for it.
            #[must_use]
            pub fn as_str(self) -> &'static str { match self { $(Self::$variant => $word),+ } }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.as_str()) }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text).ok_or_else(|| {
                    let words: Vec<&str> = Self::ALL.iter().map(|one| one.as_str()).collect();
                    format!("`{text}` is not {}, use {}", $what, words.join(", "))
                })
            }
        }
    };
}

words! {
    /// What changed in the records of a source.
    SourceChange, "a change of a source";
    /// They have a column that the contract does not know.
    NewColumn "new_column",
    /// They lack a column of the contract.
    MissingColumn "missing_column",
    /// A column has values that its type does not hold.
    Misfit "misfit",
    /// A column that they lacked is there again.
    NameAgain "name_again",
}

words! {
    /// What can be decided of it.
    SourceDecision, "a decision";
    /// It becomes a column of silver.
    Add "add",
    /// Silver leaves it out, or as it is.
    Ignore "ignore",
    /// The column gets a type that holds the values.
    Widen "widen",
    /// It is a column of the table under another name.
    Rename "rename",
    /// The source dropped the column.
    Remove "remove",
    /// It is another column of the same name; the older values are not its own.
    AddedAgain "added_again",
}
