//! Settings of a lake as a whole: the file `sluice.yaml` at its root.

use crate::contract::syntax_message;
use crate::{Problem, SourceDecision, duration_text, limits, parse_duration_seconds, plain_path};
use serde::Deserialize;
use serde_saphyr::{Location, Spanned};
use std::fmt;
use std::path::Path;

/// What holds for a lake as a whole. A lake without the file has the default of each setting.
///
/// ```
/// use sluice_contract::LakeSettings;
///
/// let settings = LakeSettings::parse("publish: {approvals: 1}")?;
/// assert_eq!(settings.approvals, 1);
/// let settings = LakeSettings::parse("sources: {allow: [/data/exports]}")?;
/// assert_eq!(settings.allowed_sources, ["/data/exports"]);
/// let problem = LakeSettings::parse("publish: {approvals: many}").unwrap_err();
/// assert_eq!((problem.file.as_str(), problem.line), ("sluice.yaml", 1));
/// # Ok::<(), sluice_contract::Problem>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LakeSettings {
    /// People beside the author who have to approve a plan before it is published; 0 asks for none.
    pub approvals: u32,
    /// Folders and addresses outside of the lake that its contracts and links may name, each with all that is below it:
    /// full paths, `file://` or `s3://`. Empty: none.
    pub allowed_sources: Vec<String>,
    /// What becomes of new columns of which neither a person nor the contract says anything. `None`: they wait.
    pub new_columns: Option<NewColumns>,
}

/// What becomes of new columns that nobody decides on (`schema: {new_columns: add, review: 7d}`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewColumns {
    /// [`SourceDecision::Add`] or [`SourceDecision::Ignore`].
    pub decision: SourceDecision,
    /// Seconds that a column waits for a person before that.
    pub review_seconds: u64,
}

