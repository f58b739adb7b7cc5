//! Questions that onboarding asks, and answers that are given once for all tables that are alike.

use crate::contract::syntax_message;
use crate::question_kind::QuestionKind;
use crate::source_table::fits;
use crate::written_answer::WrittenAnswer;
use crate::{BinaryText, ColumnType, Mistake, Problem, SourceZone, TableName, TimeUnit};
use serde::{Deserialize, Serialize};
use serde_saphyr::{Location, Spanned};
use std::fmt;
use std::str::FromStr;

/// Which columns an answer is for, or which tables: `*` is any letters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NamePattern(String);

impl NamePattern {
    /// Whether a name is meant.
    #[must_use]
    pub fn fits(&self, name: &str) -> bool {
        fits(&self.0, name)
    }
}

impl Default for NamePattern {
    fn default() -> Self {
        Self("*".to_owned())
    }
}

impl From<&str> for NamePattern {
    fn from(text: &str) -> Self {
        Self(text.trim().to_owned())
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The answer that no folder is a column.
const NO_FOLDERS: &str = "none";
/// What stands behind a folder that is part of the key.
const IN_KEY: &str = " in key";

/// A folder `key=value` that is a column by an answer.
///
/// ```
/// use sluice_contract::OnboardAnswer;
///
/// let answer: OnboardAnswer = "folders=region in key, dt".parse().unwrap();
/// let taken: Vec<(String, bool)> = answer.folders().into_iter().map(|folder| (folder.key, folder.in_key)).collect();
/// assert_eq!(taken, [("region".to_owned(), true), ("dt".to_owned(), false)]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenFolder {
    /// What stands before the `=`.
    pub key: String,
    /// It is part of the table's key.
    pub in_key: bool,
}

impl TakenFolder {
    /// The answer that these are columns, and all or none of them part of the key.
    #[must_use]
    pub fn answer(keys: &[String], in_key: bool) -> String {
        let behind = if in_key { IN_KEY } else { "" };
        keys.iter().map(|key| format!("{key}{behind}")).collect::<Vec<_>>().join(", ")
    }

    /// The answer that none is.
    #[must_use]
    pub fn no_answer() -> String {
        NO_FOLDERS.to_owned()
    }
}

/// An answer to a kind of question. It answers questions and nothing else: what the files or their schemas say stays.
///
/// ```
/// use sluice_contract::{OnboardAnswer, QuestionKind};
///
/// let answer: OnboardAnswer = "unit(created_*)=milliseconds".parse().unwrap();
/// assert_eq!(answer.kind, QuestionKind::Unit);
/// assert!(answer.columns.fits("created_at") && !answer.columns.fits("birthday"));
///
/// let answer: OnboardAnswer = "erp.invoice*:key=invoice_no, company".parse().unwrap();
/// assert!(answer.tables.fits("erp.invoice_line"));
/// assert_eq!(answer.names(), ["invoice_no", "company"]);
///
/// let mistake = "unit=fortnights".parse::<OnboardAnswer>().unwrap_err();
/// assert!(mistake.fix.contains("milliseconds"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OnboardAnswer {
    /// What it answers.
    pub kind: QuestionKind,
    /// For which tables, by `dataset.table`.
    #[serde(default)]
    pub tables: NamePattern,
    /// For which columns, where the question is about columns.
    #[serde(default)]
    pub columns: NamePattern,
    /// The answer.
    pub value: String,
}

impl OnboardAnswer {
    /// Whether it answers a question of this kind about a table.
    #[must_use]
    pub fn is_for(&self, kind: QuestionKind, table: &TableName) -> bool {
        self.kind == kind && self.tables.fits(&table.to_string())
    }

