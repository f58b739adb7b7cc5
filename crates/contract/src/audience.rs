//! Whom a change of a contract reaches: who sends the rows, who reads them, and who runs the pipeline between them.

use crate::{ContractChange, Effect, Grade};

/// One of those who live with a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// Who sends the change events.
    Producer,
    /// Who reads silver and what is made of it.
    Consumer,
    /// Who runs the pipeline, and waits for it.
    Pipeline,
}

impl Audience {
    /// All of them, in the order of the way of a row.
    pub const ALL: [Self; 3] = [Self::Producer, Self::Consumer, Self::Pipeline];

    /// The word on screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Producer => "Producer",
            Self::Consumer => "Consumer",
            Self::Pipeline => "Pipeline",
        }
    }
}

/// What the change is for one of them, with a few words; `None` if they notice nothing of it. Nobody's grade is above
/// that of the change itself.
#[must_use]
pub fn reach(change: &ContractChange, of: Audience) -> Option<(Grade, &'static str)> {
    let found = match of {
        Audience::Producer => producer(change),
        Audience::Consumer => consumer(change),
        Audience::Pipeline => Some(pipeline(change)),
    };
    found.map(|(grade, words)| (grade.min(change.grade), words))
}

/// The section of the place.
fn section(change: &ContractChange) -> &str {
    change.place.split('.').next().unwrap_or_default()
}

/// Whether the change of a column is one of its type.
fn is_type(change: &ContractChange) -> bool {
    !change.change.contains(": ") && !change.change.starts_with("renamed") && change.change.contains(" -> ")
}

fn producer(change: &ContractChange) -> Option<(Grade, &'static str)> {
    let grade = change.grade;
    match (section(change), change.kind) {
        ("table", '+') => Some((Grade::Info, "now under contract")),
        ("table", '-') => Some((Grade::Info, "is no longer read")),
        ("schema", '+') if grade == Grade::Breaking => Some((grade, "has to send it")),
        ("schema", '+') => Some((Grade::Info, "may send it")),
        ("schema", '-') => Some((Grade::Info, "is no longer used")),
        ("schema", _) => match change.change.as_str() {
            "nullable -> required" => Some((grade, "null is refused")),
            "required -> nullable" => Some((Grade::Info, "may leave it out")),
            _ if is_type(change) && grade == Grade::Breaking => Some((grade, "other values fit")),
            _ if is_type(change) => Some((Grade::Info, "may send more")),
            what if what.starts_with("renamed") => Some((grade, "another name is read")),
            _ => None,
        },
        ("source", _) => Some((grade, "is read differently")),
        _ => None,
    }
}

fn consumer(change: &ContractChange) -> Option<(Grade, &'static str)> {
    let grade = change.grade;
    match (section(change), change.kind) {
        ("table", '+') => Some((Grade::Info, "new table")),
        ("table", '-') => Some((grade, "gets no new rows")),
        ("schema", '+') => Some((Grade::Info, "new column")),
        ("schema", '-') => Some((grade, "the column goes")),
        ("schema", _) => match change.change.as_str() {
            "nullable -> required" => Some((Grade::Info, "never null now")),
            "required -> nullable" => Some((grade, "may be null")),
            _ if is_type(change) && grade == Grade::Breaking => Some((grade, "another type")),
            _ if is_type(change) => Some((grade, "a wider type")),
            what if what.starts_with("renamed") => Some((grade, "another name")),
            _ => Some((grade, "see what it does")),
        },
        ("model", '+') => Some((grade, "new mart")),
        ("model", '-') => Some((grade, "gets no new rows")),
        ("model", _) => Some((grade, "values may differ")),
        ("quality", '+') => Some((grade, "more is checked")),
        ("quality", '-') => Some((grade, "less is checked")),
        ("quality", _) => Some((grade, "checked differently")),
        ("source" | "apply", _) if change.effect == Effect::Rebuild => Some((grade, "rows may differ")),
        ("apply", _) => Some((grade, "new rows may differ")),
        ("source", _) => None,
        _ => Some((grade, "see what it does")),
    }
}

