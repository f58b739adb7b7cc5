//! How the log of a table names files: relative to the table, or, in a sandbox, those of its base by their address.

use crate::LakeError;
use crate::delta::deletion_vector::vector_file;
use deltalake::kernel::{DeletionVectorDescriptor, StorageType};
use percent_encoding::percent_decode_str;
use url::Url;

/// The addresses of a table: where it is, and where the table is that it is a clone of.
#[derive(Clone, Debug)]
pub(crate) struct LogPaths {
    table: Address,
    base: Option<Address>,
}

/// A folder's address, with a slash at the end.
#[derive(Clone, Debug)]
struct Address {
    url: Url,
    /// Without percent-encoding, as `deltalake` gives paths of the log.
    text: String,
}

impl Address {
    fn new(url: Url) -> Self {
        let text = percent_decode_str(url.as_str()).decode_utf8_lossy().into_owned();
        Self { url, text }
    }

    /// The path in this folder of an address in it.
    fn strip<'a>(&self, address: &'a str) -> Option<&'a str> {
        address.strip_prefix(&self.text).or_else(|| address.strip_prefix(self.url.as_str()))
    }
}

/// A file by its path in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedFile {
    pub(crate) path: String,
    /// Whether the log names it by its address in the base.
    pub(crate) of_base: bool,
}

impl LogPaths {
    pub(crate) fn new(table: Url, base: Option<Url>) -> Self {
        Self { table: Address::new(table), base: base.map(Address::new) }
    }

    /// The path in the table of a data file that the log names; an address has to lie inside the table or its base.
    ///
    /// # Errors
    /// [`LakeError::ForeignPath`].
    pub(crate) fn read(&self, path: &str) -> Result<NamedFile, LakeError> {
        let foreign = || LakeError::ForeignPath { path: crate::error::redact(path) };
        let mut of_base = false;
        let relative = if path.contains("://") || path.starts_with("file:") {
            match (self.table.strip(path), &self.base) {
                (Some(own), _) => own,
                (None, Some(base)) => {
                    of_base = true;
                    base.strip(path).ok_or_else(foreign)?
                }
                (None, None) => return Err(foreign()),
            }
        } else if path.starts_with('/') {
            path.strip_prefix(self.table.url.path()).ok_or_else(foreign)?
        } else {
            path
        };
        let leaves = relative.is_empty() || relative.split(['/', '\\']).any(|part| part.is_empty() || part == "..");
        if leaves || relative.contains('\0') {
            return Err(foreign());
        }
        Ok(NamedFile { path: relative.to_owned(), of_base })
    }

    /// A data file as the log names it.
    pub(crate) fn write(&self, path: &str, of_base: bool) -> String {
        match &self.base {
            Some(base) if of_base => format!("{}{path}", base.text),
            _ => path.to_owned(),
        }
    }

    /// A deletion vector of the log with its file named relative to the table, and whether it is the base's.
    ///
    /// # Errors
    /// [`LakeError::ForeignPath`] for one that lies elsewhere.
    pub(crate) fn read_vector(
        &self,
        vector: DeletionVectorDescriptor,
    ) -> Result<(DeletionVectorDescriptor, bool), LakeError> {
        if vector.storage_type != StorageType::AbsolutePath {
            return Ok((vector, false));
        }
        let address = &vector.path_or_inline_dv;
        let foreign = || LakeError::ForeignPath { path: crate::error::redact(address) };
        let (inside, of_base) = match (self.table.strip(address), &self.base) {
            (Some(own), _) => (own, false),
            (None, Some(base)) => (base.strip(address).ok_or_else(foreign)?, true),
            (None, None) => return Err(foreign()),
        };
        let name = relative_name(inside).ok_or_else(foreign)?;
        let storage_type = StorageType::UuidRelativePath;
        Ok((DeletionVectorDescriptor { storage_type, path_or_inline_dv: name, ..vector }, of_base))
    }

