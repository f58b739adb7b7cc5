//! The settings of the lake that publishing goes by.

use crate::PublishError;
use sluice_contract::{LakeSettings, Problem};
use sluice_lake::{Lake, LakeError};

/// The settings in `sluice.yaml`; the defaults where there is no such file.
///
/// # Errors
/// [`PublishError::Settings`] if it has a mistake: a rule that cannot be read is not taken for none.
/// [`PublishError::Lake`] if it cannot be read.
pub async fn lake_settings(lake: &Lake) -> Result<LakeSettings, PublishError> {
    let bytes = match lake.objects().read(LakeSettings::PATH).await {
        Ok(bytes) => bytes,
        Err(LakeError::NotFound { .. }) => return Ok(LakeSettings::default()),
        Err(error) => return Err(error.into()),
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| {
        PublishError::Settings(Problem {
            file: LakeSettings::PATH.to_owned(),
            line: 1,
            column: 1,
            message: "the file is not UTF-8".to_owned(),
            fix: "Save it as UTF-8".to_owned(),
        })
    })?;
    LakeSettings::parse(text).map_err(PublishError::Settings)
}
