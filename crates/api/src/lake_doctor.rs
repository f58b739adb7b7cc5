//! What is wrong with a lake itself: its store, its rights in it, and what lies in it.

use serde::{Deserialize, Serialize};

/// How a check of the lake ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LakeCheckState {
    /// As it should be.
    Passed,
    /// It could not be found out.
    Unknown,
    /// It works, and should be looked at.
    Warned,
    /// Something of the lake does not work.
    Failed,
}

macro_rules! lake_checks {
    ($($(#[doc = $doc:literal])+ $variant:ident $code:literal,)+) => {
        /// What is looked at; codes are documented in `docs/guides/doctor.md` and never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum LakeCheckCode { $($(#[doc = $doc])+ $variant,)+ }

        impl LakeCheckCode {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code in capitals.
            #[must_use]
            pub fn as_str(self) -> &'static str { match self { $(Self::$variant => $code),+ } }
        }
    };
}

lake_checks! {
    /// Objects are written.
    RightCreate "RIGHT_CREATE",
    /// An object that is there is not written over by a conditional write.
    ConditionalPut "CONDITIONAL_PUT",
    /// Objects are read.
    RightRead "RIGHT_READ",
    /// Objects are listed.
    RightList "RIGHT_LIST",
    /// Objects are replaced.
    RightReplace "RIGHT_REPLACE",
    /// Objects are removed.
    RightDelete "RIGHT_DELETE",
    /// The bucket keeps former versions.
    Versioning "VERSIONING",
    /// Nobody reads it without credentials.
    PublicAccess "PUBLIC_ACCESS",
    /// Requests are encrypted on the way.
    EncryptedConnection "ENCRYPTED_CONNECTION",
    /// Objects are encrypted where they lie.
    EncryptionAtRest "ENCRYPTION_AT_REST",
    /// Files that no version needs.
    LeftoverFiles "LEFTOVER_FILES",
    /// What is kept on this machine.
    CacheSize "CACHE_SIZE",
    /// Which readers can read the tables.
    Readers "READERS",
}

/// One check of the lake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LakeCheck {
    /// What was looked at.
    pub code: LakeCheckCode,
    /// How it ended.
    pub state: LakeCheckState,
    /// What was found.
    pub sentence: String,
    /// What to do; empty if nothing is.
    pub advice: String,
}

/// What the doctor says of the lake itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LakeReport {
    /// Address of the lake.
    pub lake: String,
    /// The checks that apply to it.
    pub checks: Vec<LakeCheck>,
    /// How long it took, milliseconds.
    pub elapsed_ms: u64,
}

#[cfg(test)]
mod tests {
    use super::LakeCheckCode;

    #[test]
    fn every_check_of_the_lake_has_its_line_of_help() {
        let text = std::fs::read_to_string("../../docs/guides/doctor.md").unwrap();
        for code in LakeCheckCode::ALL {
            assert!(text.contains(&format!("| `{}` |", code.as_str())), "{}", code.as_str());
        }
    }
}
