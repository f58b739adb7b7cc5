//! A comparison with a number.

/// A comparison with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// `<`.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
    /// `=` or `==`.
    Equal,
    /// `!=` or `<>`.
    NotEqual,
}

impl Compare {
    /// The spellings, longer ones before those that they begin with.
    const SPELLINGS: [(&'static str, Self); 8] = [
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        ("==", Self::Equal),
        ("!=", Self::NotEqual),
        ("<>", Self::NotEqual),
        ("<", Self::Less),
        (">", Self::Greater),
        ("=", Self::Equal),
    ];

    /// The operator that `text` begins with, as it is spelled there, and what follows.
    pub(crate) fn strip(text: &str) -> Option<(Self, &'static str, &str)> {
        Self::SPELLINGS.iter().find_map(|(sign, compare)| Some((*compare, *sign, text.strip_prefix(sign)?)))
    }

    /// The operator as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "=",
            Self::NotEqual => "!=",
        }
    }

    /// Whether `measured` stands in this relation to `limit`.
    #[must_use]
    pub fn holds(self, measured: f64, limit: f64) -> bool {
        match self {
            Self::Less => measured < limit,
            Self::LessOrEqual => measured <= limit,
            Self::Greater => measured > limit,
            Self::GreaterOrEqual => measured >= limit,
            Self::Equal => (measured - limit).abs() < f64::EPSILON,
            Self::NotEqual => (measured - limit).abs() >= f64::EPSILON,
        }
    }
}
