//! What a store says when it refuses, in our own words.
//!
//! The answer of a server may hold anything: keys, names, the request itself. Of all its text only the code is taken,
//! a word that S3 documents; the rest follows from the status. The Delta kernel keeps the text of a store's error and
//! not the error, so texts are read here, never shown.

use crate::LakeError;
use crate::store::aws_profile::ProfileError;
use crate::store::walk::UnusableEntry;
use std::error::Error;
use std::fmt;
use std::io::ErrorKind;

/// What one may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// See which files there are.
    List,
    /// Read files.
    Read,
    /// Write files.
    Write,
    /// Remove files.
    Delete,
}

/// Why a store refused a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such bucket.
    NoBucket {
        /// Its name, if the request says.
        bucket: Option<String>,
    },
    /// Nothing says who one is.
    NoCredentials,
    /// The credentials were right once.
    Expired,
    /// The access key id is not known.
    UnknownKey,
    /// The secret does not belong to the access key id.
    WrongSecret,
    /// The clock of this machine is wrong.
    WrongClock,
    /// The bucket is in another region.
    WrongRegion {
        /// Its name, if the request says.
        bucket: Option<String>,
    },
    /// One is known and may not do this.
    NotAllowed {
        /// What one may not do.
        right: Right,
        /// Name of the bucket, if the request says.
        bucket: Option<String>,
    },
    /// The account may not do this to a file or folder of this machine.
    NoFileRight {
        /// What it may not do.
        right: Right,
    },
    /// The disk can only be read.
    ReadOnlyDisk,
    /// An entry of a folder cannot be used.
    UnusableEntry {
        /// What is wrong with which.
        what: String,
    },
    /// Anything else.
    Other {
        /// HTTP status.
        status: u16,
        /// The code of the answer, if it has one.
        code: Option<String>,
    },
}

/// The end of what the system says where the account lacks a right.
const NOT_PERMITTED: &str = "Permission denied (os error 13)";

/// Characters of a code.
const CODE_CHARS_MAX: usize = 64;

/// Why a store refused, if that is somewhere below an error. What profile files say is in words of Sluice's already.
#[must_use]
pub fn refusal(error: &(dyn Error + 'static)) -> Option<Refusal> {
    let mut right = Right::Read;
    let mut texts = Vec::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<ProfileError>() {
            return None;
        }
        right = error.downcast_ref().and_then(right_of).unwrap_or(right);
        if let Some(refused) = of_disk(error, right) {
            return Some(refused);
        }
        texts.push(error.to_string());
        cause = error.source();
    }
    // The deepest text is the shortest.
    texts.iter().rev().find_map(|text| of_text(text, right)).map(|found| match found {
        // A text above it names the request.
        Refusal::NoBucket { bucket: None } => Refusal::NoBucket { bucket: bucket_in(&texts) },
        Refusal::WrongRegion { bucket: None } => Refusal::WrongRegion { bucket: bucket_in(&texts) },
        Refusal::NotAllowed { right, bucket: None } => Refusal::NotAllowed { right, bucket: bucket_in(&texts) },
        other => other,
    })
}

fn right_of(error: &LakeError) -> Option<Right> {
    match error {
        LakeError::List { .. } => Some(Right::List),
        LakeError::Write { .. } | LakeError::Commit { .. } | LakeError::CreateTable { .. } => Some(Right::Write),
        LakeError::Delete { .. } => Some(Right::Delete),
        LakeError::Read { .. } | LakeError::OpenTable { .. } | LakeError::Decode { .. } => Some(Right::Read),
        _ => None,
    }
}

