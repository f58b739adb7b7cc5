//! Credentials from the profile files that the AWS command line shares with every program.
//!
//! Keys and `credential_process` are read here. What needs AWS's own services (single sign-on, assumed roles, multi-factor
//! authentication) is left to the `aws` program, whose `configure export-credentials` exists for this.

use crate::clock::Clock;
use async_trait::async_trait;
use chrono::DateTime;
use configparser::ini::Ini;
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// Credentials are fetched again this long before they expire.
const RENEW_BEFORE_MS: i64 = 5 * 60 * 1_000;
/// How long a program may take that hands out credentials.
const PROGRAM_TIMEOUT: Duration = Duration::from_secs(60);

/// The variables of the environment, by name.
pub(crate) type Variables<'a> = dyn Fn(&str) -> Option<String> + Sync + 'a;

/// What is wrong with a profile; names no key and no secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProfileError {
    /// The profile that `AWS_PROFILE` names is in none of the files.
    #[error("AWS_PROFILE names the profile `{name}`, which is neither in {credentials} nor in {config}")]
    Missing {
        /// As named.
        name: String,
        /// The credentials file.
        credentials: String,
        /// The configuration file.
        config: String,
    },
    /// A file exists and has no valid text.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// The parser's reason.
        reason: String,
    },
    /// A program that hands out credentials failed.
    #[error("profile `{name}`: {program} gave no credentials ({reason}); {fix}")]
    Program {
        /// Name of the profile.
        name: String,
        /// What was called.
        program: &'static str,
        /// How it ended.
        reason: String,
        /// What to do.
        fix: String,
    },
}

/// One profile, both files taken together.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    name: String,
    entries: BTreeMap<String, String>,
}

/// Where a profile's credentials come from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    /// They stand in the file.
    Keys { id: String, secret: String, token: Option<String> },
    /// A program prints them.
    Process(String),
    /// The `aws` program gets them.
    AwsProgram,
}

impl Profile {
    /// The profile that the environment chooses, `default` without a choice; `None` if there is none.
    ///
    /// # Errors
    /// [`ProfileError::Missing`] for a profile that was named, [`ProfileError::Unreadable`].
    pub(crate) fn chosen(variable: &Variables<'_>) -> Result<Option<Self>, ProfileError> {
        let named = variable("AWS_PROFILE").or_else(|| variable("AWS_DEFAULT_PROFILE"));
        let home = dirs::home_dir().unwrap_or_default().join(".aws");
        let path = |name: &str, file: &str| variable(name).map_or_else(|| home.join(file), PathBuf::from);
        let credentials = path("AWS_SHARED_CREDENTIALS_FILE", "credentials");
        let config = path("AWS_CONFIG_FILE", "config");
        let name = named.clone().unwrap_or_else(|| "default".to_owned());
        let mut entries = section(&config, &config_section(&name))?.unwrap_or_default();
        // Where both files have an entry, the credentials file is the one that counts.
        entries.extend(section(&credentials, &name)?.unwrap_or_default());
        match named {
            _ if !entries.is_empty() => Ok(Some(Self { name, entries })),
            None => Ok(None),
            Some(name) => Err(ProfileError::Missing {
                name,
                credentials: credentials.display().to_string(),
                config: config.display().to_string(),
            }),
        }
    }

    /// The region that the profile sets.
    pub(crate) fn region(&self) -> Option<&str> {
        self.entry("region")
    }

    /// Its credentials, fetched when they are needed; `None` if it has none, so that the next place is asked.
    pub(crate) fn credentials(&self, clock: Clock) -> Option<ProfileCredentials> {
        let source = self.source()?;
        Some(ProfileCredentials { name: self.name.clone(), source, clock, held: Mutex::new(None) })
    }

    fn source(&self) -> Option<Source> {
        let has = |name: &str| self.entry(name).is_some();
        if has("role_arn") {
            return Some(Source::AwsProgram);
        }
        if let (Some(id), Some(secret)) = (self.entry("aws_access_key_id"), self.entry("aws_secret_access_key")) {
            let token = self.entry("aws_session_token").map(str::to_owned);
            return Some(Source::Keys { id: id.to_owned(), secret: secret.to_owned(), token });
        }
        if let Some(call) = self.entry("credential_process") {
            return Some(Source::Process(call.to_owned()));
        }
        (has("sso_session") || has("sso_start_url") || has("login_session")).then_some(Source::AwsProgram)
    }

