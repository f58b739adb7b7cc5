//! A note under a line of code.

/// Words under a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeNote {
    /// Line from 1; 0 is shown above nothing.
    pub line: u32,
    /// Column from 1.
    pub column: u32,
    /// What is wrong and how to fix it.
    pub text: String,
}