impl fmt::Display for NewColumns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} after {}", self.decision, duration_text(self.review_seconds))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    publish: PublishDocument,
    #[serde(default)]
    sources: SourcesDocument,
    #[serde(default)]
    schema: SchemaDocument,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemaDocument {
    new_columns: Option<Spanned<String>>,
    review: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SourcesDocument {
    #[serde(default)]
    allow: Vec<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PublishDocument {
    approvals: Option<Spanned<u32>>,
}

impl LakeSettings {
    /// Path of the file in the lake.
    pub const PATH: &str = "sluice.yaml";

    /// Reads the file's text; one without entries means the defaults.
    ///
    /// # Errors
    /// The first mistake, with its place and a fix.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let is_empty = text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
        let read = if is_empty { Ok(Document::default()) } else { serde_saphyr::from_str(text) };
        let document = read.map_err(|error| problem(error.location(), syntax_message(&error)))?;
        let allowed_sources = document.sources.allow.iter().map(allowed).collect::<Result<_, _>>()?;
        let new_columns = new_columns(&document.schema)?;
        let Some(approvals) = document.publish.approvals else {
            return Ok(Self { allowed_sources, new_columns, ..Self::default() });
        };
        if approvals.value > limits::RELEASE_APPROVALS_MAX {
            let most = limits::RELEASE_APPROVALS_MAX;
            let message = format!("publish.approvals is {}, at most {most} can be asked for", approvals.value);
            return Err(problem(Some(approvals.referenced), message));
        }
        Ok(Self { approvals: approvals.value, allowed_sources, new_columns })
    }
}

/// Both entries or none: what is done by itself has a deadline that somebody wrote.
fn new_columns(written: &SchemaDocument) -> Result<Option<NewColumns>, Problem> {
    let (decision, review) = match (&written.new_columns, &written.review) {
        (None, None) => return Ok(None),
        (Some(decision), Some(review)) => (decision, review),
        (Some(one), None) | (None, Some(one)) => {
            let message = "schema.new_columns says what becomes of new columns, schema.review after which time: \
                           write both";
            return Err(problem(Some(one.referenced), message.to_owned()));
        }
    };
    let decision = match decision.value.as_str() {
        "add" => SourceDecision::Add,
        "ignore" => SourceDecision::Ignore,
        other => {
            let message = format!("`{other}` is not a value of schema.new_columns, which is add or ignore");
            return Err(problem(Some(decision.referenced), message));
        }
    };
    let Some(review_seconds) = parse_duration_seconds(&review.value) else {
        let message = format!("`{}` of schema.review is not a duration such as 7d", review.value);
        return Err(problem(Some(review.referenced), message));
    };
    Ok(Some(NewColumns { decision, review_seconds }))
}

/// A place that may be named: a folder alone, so that a typing error does not allow everything.
fn allowed(written: &Spanned<String>) -> Result<String, Problem> {
    let path = plain_path(written.value.trim());
    let (scheme, rest) = path.split_once("://").unwrap_or(("", path.trim_start_matches('/')));
    let is_full = path.starts_with('/') || !scheme.is_empty() || Path::new(&path).is_absolute();
    if !is_full || rest.trim_matches('/').is_empty() || rest.split('/').any(|part| part == "..") {
        let message = "an entry of sources.allow is not the full path of a folder or an address".to_owned();
        return Err(problem(Some(written.referenced), message));
    }
    Ok(path)
}

fn problem(place: Option<Location>, message: String) -> Problem {
    let place = place.unwrap_or(Location::UNKNOWN);
    Problem {
        file: LakeSettings::PATH.to_owned(),
        line: u32::try_from(place.line()).unwrap_or(0),
        column: u32::try_from(place.column()).unwrap_or(0),
        message,
        fix:
            "The file can have `publish: {approvals: 1}`, `sources: {allow: [/data/exports, s3://bucket/exports]}` and \
              `schema: {new_columns: add, review: 7d}`"
                .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{LakeSettings, NewColumns};
    use crate::SourceDecision;

    #[test]
    fn without_entries_nothing_is_asked_for() {
        for text in ["", "# nothing yet\n", "publish: {}\n"] {
            assert_eq!(LakeSettings::parse(text), Ok(LakeSettings::default()), "{text:?}");
        }
        assert_eq!(
            LakeSettings::parse("publish:\n  approvals: 2\n"),
            Ok(LakeSettings { approvals: 2, ..LakeSettings::default() })
        );
    }

    #[test]
    fn new_columns_have_a_policy_with_a_deadline() {
        let settings = LakeSettings::parse("schema: {new_columns: ignore, review: 12h}\n").unwrap();
        let NewColumns { decision, review_seconds } = settings.new_columns.unwrap();
        assert_eq!((decision, review_seconds, settings.approvals), (SourceDecision::Ignore, 43_200, 0));
    }

    #[test]
    fn a_mistake_has_its_place() {
        for (text, line, words) in [
            ("publish:\n  aprovals: 1\n", 2, "unknown field"),
            ("publish:\n  approvals: -1\n", 2, ""),
            ("publish:\n  approvals: 900\n", 2, "at most"),
            ("approvals: 1\n", 1, "unknown field"),
            ("sources:\n  allow: [landing]\n", 2, "not the full path"),
            ("sources:\n  allow: [/]\n", 2, "not the full path"),
            ("sources:\n  allow: [\"s3://\"]\n", 2, "not the full path"),
            ("sources:\n  allow: [/data/../etc]\n", 2, "not the full path"),
            ("publish: [1]\n", 1, ""),
            ("schema:\n  new_columns: add\n", 2, "write both"),
            ("schema:\n  review: 7d\n", 2, "write both"),
            ("schema:\n  review: 7d\n  new_columns: rename\n", 3, "add or ignore"),
            ("schema:\n  review: soon\n  new_columns: add\n", 2, "not a duration"),
        ] {
            let problem = LakeSettings::parse(text).unwrap_err();
            assert_eq!(problem.line, line, "{text:?}: {problem}");
            assert!(problem.message.contains(words) && !problem.fix.is_empty(), "{text:?}: {problem}");
        }
    }
}