/// What the system says of a file of this machine. The Delta kernel keeps its text alone.
fn of_disk(error: &(dyn Error + 'static), right: Right) -> Option<Refusal> {
    if let Some(entry) = error.downcast_ref::<UnusableEntry>() {
        return Some(Refusal::UnusableEntry { what: entry.to_string() });
    }
    let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    let text = || error.to_string();
    if kind == Some(ErrorKind::PermissionDenied) || (error.source().is_none() && text().contains(NOT_PERMITTED)) {
        return Some(Refusal::NoFileRight { right });
    }
    (kind == Some(ErrorKind::ReadOnlyFilesystem)).then_some(Refusal::ReadOnlyDisk)
}

fn of_text(text: &str, right: Right) -> Option<Refusal> {
    // The machine's own credentials: the last place that is asked, at an address of its own.
    if text.contains("/latest/api/token") || text.contains("/latest/meta-data/iam") {
        return Some(Refusal::NoCredentials);
    }
    if text.contains("Received redirect without LOCATION") {
        return Some(Refusal::WrongRegion { bucket: None });
    }
    if text.contains("Bucket '") && text.contains("' not found") {
        return Some(Refusal::NoBucket { bucket: None });
    }
    let status = number_after(text, "status code: ")?;
    let code = code_in(text);
    let known = match code.as_deref() {
        Some("NoSuchBucket") => Refusal::NoBucket { bucket: None },
        Some("ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" | "InvalidToken") => Refusal::Expired,
        Some("InvalidAccessKeyId" | "InvalidClientTokenId" | "UnrecognizedClientException") => Refusal::UnknownKey,
        Some("SignatureDoesNotMatch") => Refusal::WrongSecret,
        Some("RequestTimeTooSkewed" | "RequestExpired") => Refusal::WrongClock,
        Some("PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException") => {
            Refusal::WrongRegion { bucket: None }
        }
        Some("AccessDenied" | "AllAccessDisabled" | "AccountProblem") => Refusal::NotAllowed { right, bucket: None },
        _ => match status {
            301 | 307 => Refusal::WrongRegion { bucket: None },
            401 => Refusal::NoCredentials,
            403 => Refusal::NotAllowed { right, bucket: None },
            _ => Refusal::Other { status, code },
        },
    };
    Some(known)
}

fn number_after(text: &str, words: &str) -> Option<u16> {
    let rest = text.get(text.find(words)? + words.len()..)?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The code of an answer: a word of letters, of which nothing else could be made.
fn code_in(text: &str) -> Option<String> {
    let rest = text.get(text.find("<Code>")? + "<Code>".len()..)?;
    let code = rest.get(..rest.find("</Code>")?)?.trim();
    let is_word = !code.is_empty() && code.len() <= CODE_CHARS_MAX && code.bytes().all(|b| b.is_ascii_alphabetic());
    is_word.then(|| code.to_owned())
}

/// The bucket of a request, by the address that the client gives with its error.
fn bucket_in(texts: &[String]) -> Option<String> {
    texts.iter().find_map(|text| {
        let at = text.find("http://").or_else(|| text.find("https://"))?;
        let address = text.get(at..)?.split_whitespace().next()?;
        let url = url::Url::parse(address).ok()?;
        let host = url.host_str()?;
        let of_host = host.split_once(".s3").map(|(bucket, _)| bucket.to_owned());
        let bucket = of_host.or_else(|| url.path_segments()?.next().map(str::to_owned))?;
        let is_name = !bucket.is_empty() && bucket.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        is_name.then_some(bucket)
    })
}

/// `the bucket x`.
fn named(bucket: Option<&String>) -> String {
    bucket.map_or_else(|| "the bucket".to_owned(), |bucket| format!("the bucket {bucket}"))
}

impl Refusal {
    /// What to do, one step.
    #[must_use]
    pub fn next(&self) -> String {
        let next = match self {
            Self::NoBucket { .. } => "Check its name, or create it",
            Self::NoCredentials => "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile in AWS_PROFILE",
            Self::Expired => "Sign in again (for example `aws sso login`), or fetch a new session token",
            Self::UnknownKey => "Check AWS_ACCESS_KEY_ID or the profile in AWS_PROFILE, and that the key is active",
            Self::WrongSecret => "Check AWS_SECRET_ACCESS_KEY or the profile in AWS_PROFILE",
            Self::WrongClock => "Set the clock of this machine",
            Self::WrongRegion { .. } => "Set AWS_REGION to the region of the bucket",
            Self::NotAllowed { right, .. } => {
                let action = match right {
                    Right::List => "s3:ListBucket",
                    Right::Read => "s3:GetObject",
                    Right::Write => "s3:PutObject",
                    Right::Delete => "s3:DeleteObject",
                };
                return format!("Ask for {action} on it, or use credentials that have it");
            }
            Self::NoFileRight { .. } => {
                "Give the account that runs Sluice this right to it, or run Sluice by an account that has it"
            }
            Self::UnusableEntry { .. } => "Rename it, or move it out of the folder",
            Self::ReadOnlyDisk => "Mount it for writing, or name a lake on another disk. Reading works as it is",
            Self::Other { status: 429 | 500.., .. } => "No data was lost. Run it again",
            Self::Other { .. } => "No data was lost. Check the address of the lake and of the store (AWS_ENDPOINT_URL)",
        };
        next.to_owned()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBucket { bucket } => write!(f, "{} does not exist", named(bucket.as_ref())),
            Self::NoCredentials => f.write_str("there are no credentials for the store"),
            Self::Expired => f.write_str("the session token has expired"),
            Self::UnknownKey => f.write_str("the store does not know the access key id"),
            Self::WrongSecret => f.write_str("the secret access key does not belong to the access key id"),
            Self::WrongClock => f.write_str("the clock of this machine differs too much from the store's"),
            Self::WrongRegion { bucket } => write!(f, "{} is in another region", named(bucket.as_ref())),
            Self::NotAllowed { right, bucket } => {
                let what = match right {
                    Right::List => "list",
                    Right::Read => "read files of",
                    Right::Write => "write files to",
                    Right::Delete => "remove files of",
                };
                write!(f, "the credentials do not allow to {what} {}", named(bucket.as_ref()))
            }
            Self::NoFileRight { right } => {
                let what = match right {
                    Right::List => "list",
                    Right::Read => "read",
                    Right::Write => "write",
                    Right::Delete => "remove",
                };
                write!(f, "the account may not {what} it")
            }
            Self::UnusableEntry { what } => f.write_str(what),
            Self::ReadOnlyDisk => f.write_str("its disk can only be read"),
            Self::Other { status, code: Some(code) } => write!(f, "the store answered {status} ({code})"),
            Self::Other { status, code: None } => write!(f, "the store answered {status}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Refusal, Right, refusal};
    use crate::LakeError;
    use std::error::Error;

    /// The text of the client's error for an answer of S3.
    fn answered(status: &str, code: &str) -> LakeError {
        let text = format!(
            "Error performing list request: Error performing GET http://127.0.0.1:9/shop-lake?list-type=2 in 3ms - \
             Server returned non-2xx status code: {status}: <?xml version=\"1.0\"?><Error><Code>{code}</Code>\
             <Message>secret words</Message><AWSAccessKeyId>AKIASECRET</AWSAccessKeyId></Error>"
        );
        let source = object_store::Error::Generic { store: "S3", source: text.into() };
        LakeError::List { source: Box::new(source), path: "contracts".to_owned() }
    }

    #[test]
    fn every_refusal_is_one_sentence_and_one_step_without_the_servers_words() {
        let bucket = || Some("shop-lake".to_owned());
        for (status, code, expected) in [
            ("404 Not Found", "NoSuchBucket", Refusal::NoBucket { bucket: bucket() }),
            ("400 Bad Request", "ExpiredToken", Refusal::Expired),
            ("403 Forbidden", "InvalidAccessKeyId", Refusal::UnknownKey),
            ("403 Forbidden", "SignatureDoesNotMatch", Refusal::WrongSecret),
            ("403 Forbidden", "RequestTimeTooSkewed", Refusal::WrongClock),
            ("400 Bad Request", "AuthorizationHeaderMalformed", Refusal::WrongRegion { bucket: bucket() }),
            ("301 Moved Permanently", "PermanentRedirect", Refusal::WrongRegion { bucket: bucket() }),
            ("403 Forbidden", "AccessDenied", Refusal::NotAllowed { right: Right::List, bucket: bucket() }),
            ("503 Slow Down", "SlowDown", Refusal::Other { status: 503, code: Some("SlowDown".to_owned()) }),
            ("403 Forbidden", "<b>key AKIA</b>", Refusal::NotAllowed { right: Right::List, bucket: bucket() }),
        ] {
            let found = refusal(&answered(status, code)).unwrap();
            assert_eq!(found, expected, "{code}");
            let said = format!("{found}. {}", found.next());
            assert!(!said.contains("secret words") && !said.contains("AKIA") && !said.contains('<'), "{said}");
            assert!(!found.next().is_empty() && !said.contains('\n'), "{said}");
        }
    }

    #[test]
    fn a_right_that_the_account_lacks_is_named_without_the_systems_words() {
        let path = || "landing/orders".to_owned();
        let generic = |source: Box<dyn Error + Send + Sync>| {
            Box::new(object_store::Error::Generic { store: "DurableStore", source })
        };
        let denied = || std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let list = LakeError::List { source: generic(Box::new(denied())), path: path() };
        assert_eq!(refusal(&list), Some(Refusal::NoFileRight { right: Right::List }));
        let kernel =
            "Kernel error: Generic LocalFileSystem error: Unable to open file /x: Permission denied (os error 13)";
        let open = LakeError::OpenTable { source: kernel.into(), path: path() };
        assert_eq!(refusal(&open), Some(Refusal::NoFileRight { right: Right::Read }));
        let read_only = std::io::Error::from(std::io::ErrorKind::ReadOnlyFilesystem);
        let write = LakeError::Write { source: generic(Box::new(read_only)), path: path() };
        assert_eq!(refusal(&write), Some(Refusal::ReadOnlyDisk));
    }

    #[test]
    fn what_is_no_answer_of_a_store_is_none_of_these() {
        let source = object_store::Error::Generic { store: "S3", source: "connection reset".into() };
        assert_eq!(refusal(&LakeError::Read { source: Box::new(source), path: "a".to_owned() }), None);
        let text = "Error performing PUT http://169.254.169.254/latest/api/token in 1s - HTTP error";
        let source = object_store::Error::Generic { store: "S3", source: text.into() };
        let error = LakeError::List { source: Box::new(source), path: "a".to_owned() };
        assert_eq!(refusal(&error), Some(Refusal::NoCredentials));
    }
}
