//! How an entry is declared: what it says of itself, and the list of a struct's entries beside its fields.

use super::{Effect, Grade};

/// An entry of a contract.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is written: empty for the file itself, or for example `apply.from_snapshot`.
    pub section: &'static str,
    /// Its name, and further names that say the same thing in another way.
    pub names: &'static [&'static str],
    /// What it is, in Markdown.
    pub what: &'static str,
    /// What holds where it is not written, in Markdown.
    pub missing: &'static str,
    /// The text of its value where it is not written.
    pub unset: &'static str,
    /// What its change does to the table; `None` for a section, whose entries have effects of their own.
    pub effect: Option<Effect>,
    /// How hard a change of it is for others.
    pub grade: Grade,
    /// One sentence on what its change does.
    pub consequence: &'static str,
    /// Other values, as lines of YAML, for a table with the columns `id`, `status`, `amount` and `note`. Those of a
    /// column begin with the column's name: `note.required: true`.
    pub examples: &'static [&'static str],
    /// What has to be written besides for an example to be valid: `apply.scd: 2`.
    pub beside: &'static [&'static str],
}

impl Entry {
    pub(super) const fn new(section: &'static str, names: &'static [&'static str], effect: Effect) -> Self {
        Self {
            section,
            names,
            what: "",
            missing: "required",
            unset: "",
            effect: Some(effect),
            grade: Grade::Info,
            consequence: "",
            examples: &[],
            beside: &[],
        }
    }

    /// A section of the file.
    pub(super) const fn section(section: &'static str, names: &'static [&'static str]) -> Self {
        Self { effect: None, ..Self::new(section, names, Effect::Metadata) }
    }

    pub(super) const fn what(self, what: &'static str) -> Self {
        Self { what, ..self }
    }

    /// What holds where it is not written, and the text that its value has then.
    pub(super) const fn missing(self, missing: &'static str, unset: &'static str) -> Self {
        Self { missing, unset, ..self }
    }

    pub(super) const fn says(self, grade: Grade, consequence: &'static str) -> Self {
        Self { grade, consequence, ..self }
    }

    pub(super) const fn examples(self, examples: &'static [&'static str]) -> Self {
        Self { examples, ..self }
    }

    pub(super) const fn beside(self, beside: &'static [&'static str]) -> Self {
        Self { beside, ..self }
    }

    /// Its first name with its section, for example `apply.key`.
    #[must_use]
    pub fn path(&self) -> String {
        let name = self.names.first().copied().unwrap_or_default();
        if self.section.is_empty() { name.to_owned() } else { format!("{}.{name}", self.section) }
    }
}

/// An entry of one contract with the text of its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryValue {
    /// The entry.
    pub entry: &'static Entry,
    /// The value; [`Entry::unset`] where it is not written. Different values have different texts.
    pub text: String,
}

impl EntryValue {
    /// Whether the value differs from what holds where the entry is not written.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.text != self.entry.unset
    }

    /// Whether the value decides what silver holds.
    #[must_use]
    pub fn decides_silver(&self) -> bool {
        self.entry.effect == Some(Effect::Rebuild)
    }
}

/// Declares the entries that the fields of a struct are, in one list, and how their values become text.
///
/// `apart` names the fields that are no entries of their own, `also` entries that leave no field.
macro_rules! entries {
    (
        $(#[$about:meta])*
        $list:ident of $type:ident, by $texts:ident with $contract:ident;
        { $( $field:ident: $entry:expr => $text:expr; )* }
        apart $( $apart:ident )*;
        also $( $also:expr ),*;
    ) => {
        $(#[$about])*
        pub(super) static $list: &[Entry] = &[ $( $entry, )* $( $also, )* ];

        /// The entries with the texts of their values.
        pub(super) fn $texts(value: &$type, $contract: &Contract) -> Vec<EntryValue> {
            let $type { $( $field, )* $( $apart: _, )* } = value;
            let texts: Vec<String> = vec![ $( $text ),* ];
            $list.iter().zip(texts).map(|(entry, text)| EntryValue { entry, text }).collect()
        }
    };
}
pub(super) use entries;
