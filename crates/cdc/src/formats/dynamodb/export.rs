//! Full exports to S3, by the paths of their files: `AWSDynamoDB/<id>/data/<name>.json.gz`.
//!
//! The id begins with the milliseconds since 1970 at which the export was asked for. Data files of incremental exports
//! lie in `AWSDynamoDB/data/`, beside the folders of all ids.

const EXPORTS: &str = "AWSDynamoDB/";
const DATA: &str = "/data/";

/// The folder that the exports share of which a data file is one.
pub(crate) fn shared_folder(path: &str) -> Option<&str> {
    let at = path.rfind(EXPORTS)?;
    let of_export = folder_of(path).is_some() || path.get(at + EXPORTS.len()..)?.starts_with("data/");
    let begins = at == 0 || path.get(..at)?.ends_with('/');
    (of_export && begins).then(|| path.get(..at + EXPORTS.len() - 1))?
}

/// The folder of the full export that a file is of.
pub(super) fn folder_of(path: &str) -> Option<&str> {
    let at = path.rfind(EXPORTS)? + EXPORTS.len();
    let (id, _) = path.get(at..)?.split_once(DATA)?;
    time(id)?;
    path.get(..at + id.len())
}

/// When the export of a file was asked for, milliseconds since 1970.
pub(super) fn time_of(path: &str) -> Option<u64> {
    time(folder_of(path)?.rsplit('/').next()?)
}

/// The time in an id, `01693685827463-2d8752fd`.
fn time(id: &str) -> Option<u64> {
    let (millis, random) = id.split_once('-')?;
    let is_id = millis.len() >= 13 && !random.is_empty() && random.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| millis.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::{folder_of, time_of};

    #[test]
    fn files_of_full_exports_are_known_by_their_folder() {
        let path = "b/AWSDynamoDB/01693685827463-2d8752fd/data/asdl123dasas.json.gz";
        assert_eq!(folder_of(path), Some("b/AWSDynamoDB/01693685827463-2d8752fd"));
        assert_eq!(time_of(path), Some(1_693_685_827_463));
        for other in [
            "AWSDynamoDB/data/sgad6417s6vss4p7owp0471bcq.json.gz",
            "AWSDynamoDB/01693685827463-2d8752fd/manifest-files.json",
            "AWSDynamoDB/orders/data/a.json",
            "stream/2026/11/01/a.json",
        ] {
            assert_eq!(folder_of(other), None, "{other}");
        }
    }
}
