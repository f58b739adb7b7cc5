//! Short messages at the bottom right that go away by themselves.

/// A message for the person.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// One line, no row values.
    pub text: String,
    /// Something went wrong.
    pub is_problem: bool,
    /// egui time at which it was raised, seconds.
    pub since: f64,
}
