//! A file decoded with the keys of its records from the file beside it.

use crate::decode::decode_file_part;
use crate::files::column_file::Container;
use crate::formats;
use crate::outcome::decode_error::DecodeError;
use crate::outcome::decoded_file::DecodedFile;
use crate::outcome::record_keys::{KeyLines, RecordKeys, why_not_these_keys};
use crate::parts::FilePart;
use crate::profile::column_sample::container_of;
use crate::text::records::{RecordDelimiter, Records};
use crate::text::unpack::packing::Packing;
use bytes::Bytes;
use sluice_change::SourceFile;
use sluice_contract::{Contract, SourceFormat, limits};
use std::sync::Arc;

/// A file with the key of each record of another one.
#[derive(Clone, Debug)]
pub struct KeyFile {
    /// Its path.
    pub path: String,
    /// Lines of JSON, plain or compressed, or rows of Avro or Parquet.
    pub bytes: Bytes,
}

impl KeyFile {
    /// Whether it is read by a library that hostile bytes may crash, see [`crate::needs_own_process`].
    #[must_use]
    pub fn needs_own_process(&self) -> bool {
        self.is_binary() || Packing::of(&self.bytes).is_some_and(|packing| packing != Packing::Gzip)
    }

    /// Whether it is plain lines, which may be read piece by piece, as its front shows.
    #[must_use]
    pub fn is_of_plain_lines(&self) -> bool {
        !self.is_binary() && Packing::of(&self.bytes).is_none()
    }

    /// Its first key as JSON; `None` if there is none.
    pub(crate) fn first_key(&self) -> Option<String> {
        if let Some(container) = container_of(&self.bytes) {
            let first = container.first_records(&self.bytes, 1)?;
            return first.first().map(|key| formats::payload_of(key).to_owned());
        }
        let mut records = Records::new(self.bytes.clone(), RecordDelimiter::Lines, u64::MAX);
        records.next().and_then(|record| std::str::from_utf8(record.bytes).ok().map(str::to_owned))
    }

    fn is_binary(&self) -> bool {
        container_of(&self.bytes).is_some()
    }

    /// Its keys as lines of JSON.
    fn lines(&self) -> Result<KeyLines, String> {
        if self.bytes.len() as u64 > limits::FILE_BYTES_MAX {
            return Err(format!("{} is over the limit of 2 GiB, so none of its keys is used", self.path));
        }
        let bytes = match container_of(&self.bytes) {
            Some(container) => self.rows(container)?,
            None => self.bytes.clone(),
        };
        Ok(KeyLines { path: self.path.as_str().into(), bytes, lines_before: 0 })
    }

    fn rows(&self, container: Container) -> Result<Bytes, String> {
        let lines = container.lines(&self.bytes, formats::payload_of);
        let lines = lines
            .ok_or_else(|| format!("{} cannot be read, so none of its keys is used; deliver it again", self.path))?;
        Ok(lines.into())
    }
}

/// Decodes a file as [`crate::decode_file`] does. A record that does not say which row it is of has its key from `keys`, and
/// is kept with it, as `{"key": …, "value": …}`. Where there is not one key for each record none is used, and the record's
/// reject says why.
///
/// # Errors
/// [`DecodeError`] when the contract does not allow any decoding. A damaged file is not an error.
pub fn decode_file_with_keys(
    contract: &Arc<Contract>,
    file: &SourceFile,
    bytes: Bytes,
    keys: &KeyFile,
) -> Result<DecodedFile, DecodeError> {
    let whole = FilePart::whole(bytes);
    let decode = |keys: RecordKeys| decode_file_part(contract, file.clone(), FilePart { keys, ..whole.clone() });
    let counted = keys.lines().and_then(|lines| Ok((lines.count()?, lines)));
    let (count, lines) = match counted {
        Ok(counted) => counted,
        Err(why) => return decode(RecordKeys::Refused(why.into())),
    };
    let decoded = decode(RecordKeys::Lines(lines))?;
    match why_not_these_keys(&keys.path, count, decoded.keys.records) {
        None => Ok(decoded),
        Some(why) => decode(RecordKeys::Refused(why.into())),
    }
}

/// Whether the name of a file says that it has keys of records.
#[must_use]
pub fn is_key_file(path: &str) -> bool {
    path.rsplit('/').next().unwrap_or(path).contains(".keys.")
}

/// Whether a record of a format alone does not say which row it is of, and its key would.
#[must_use]
pub fn lacks_key(format: SourceFormat, record: &str) -> bool {
    formats::of(format).lacks_key(record)
}