    /// The names of a list: `invoice_no, company`.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.value.split(',').map(str::trim).filter(|name| !name.is_empty()).collect()
    }

    /// The folders of a list: `region in key, dt`; none of `none`.
    #[must_use]
    pub fn folders(&self) -> Vec<TakenFolder> {
        let of = |name: &str| match name.strip_suffix(IN_KEY) {
            Some(key) => TakenFolder { key: key.trim().to_owned(), in_key: true },
            None => TakenFolder { key: name.to_owned(), in_key: false },
        };
        if self.value.trim() == NO_FOLDERS { Vec::new() } else { self.names().into_iter().map(of).collect() }
    }

    /// The same answer, if it can be one.
    ///
    /// # Errors
    /// When the value is none of its kind, or the kind has to be decided for each table.
    pub fn checked(self) -> Result<Self, Mistake> {
        let value = self.value.trim();
        let reads = match self.kind {
            QuestionKind::Names | QuestionKind::SourceTable => {
                return Err(Mistake {
                    message: format!("`{}` has to be decided for each table", self.kind),
                    fix: "Onboard the folder alone and write its contract".to_owned(),
                });
            }
            QuestionKind::Scale => value.parse::<u8>().is_ok_and(|scale| scale <= 38),
            QuestionKind::Unit => value.parse::<TimeUnit>().is_ok(),
            QuestionKind::Binary => value.parse::<BinaryText>().is_ok(),
            QuestionKind::Type => value.parse::<ColumnType>().is_ok(),
            QuestionKind::Dates | QuestionKind::Numbers => WrittenAnswer::read(self.kind, value).is_some(),
            QuestionKind::Key | QuestionKind::Order => !self.names().is_empty(),
            QuestionKind::Folders => !self.folders().is_empty() || value == NO_FOLDERS,
            QuestionKind::TimeZone => value.parse::<SourceZone>().is_ok(),
            QuestionKind::Written => value == "as proposed",
            QuestionKind::Deletes => !value.is_empty(),
        };
        if reads {
            return Ok(self);
        }
        let fix = match self.kind {
            QuestionKind::Scale => "Write the number of digits behind the point, 0 to 38".to_owned(),
            QuestionKind::Unit => format!("Write one of {}", TimeUnit::ALL.map(TimeUnit::as_str).join(", ")),
            kind @ (QuestionKind::Dates | QuestionKind::Numbers) => {
                let words: Vec<&str> = WrittenAnswer::to(kind).iter().map(|answer| answer.as_str()).collect();
                format!("Write one of {}", words.join(", "))
            }
            kind => format!("Write for example {kind}={}", kind.example().unwrap_or_default()),
        };
        Err(Mistake { message: format!("`{value}` is no answer to `{}`", self.kind), fix })
    }
}

impl FromStr for OnboardAnswer {
    type Err = Mistake;

    /// `[TABLES:]KIND[(COLUMNS)]=VALUE`.
    fn from_str(text: &str) -> Result<Self, Mistake> {
        let wrong = || Mistake {
            message: format!("`{text}` is no answer"),
            fix: format!(
                "Write for example key=id, unit(created_*)=milliseconds or erp.*:time_zone=Europe/Berlin; questions are \
                 {}",
                QuestionKind::ALL.map(QuestionKind::as_str).join(", ")
            ),
        };
        let (question, value) = text.split_once('=').ok_or_else(wrong)?;
        let (tables, question) = question.split_once(':').unwrap_or(("*", question));
        let (kind, columns) = match question.trim().split_once('(') {
            Some((kind, rest)) => (kind, rest.strip_suffix(')').ok_or_else(wrong)?),
            None => (question.trim(), "*"),
        };
        let kind = QuestionKind::ALL.into_iter().find(|known| known.as_str() == kind.trim()).ok_or_else(wrong)?;
        Self { kind, tables: tables.into(), columns: columns.into(), value: value.trim().to_owned() }.checked()
    }
}

impl fmt::Display for OnboardAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let any = NamePattern::default();
        if self.tables != any {
            write!(f, "{}:", self.tables)?;
        }
        write!(f, "{}", self.kind)?;
        if self.columns != any {
            write!(f, "({})", self.columns)?;
        }
        write!(f, "={}", self.value)
    }
}

/// What holds for all tables that are onboarded together.
///
/// ```
/// use sluice_contract::{OnboardAnswers, QuestionKind, TableName};
///
/// let text = "owner: erp_team\nsla: 1 hour\nanswers:\n- unit(*_at)=milliseconds\n- erp.*:time_zone=Europe/Berlin\n";
/// let answers = OnboardAnswers::parse(text, "erp.yaml").unwrap();
/// let invoice = TableName::new("erp", "invoice").unwrap();
/// assert_eq!(answers.to(QuestionKind::TimeZone, &invoice, None).unwrap().value, "Europe/Berlin");
/// assert_eq!(OnboardAnswers::parse("answers:\n- unit=weeks", "erp.yaml").unwrap_err().line, 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OnboardAnswers {
    /// `owner` of every contract; empty leaves it open.
    #[serde(default)]
    pub owner: String,
    /// `sla` of every contract; empty is the usual one.
    #[serde(default)]
    pub sla: String,
    /// Answers; of several to one question the last counts.
    #[serde(default)]
    pub answers: Vec<OnboardAnswer>,
    /// Definitions of the source's tables: texts of SQL with `CREATE TABLE`, or of a CSV of
    /// `information_schema.columns`.
    #[serde(default)]
    pub definitions: Vec<String>,
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    owner: String,
    #[serde(default)]
    sla: String,
    #[serde(default)]
    answers: Vec<Spanned<String>>,
}