    fn entry(&self, name: &str) -> Option<&str> {
        self.entries.get(name).map(String::as_str)
    }
}

/// In the configuration file every profile but `default` is written `[profile name]`.
fn config_section(name: &str) -> String {
    if name == "default" { name.to_owned() } else { format!("profile {name}") }
}

/// The entries of a section; `None` without the file or the section.
fn section(path: &Path, name: &str) -> Result<Option<BTreeMap<String, String>>, ProfileError> {
    if !path.exists() {
        return Ok(None);
    }
    let unreadable = |reason: String| ProfileError::Unreadable { path: path.display().to_string(), reason };
    let text = std::fs::read_to_string(path).map_err(|source| unreadable(source.to_string()))?;
    // Indented lines belong to a nested entry such as `s3 =`; none of them is about credentials.
    let flat: Vec<&str> = text.lines().filter(|line| !line.starts_with([' ', '\t'])).collect();
    let mut ini = Ini::new_cs();
    // The parser's message may quote the line, and a line may hold a secret.
    let sections =
        ini.read(flat.join("\n")).map_err(|_| unreadable("it is not in the form of an INI file".to_owned()))?;
    let found = sections.into_iter().find(|(section, _)| section.trim() == name);
    Ok(found.map(|(_, entries)| {
        entries
            .into_iter()
            .filter_map(|(key, value)| Some((key.trim().to_lowercase(), value?.trim().to_owned())))
            .collect()
    }))
}

/// Credentials of a profile, held until shortly before they expire.
#[derive(Debug)]
pub(crate) struct ProfileCredentials {
    name: String,
    source: Source,
    clock: Clock,
    held: Mutex<Option<Held>>,
}

#[derive(Clone, Debug)]
struct Held {
    credential: Arc<AwsCredential>,
    expires_ms: Option<i64>,
}

/// What `credential_process` and `aws configure export-credentials` print.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expiration: Option<String>,
}

#[async_trait]
impl CredentialProvider for ProfileCredentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let mut held = self.held.lock().await;
        let now = self.clock.now_ms();
        if let Some(known) =
            held.as_ref().filter(|known| known.expires_ms.is_none_or(|end| end - RENEW_BEFORE_MS > now))
        {
            return Ok(Arc::clone(&known.credential));
        }
        let fetched = self
            .fetch()
            .await
            .map_err(|source| object_store::Error::Unauthenticated { path: String::new(), source: Box::new(source) })?;
        *held = Some(fetched.clone());
        Ok(fetched.credential)
    }
}

impl ProfileCredentials {
    async fn fetch(&self) -> Result<Held, ProfileError> {
        let (program, mut command, fix) = match &self.source {
            Source::Keys { id, secret, token } => {
                let credential = AwsCredential { key_id: id.clone(), secret_key: secret.clone(), token: token.clone() };
                return Ok(Held { credential: Arc::new(credential), expires_ms: None });
            }
            Source::Process(call) => {
                ("credential_process", shell(call), "run it by hand and see what it says".to_owned())
            }
            Source::AwsProgram => {
                let mut command = Command::new("aws");
                command.args(["configure", "export-credentials", "--format", "process", "--profile", &self.name]);
                let fix = format!(
                    "install the AWS command line (version 2) and sign in, for example with `aws sso login --profile {}`",
                    self.name
                );
                ("`aws configure export-credentials`", command, fix)
            }
        };
        let failed =
            |reason: String| ProfileError::Program { name: self.name.clone(), program, reason, fix: fix.clone() };
        let running = tokio::task::spawn_blocking(move || command.output());
        let ended = tokio::time::timeout(PROGRAM_TIMEOUT, running).await;
        let output = match ended {
            Ok(Ok(Ok(output))) => output,
            Ok(Ok(Err(source))) => return Err(failed(format!("it could not be started: {source}"))),
            Ok(Err(_)) => return Err(failed("it was stopped".to_owned())),
            Err(_) => return Err(failed(format!("no answer in {} s", PROGRAM_TIMEOUT.as_secs()))),
        };
        if !output.status.success() {
            return Err(failed(output.status.to_string()));
        }
        // The message of a parser may quote what it read, which here is a secret.
        held_of(&output.stdout)
            .ok_or_else(|| failed("what it printed is not the JSON of a credential process".to_owned()))
    }
}

