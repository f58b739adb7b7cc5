//! What the questions of onboarding are about.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a question is about, in the order in which they are asked. Questions of one kind are answered together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// Of which table of the source the contract is, where files or records of several are there.
    SourceTable,
    /// What the columns of a file without a header are called.
    Names,
    /// Which columns are the key.
    Key,
    /// Which folders `key=value` are columns, and which of those are part of the key.
    Folders,
    /// What orders the events of a key.
    Order,
    /// Which rows are deletes.
    Deletes,
    /// Of which time zone texts without one are.
    TimeZone,
    /// What the numbers of dates and times count.
    Unit,
    /// How many digits decimals have behind the point.
    Scale,
    /// What the texts of bytes are.
    Binary,
    /// Which type a column has.
    Type,
    /// Whether the day or the month of dates comes first.
    Dates,
    /// Which mark is before the fraction of numbers.
    Numbers,
    /// How the files are written: encoding, delimiter, decimal commas, sheet.
    Written,
}

impl QuestionKind {
    /// Every kind in their order.
    pub const ALL: [Self; 14] = [
        Self::SourceTable,
        Self::Names,
        Self::Key,
        Self::Folders,
        Self::Order,
        Self::Deletes,
        Self::TimeZone,
        Self::Unit,
        Self::Scale,
        Self::Binary,
        Self::Type,
        Self::Dates,
        Self::Numbers,
        Self::Written,
    ];

    /// The word in an answer.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Folders => "folders",
            Self::Order => "order",
            Self::Deletes => "deletes",
            Self::Scale => "scale",
            Self::Unit => "unit",
            Self::TimeZone => "time_zone",
            Self::Binary => "binary",
            Self::Type => "type",
            Self::Dates => "dates",
            Self::Numbers => "numbers",
            Self::Written => "written",
            Self::Names => "names",
            Self::SourceTable => "source_table",
        }
    }

    /// The question in words, for a list of all tables.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Key => "Which columns are the key?",
            Self::Folders => "Which folders are columns?",
            Self::Order => "What came last? No order is known",
            Self::Deletes => "Which rows are deletes?",
            Self::Scale => "How many digits have decimals behind the point?",
            Self::Unit => "What do numbers of dates and times count?",
            Self::TimeZone => "Of which time zone are times without one?",
            Self::Binary => "Are texts of bytes hexadecimal or base64?",
            Self::Type => "Which type has this column?",
            Self::Dates => "Do dates begin with the day or the month?",
            Self::Numbers => "Is the comma of numbers before a fraction or between thousands?",
            Self::Written => "Are the files written as proposed?",
            Self::Names => "What are the columns called? The files have no header",
            Self::SourceTable => "Of which table of the source is the contract?",
        }
    }

    /// What an answer looks like; `None` for what has to be decided for each table.
    #[must_use]
    pub fn example(self) -> Option<&'static str> {
        match self {
            Self::Key => Some("id"),
            Self::Folders => Some("region in key"),
            Self::Order => Some("updated_at"),
            Self::Deletes => Some("op = 'D'"),
            Self::Scale => Some("2"),
            Self::Unit => Some("milliseconds"),
            Self::TimeZone => Some("Europe/Berlin"),
            Self::Binary => Some("hex"),
            Self::Type => Some("date"),
            Self::Dates => Some("day first"),
            Self::Numbers => Some("decimal comma"),
            Self::Written => Some("as proposed"),
            Self::Names | Self::SourceTable => None,
        }
    }
}

impl fmt::Display for QuestionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
