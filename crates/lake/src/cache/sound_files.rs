//! Which data files of a lake in a folder this process has compared with their hash.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Files that were compared, and what may still be read for that.
#[derive(Debug)]
pub(crate) struct SoundFiles {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    known: BTreeSet<PathBuf>,
    bytes_left: u64,
}

impl SoundFiles {
    /// Nothing is known, and `bytes` may be read in all.
    pub(crate) fn new(bytes: u64) -> Self {
        Self { state: Mutex::new(State { known: BTreeSet::new(), bytes_left: bytes }) }
    }

    /// Whether a file is still to be compared and there is room for that; its bytes are taken from what is left.
    pub(crate) fn claim(&self, path: &Path, bytes: u64) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if bytes > state.bytes_left || state.known.contains(path) {
            return false;
        }
        state.bytes_left -= bytes;
        state.known.insert(path.to_path_buf());
        true
    }

    /// A file that turned out not to be sound, or could not be read: the next reader looks again.
    pub(crate) fn forget(&self, path: &Path, bytes: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.known.remove(path) {
            state.bytes_left = state.bytes_left.saturating_add(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SoundFiles;
    use std::path::Path;

    #[test]
    fn a_file_is_compared_once_as_far_as_there_is_room() {
        let files = SoundFiles::new(10);
        assert!(files.claim(Path::new("a"), 6));
        assert!(!files.claim(Path::new("a"), 6), "it is known");
        assert!(!files.claim(Path::new("b"), 5), "no room");
        assert!(files.claim(Path::new("c"), 4));
        files.forget(Path::new("a"), 6);
        assert!(files.claim(Path::new("b"), 5));
    }
}
