//! Folders `key=value` of a sample: which of them are columns, and whether they are part of the key.

use super::proposal::InferredEvidence;
use crate::folder_values::{FolderValue, folder_value, folders_of, is_partition, unescaped};
use crate::profile::Profile;
use crate::profile::guess::{Guess, guess, of_text_column};
use crate::profile::shape::Shape;
use crate::table_folder::is_date_key;
use sluice_contract::{OnboardAnswer, QuestionKind, TakenFolder, folded_name};
use std::collections::BTreeMap;

/// Keys in several folders whose rows have to differ, so that they are rows of their own beyond doubt.
const SHARED_MIN: u64 = 2;
/// Why rows of two folders may be one, in words.
const CHOICE: &str = "If equal keys of two folders are two rows, the folder is part of the key; if rows move between \
                      folders, it is a plain column";

/// The folders of a table that no column of its files has.
pub(crate) struct Folders {
    /// In the order in which they stand in paths.
    found: Vec<Folder>,
}

struct Folder {
    key: String,
    /// It says when a file was delivered.
    is_date: bool,
    has_nulls: bool,
    shape: Shape,
}

/// What becomes of the folders.
#[derive(Default)]
pub(crate) struct Taken {
    /// Folders that are columns, with their types and whether they are part of the key.
    pub(crate) columns: Vec<(TakenFolder, Guess)>,
    /// Folders that are asked about.
    pub(crate) asked: Vec<String>,
    /// Why.
    pub(crate) evidence: Vec<InferredEvidence>,
}

impl Folders {
    /// Those of the paths of a sample, whose rows are in `profile`.
    pub(crate) fn of(profile: &Profile, paths: &[&str]) -> Self {
        let has = |key: &str| {
            profile.columns.iter().any(|column| folded_name(&column.name) == folded_name(key)) || is_partition(key)
        };
        let mut found: Vec<Folder> = Vec::new();
        for (written, _) in paths.iter().flat_map(|path| folders_of(path)) {
            let Some(key) = unescaped(written).filter(|key| !has(key)) else { continue };
            if !found.iter().any(|folder| folded_name(&folder.key) == folded_name(&key)) {
                let is_date = is_date_key(&key);
                found.push(Folder { key: key.into_owned(), is_date, has_nulls: false, shape: Shape::default() });
            }
        }
        for folder in &mut found {
            for path in paths {
                match folder_value(path, &folder.key) {
                    FolderValue::Text(text) => folder.shape.text(Some(&text)),
                    FolderValue::Null => folder.has_nulls = true,
                    FolderValue::Missing | FolderValue::Unclear(_) => {}
                }
            }
        }
        Self { found }
    }

