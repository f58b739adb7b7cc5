//! Answers to how dates and numbers are written.

use crate::question_kind::QuestionKind;

/// How dates or numbers are read that fit two readings, as an answer says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WrittenAnswer {
    /// `day first`: `01/02/2026` is in February.
    DayFirst,
    /// `month first`: it is in January.
    MonthFirst,
    /// `decimal point`: `1,234` is more than a thousand.
    DecimalPoint,
    /// `decimal comma`: it is one and a fraction.
    DecimalComma,
    /// `text`: neither; the column stays text.
    Text,
}

impl WrittenAnswer {
    /// The answers to a question, none where it is another one.
    #[must_use]
    pub fn to(kind: QuestionKind) -> &'static [Self] {
        match kind {
            QuestionKind::Dates => &[Self::DayFirst, Self::MonthFirst, Self::Text],
            QuestionKind::Numbers => &[Self::DecimalPoint, Self::DecimalComma, Self::Text],
            _ => &[],
        }
    }

    /// The answer to a question by its words.
    #[must_use]
    pub fn read(kind: QuestionKind, words: &str) -> Option<Self> {
        Self::to(kind).iter().copied().find(|answer| answer.as_str() == words.trim())
    }

    /// Its words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DayFirst => "day first",
            Self::MonthFirst => "month first",
            Self::DecimalPoint => "decimal point",
            Self::DecimalComma => "decimal comma",
            Self::Text => "text",
        }
    }
}
