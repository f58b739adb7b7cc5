//! What came of a case.

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// As the other project says.
    Passed,
    /// A rule of Sluice decides otherwise, on purpose.
    DiffersByDesign(String),
    /// It needs something that Sluice does not have, and says so.
    NotSupported(String),
    /// Something else, with what was seen.
    Failed(String),
}

/// A case and what came of it.
pub(crate) struct Verdict {
    pub(crate) suite: &'static str,
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) outcome: Outcome,
}
