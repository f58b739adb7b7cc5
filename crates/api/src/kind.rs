//! What a request does to the lake, and how long its answer is worth keeping.

/// Kind of a request; [`crate::Ask::KIND`]. A client that keeps answers decides by it what to forget and what to
/// ask again, so that no request has to be named for it a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Opens another lake: answers about the one before are void.
    Open,
    /// Reads the lake as it is now: out of date once something writes.
    Read,
    /// Reads what no writer changes: two versions, a text, a result.
    ReadFixed,
    /// The same as a job that is watched with [`crate::Request::Jobs`] and stopped with [`crate::Request::Cancel`].
    ReadJob,
    /// Changes the lake at once.
    Write,
    /// Changes the lake as a job.
    WriteJob,
    /// Reads what belongs to the host and this machine, whichever lake is open.
    Host,
    /// An act whose answer is not worth keeping.
    Act,
}

impl Kind {
    /// The answer is about the open lake.
    #[must_use]
    pub fn is_of_lake(self) -> bool {
        match self {
            Self::Read | Self::ReadFixed | Self::ReadJob | Self::Write | Self::WriteJob => true,
            Self::Open | Self::Host | Self::Act => false,
        }
    }

    /// The answer is kept at all.
    #[must_use]
    pub fn is_kept(self) -> bool {
        self.is_of_lake() || self == Self::Host
    }

    /// After it, answers of [`Kind::Read`] are out of date.
    #[must_use]
    pub fn writes(self) -> bool {
        matches!(self, Self::Write | Self::WriteJob)
    }

    /// It carries the id of a job and is answered when the job ends.
    #[must_use]
    pub fn is_job(self) -> bool {
        matches!(self, Self::ReadJob | Self::WriteJob)
    }
}