fn shell(call: &str) -> Command {
    let (program, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut command = Command::new(program);
    command.args([flag, call]);
    command
}

fn held_of(printed: &[u8]) -> Option<Held> {
    let printed: Printed = serde_json::from_slice(printed).ok()?;
    let expires_ms = match &printed.expiration {
        Some(end) => Some(DateTime::parse_from_rfc3339(end).ok()?.timestamp_millis()),
        None => None,
    };
    let credential = AwsCredential {
        key_id: printed.access_key_id,
        secret_key: printed.secret_access_key,
        token: printed.session_token,
    };
    Some(Held { credential: Arc::new(credential), expires_ms })
}

#[cfg(test)]
mod tests {
    use super::{Profile, Source};
    use crate::clock::Clock;
    use object_store::CredentialProvider;
    use std::path::Path;

    fn profile(folder: &Path, name: Option<&str>) -> Result<Option<Profile>, super::ProfileError> {
        let path = |file: &str| folder.join(file).display().to_string();
        Profile::chosen(&|variable| match variable {
            "AWS_PROFILE" => name.map(str::to_owned),
            "AWS_SHARED_CREDENTIALS_FILE" => Some(path("credentials")),
            "AWS_CONFIG_FILE" => Some(path("config")),
            _ => None,
        })
    }

    fn files() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let credentials = "[default]\naws_access_key_id = A\naws_secret_access_key = s3cr3t\n[Lake]\naws_access_key_id=B\naws_secret_access_key=x=/y\naws_session_token=t\n";
        let config = "[default]\nregion = eu-west-1\ns3 =\n  max_concurrent_requests = 20\n[profile Lake]\nregion=eu-central-1\n[profile sso]\nsso_session = corp\nsso_account_id = 1\n[profile role]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = default\n[profile tool]\ncredential_process = printf '{\"Version\":1,\"AccessKeyId\":\"C\",\"SecretAccessKey\":\"z\",\"Expiration\":\"1970-01-01T01:00:00Z\"}'\n[profile broken]\ncredential_process = false\n";
        std::fs::write(folder.path().join("credentials"), credentials).unwrap();
        std::fs::write(folder.path().join("config"), config).unwrap();
        folder
    }

    #[test]
    fn a_profile_is_what_both_files_say_of_it() {
        let folder = files();
        let default = profile(folder.path(), None).unwrap().unwrap();
        assert_eq!(default.region(), Some("eu-west-1"));
        let lake = profile(folder.path(), Some("Lake")).unwrap().unwrap();
        assert_eq!(lake.region(), Some("eu-central-1"));
        let keys = Source::Keys { id: "B".to_owned(), secret: "x=/y".to_owned(), token: Some("t".to_owned()) };
        assert_eq!(lake.source(), Some(keys));
        for name in ["sso", "role"] {
            assert_eq!(
                profile(folder.path(), Some(name)).unwrap().unwrap().source(),
                Some(Source::AwsProgram),
                "{name}"
            );
        }
        assert!(profile(Path::new("/nowhere"), None).unwrap().is_none());
    }

    #[test]
    fn a_profile_that_was_named_has_to_exist() {
        let folder = files();
        let message = profile(folder.path(), Some("lake")).unwrap_err().to_string();
        assert!(message.contains("`lake`") && message.contains("credentials"), "{message}");
    }

    #[tokio::test]
    async fn a_program_hands_out_credentials_until_they_expire() {
        let folder = files();
        let tool = profile(folder.path(), Some("tool")).unwrap().unwrap();
        let credentials = tool.credentials(Clock::fixed(0)).unwrap();
        assert_eq!(credentials.get_credential().await.unwrap().key_id, "C");
        assert_eq!(credentials.held.lock().await.as_ref().unwrap().expires_ms, Some(3_600_000));

        let broken = profile(folder.path(), Some("broken")).unwrap().unwrap();
        let message = format!("{:?}", broken.credentials(Clock::fixed(0)).unwrap().get_credential().await.unwrap_err());
        assert!(message.contains("broken") && message.contains("credential_process"), "{message}");
    }
}