fn pipeline(change: &ContractChange) -> (Grade, &'static str) {
    match (change.effect, section(change)) {
        (_, "model") if change.kind == '-' => (Grade::Info, "no longer refreshed"),
        (_, "model") => (Grade::Info, "is refreshed"),
        // How rows become a table is the pipeline's own.
        (Effect::Rebuild, "apply" | "source") => (change.grade, "silver is rebuilt"),
        (Effect::Rebuild, _) => (Grade::Warning, "silver is rebuilt"),
        (Effect::ColumnsOnly, _) => (Grade::Info, "columns only"),
        (Effect::NewBatchesOnly, "table") if change.kind == '+' => (Grade::Info, "first load"),
        (Effect::NewBatchesOnly, _) => (Grade::Info, "from the next batch"),
        (Effect::ChecksOnly, _) => (Grade::Info, "no rebuild"),
        (Effect::Metadata, _) => (Grade::Info, "metadata only"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Audience, reach};
    use crate::{Contract, Grade, compare_contracts};

    fn contract(rest: &str) -> Contract {
        let text = format!("dataset: shop.orders\nschema:\n- {{name: id, type: int, primary_key: true}}\n{rest}");
        Contract::parse(&text, "orders.yaml").unwrap()
    }

    /// Grade of each audience by its first letter, `-` for none.
    fn grades(old: &str, new: &str) -> Vec<(String, String)> {
        let changes = compare_contracts(Some(&contract(old)), Some(&contract(new)));
        let letter = |found: Option<(Grade, &str)>| match found {
            None => '-',
            Some((Grade::Info, _)) => 'i',
            Some((Grade::Warning, _)) => 'w',
            Some((Grade::Breaking, _)) => 'b',
        };
        let of = |change| Audience::ALL.iter().map(|audience| letter(reach(change, *audience))).collect::<String>();
        changes.iter().map(|change| (change.place.clone(), of(change))).collect()
    }

    #[test]
    fn each_audience_has_its_own_grade() {
        let one = |old: &str, new: &str| {
            let found = grades(old, new);
            assert_eq!(found.len(), 1, "{found:?}");
            found[0].1.clone()
        };
        let column = |text: &str| format!("- {{name: a, {text}}}\n");
        // A type that holds more is no trouble for who sends, and some for who reads.
        assert_eq!(one(&column("type: int"), &column("type: bigint")), "iww");
        assert_eq!(one(&column("type: bigint"), &column("type: int")), "bbw");
        assert_eq!(one(&column("type: int"), &column("type: int, required: true")).chars().nth(1), Some('i'));
        assert_eq!(one(&column("type: int, required: true"), &column("type: int")), "iww");
        assert_eq!(one("", &column("type: int")), "iii");
        assert_eq!(one(&column("type: int"), "").chars().nth(1), Some('b'));
        assert_eq!(one("quality:\n- check: row_count > 0\n", ""), "-wi");
    }

    #[test]
    fn nobody_has_a_higher_grade_than_the_change() {
        let old = contract("- {name: a, type: int}\nquality:\n- check: row_count > 0\n");
        let new = contract("- {name: b, type: 'decimal(8,2)'}\napply: {quarantine_limit: 0.5}\nowner: team\n");
        for (from, to) in [(Some(&old), Some(&new)), (Some(&new), Some(&old)), (None, Some(&old)), (Some(&old), None)] {
            for change in compare_contracts(from, to) {
                let grades: Vec<Grade> =
                    Audience::ALL.iter().filter_map(|of| reach(&change, *of)).map(|(grade, _)| grade).collect();
                assert!(grades.iter().all(|grade| *grade <= change.grade), "{change:?}");
                assert_eq!(grades.iter().max(), Some(&change.grade), "somebody has to see the grade: {change:?}");
            }
        }
    }
}