    /// A deletion vector as the log names it.
    pub(crate) fn write_vector(&self, vector: &DeletionVectorDescriptor, of_base: bool) -> DeletionVectorDescriptor {
        match (&self.base, vector_file(vector)) {
            (Some(base), Some(file)) if of_base => DeletionVectorDescriptor {
                storage_type: StorageType::AbsolutePath,
                path_or_inline_dv: format!("{}{file}", base.url),
                ..vector.clone()
            },
            _ => vector.clone(),
        }
    }
}

/// The name in the log of a file of deletion vectors, `[folder/]deletion_vector_<uuid>.bin`, relative to its table.
fn relative_name(path: &str) -> Option<String> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let hex: String = file.strip_prefix("deletion_vector_")?.strip_suffix(".bin")?.split('-').collect();
    let mut uuid = [0_u8; 16];
    if hex.len() != 2 * uuid.len() {
        return None;
    }
    for (byte, at) in uuid.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()?;
    }
    Some(format!("{folder}{}", z85::encode(uuid)))
}

#[cfg(test)]
mod tests {
    use super::{LogPaths, NamedFile};
    use deltalake::kernel::{DeletionVectorDescriptor, StorageType};
    use url::Url;

    fn file(path: &str, of_base: bool) -> NamedFile {
        NamedFile { path: path.to_owned(), of_base }
    }

    #[test]
    fn a_file_outside_of_the_table_is_refused() {
        let paths = LogPaths::new(Url::parse("s3://bucket/lake/silver/a/b/").unwrap(), None);
        assert_eq!(paths.read("part-1.parquet").unwrap(), file("part-1.parquet", false));
        assert_eq!(paths.read("s3://bucket/lake/silver/a/b/p/1.parquet").unwrap(), file("p/1.parquet", false));
        let outside = [
            "../c/1.parquet",
            "p/../../1.parquet",
            "s3://other/lake/silver/a/b/1.parquet",
            "s3://bucket/lake/silver/a/bb/1.parquet",
            "s3://bucket/lake/silver/a/b/../c/1.parquet",
            "file:///etc/passwd",
            "file:/etc/passwd",
            "/etc/passwd",
            "p//1.parquet",
            "p\\..\\1.parquet",
            "a\0b",
            "",
        ];
        for path in outside {
            assert!(paths.read(path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_clone_names_the_files_of_its_base_by_their_address() {
        let table = Url::parse("file:///sandboxes/mine/silver/a/b/").unwrap();
        let base = Url::parse("file:///my%20lake/silver/a/b/").unwrap();
        let paths = LogPaths::new(table, Some(base));
        let written = paths.write("p/1.parquet", true);
        assert_eq!(written, "file:///my lake/silver/a/b/p/1.parquet");
        assert_eq!(paths.read(&written).unwrap(), file("p/1.parquet", true));
        assert_eq!(paths.read("file:///my%20lake/silver/a/b/1.parquet").unwrap(), file("1.parquet", true));
        assert_eq!(paths.write("1.parquet", false), "1.parquet");
        assert!(paths.read("file:///my lake/silver/a/c/1.parquet").is_err());

        let vector = DeletionVectorDescriptor {
            storage_type: StorageType::UuidRelativePath,
            path_or_inline_dv: "ab^-aqEH.-t@S}K{vb[*k^".to_owned(),
            offset: Some(4),
            size_in_bytes: 40,
            cardinality: 6,
        };
        let absolute = paths.write_vector(&vector, true);
        assert_eq!(absolute.storage_type, StorageType::AbsolutePath);
        let address = "file:///my%20lake/silver/a/b/ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin";
        assert_eq!(absolute.path_or_inline_dv, address);
        assert_eq!(paths.read_vector(absolute).unwrap(), (vector.clone(), true));
        assert_eq!(paths.write_vector(&vector, false), vector);
    }
}
