//! Why a file of columns is read no further.

use sluice_change::ReasonCode;
use std::borrow::Cow;

/// Why reading stopped. What was read before is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stop {
    pub(crate) reason: ReasonCode,
    pub(crate) detail: Cow<'static, str>,
}

impl Stop {
    pub(crate) const fn fixed(reason: ReasonCode, detail: &'static str) -> Self {
        Self { reason, detail: Cow::Borrowed(detail) }
    }
}
