//! What is wrong with a check as written.

/// What is wrong with a check as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckMistake {
    /// What is wrong, without a full stop.
    pub message: String,
    /// What to write instead.
    pub fix: String,
}

impl CheckMistake {
    pub(crate) fn new(message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { message: message.into(), fix: fix.into() }
    }
}