impl OnboardAnswers {
    /// Reads a file with `owner`, `sla` and a list of `answers`, each as on the command line.
    ///
    /// # Errors
    /// The first mistake, with its place and a fix.
    pub fn parse(text: &str, file: &str) -> Result<Self, Problem> {
        let problem = |place: Option<Location>, message: String, fix: String| {
            let place = place.unwrap_or(Location::UNKNOWN);
            let number = |number: u64| u32::try_from(number).unwrap_or(0);
            Problem { file: file.to_owned(), line: number(place.line()), column: number(place.column()), message, fix }
        };
        let read: Result<Document, _> = serde_saphyr::from_str(text);
        let document = read.map_err(|error| {
            let fix = "Write owner, sla and a list of answers such as key=id".to_owned();
            problem(error.location(), syntax_message(&error), fix)
        })?;
        let answers = document.answers.into_iter().map(|written| {
            let parsed = written.value.parse::<OnboardAnswer>();
            parsed.map_err(|mistake| problem(Some(written.referenced), mistake.message, mistake.fix))
        });
        let answers = answers.collect::<Result<_, _>>()?;
        Ok(Self { owner: document.owner, sla: document.sla, answers, definitions: Vec::new() })
    }

    /// The answer to a question about a table, or about a column of it.
    #[must_use]
    pub fn to(&self, kind: QuestionKind, table: &TableName, column: Option<&str>) -> Option<&OnboardAnswer> {
        let fits = |answer: &&OnboardAnswer| {
            answer.is_for(kind, table) && column.is_none_or(|column| answer.columns.fits(column))
        };
        self.answers.iter().rev().find(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::{OnboardAnswer, OnboardAnswers, QuestionKind};
    use crate::TableName;

    fn answer(text: &str) -> OnboardAnswer {
        text.parse().unwrap()
    }

    #[test]
    fn an_answer_reads_what_it_prints() {
        for text in [
            "key=id, site",
            "folders=region in key, dt",
            "folders=none",
            "erp.*:order=updated_at",
            "unit(*_at)=seconds",
            "type(note)=string",
            "scale=10",
            "dates=day first",
        ] {
            assert_eq!(answer(text).to_string(), text);
        }
        for wrong in [
            "",
            "key",
            "key=",
            "kex=id",
            "unit(=seconds",
            "scale=two",
            "scale=39",
            "type=varchar2",
            "names=a,b",
            "dates=decimal comma",
        ] {
            assert!(wrong.parse::<OnboardAnswer>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn kinds_are_listed_in_their_order_and_their_examples_read() {
        assert!(QuestionKind::ALL.is_sorted_by(|a, b| a < b));
        for kind in QuestionKind::ALL {
            if let Some(example) = kind.example() {
                assert_eq!(answer(&format!("{kind}={example}")).value, example);
            }
        }
    }

    #[test]
    fn the_last_answer_that_fits_counts() {
        let answers = OnboardAnswers {
            answers: vec![answer("unit=seconds"), answer("erp.*:unit(*_at)=milliseconds")],
            ..OnboardAnswers::default()
        };
        let (erp, crm) = (TableName::new("erp", "a").unwrap(), TableName::new("crm", "a").unwrap());
        let unit = |table, column| answers.to(QuestionKind::Unit, table, Some(column)).map(|a| a.value.as_str());
        assert_eq!(unit(&erp, "created_at"), Some("milliseconds"));
        assert_eq!(unit(&erp, "born"), Some("seconds"));
        assert_eq!(unit(&crm, "created_at"), Some("seconds"));
        assert_eq!(answers.to(QuestionKind::Key, &erp, None), None);
    }
}