    /// Their keys.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.found.iter().map(|folder| folder.key.clone()).collect()
    }

    /// The folders that say when a file was delivered, from the outermost on.
    pub(crate) fn dates(&self) -> Vec<String> {
        self.found.iter().filter(|folder| folder.is_date).map(|folder| folder.key.clone()).collect()
    }

    /// Per file a number of the folders in which it lies, those of dates apart; nothing where there are no others.
    pub(crate) fn groups(&self, paths: &[String]) -> Vec<u64> {
        let keys: Vec<&str> =
            self.found.iter().filter(|folder| !folder.is_date).map(|folder| folder.key.as_str()).collect();
        if keys.is_empty() {
            return Vec::new();
        }
        let mut known: BTreeMap<Vec<Option<String>>, u64> = BTreeMap::new();
        let group = |path: &String| {
            let values = keys.iter().map(|key| match folder_value(path, key) {
                FolderValue::Text(text) => Some(text),
                _ => None,
            });
            let next = known.len() as u64;
            *known.entry(values.collect()).or_insert(next)
        };
        paths.iter().map(group).collect()
    }

    /// What becomes of them: as answered, as the key says, as the sample shows beyond doubt, or a question. `order`: columns
    /// that change whenever a row does; `appends`: every row is an event of its own.
    pub(crate) fn taken(
        &self,
        profile: &Profile,
        answer: Option<&OnboardAnswer>,
        (key, order): (&[String], &[String]),
        appends: bool,
    ) -> Taken {
        let mut taken = Taken::default();
        let answered = answer.map(OnboardAnswer::folders);
        let (mut open, mut has_nulls) = (Vec::new(), false);
        for folder in &self.found {
            let same = |of: &&TakenFolder| folded_name(&of.key) == folded_name(&folder.key);
            let in_key = key.contains(&folder.key);
            let said = answered.as_ref().map(|answered| answered.iter().find(same));
            match said {
                Some(Some(said)) => taken.add(folder, said.in_key || in_key, "as answered"),
                _ if in_key || order.contains(&folder.key) => taken.add(folder, in_key, "as answered"),
                // That of a delivery is no column unless somebody says so.
                Some(None) => {}
                None if folder.is_date => {}
                None => open.push(folder),
            }
            has_nulls |= folder.has_nulls;
        }
        if !open.is_empty() {
            Self::decide(&mut taken, profile, open, (key, order), appends);
        }
        let in_key = taken.columns.iter().any(|(folder, _)| folder.in_key);
        if has_nulls && in_key {
            let text = "Rows in the folder of null go to quarantine: a key is never null".to_owned();
            taken.evidence.push(InferredEvidence { ok: false, question: None, text, count: "1 folder".to_owned() });
        }
        taken
    }

    /// Decides on folders of which nothing was answered, or asks.
    fn decide(
        taken: &mut Taken,
        profile: &Profile,
        open: Vec<&Folder>,
        (key, order): (&[String], &[String]),
        appends: bool,
    ) {
        let spread = profile.key_spread(key, order);
        let names = open.iter().map(|folder| folder.key.as_str()).collect::<Vec<_>>().join(", ");
        let count = format!("{} of {} keys", spread.shared, spread.keys);
        let differ = spread.compared > 0 && spread.equal * 10 <= spread.compared;
        let are_ids = key.iter().any(|name| {
            let column = profile.columns.iter().find(|column| column.name == *name);
            column.is_some_and(|column| column.shape.texts.uuid > 0 && column.shape.texts.uuid == column.shape.values())
        });
        let (in_key, why) = match () {
            () if appends => (Some(false), "every row is an event of its own".to_owned()),
            () if key.is_empty() => (None, "which columns are the key is open, too".to_owned()),
            () if spread.folders < 2 => (None, "the sample has files of one folder alone".to_owned()),
            () if spread.shared == 0 && are_ids => {
                (Some(false), "keys are UUIDs, and none is in two folders".to_owned())
            }
            () if spread.shared == 0 => {
                (None, "no key of the sample is in two folders, which does not say that none ever is".to_owned())
            }
            () if differ && spread.shared >= SHARED_MIN && spread.shared * 2 >= spread.fewest => {
                (Some(true), "the same keys are in several folders, and their rows have nothing in common".to_owned())
            }
            () => (None, "some keys are in several folders, and their rows may be the same ones".to_owned()),
        };
        match in_key {
            Some(in_key) => open.into_iter().for_each(|folder| taken.add(folder, in_key, &why)),
            None => {
                let text = format!("Folders say {names}, which no column of the files has: {why}. {CHOICE}");
                let question = Some(QuestionKind::Folders);
                taken.evidence.push(InferredEvidence { ok: false, question, text, count });
                taken.asked = open.into_iter().map(|folder| folder.key.clone()).collect();
            }
        }
    }
}

impl Taken {
    fn add(&mut self, folder: &Folder, in_key: bool, why: &str) {
        let Folder { key, .. } = folder;
        let as_what = if in_key { "a column and part of the key" } else { "a column" };
        self.evidence.push(InferredEvidence {
            ok: true,
            question: None,
            text: format!("Folders {key}= are taken as {as_what}: {why}"),
            count: format!("{} values", folder.shape.distinct()),
        });
        self.columns.push((TakenFolder { key: key.clone(), in_key }, type_of(folder)));
    }
}

/// The type of a folder's values: a date, or text, which later ones fit, too. A part of a date is a number.
fn type_of(folder: &Folder) -> Guess {
    let arrives_as = format!("folder {}=", folder.key);
    let found = of_text_column(&folder.shape).data_type;
    let is_number =
        folder.is_date && folder.shape.texts.whole == folder.shape.texts.count && folder.shape.texts.count > 0;
    match found.as_str() {
        _ if is_number => guess("bigint", &arrives_as),
        "date" | "uuid" => guess(found, &arrives_as),
        _ => guess("string", &arrives_as),
    }
}
