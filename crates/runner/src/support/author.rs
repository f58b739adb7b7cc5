//! Who works at this machine.

use std::process::{Command, Stdio};

/// Who publishes from this machine if the person names nobody: `SLUICE_AUTHOR`, `user.name` of Git, or the user of the
/// operating system. `None` if nothing says so.
///
/// Starts programs: not for a thread of the runtime.
pub(crate) fn usual_author() -> Option<String> {
    let variable = |name: &str| std::env::var(name).ok();
    let sources: [&dyn Fn() -> Option<String>; 6] = [
        &|| variable("SLUICE_AUTHOR"),
        &|| answer_of("git", &["config", "user.name"]),
        &|| variable("USER"),
        &|| variable("LOGNAME"),
        &|| variable("USERNAME"),
        &|| answer_of("id", &["-un"]),
    ];
    let named = |name: String| Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    sources.iter().find_map(|source| source().and_then(named))
}

/// What a program prints, if there is one and it ends well.
fn answer_of(program: &str, words: &[&str]) -> Option<String> {
    let output = Command::new(program).args(words).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    if output.status.success() { String::from_utf8(output.stdout).ok() } else { None }
}
