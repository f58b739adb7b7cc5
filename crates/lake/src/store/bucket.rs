//! Buckets: the client of `object_store` with the settings and credentials of AWS's usual places.
//!
//! Credentials are looked for where every program of AWS does, and in the same order: the environment, the profile
//! files, a web identity, the container's, the machine's. The first two are decided here, the others by `object_store`.

use super::aws_profile::{Profile, ProfileError, Variables};
use super::bucket_settings::BucketSettings;
use crate::clock::Clock;
use crate::environment::StoreTimes;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, resolve_bucket_region};
use object_store::{ClientConfigKey, ClientOptions, ObjectStore, RetryConfig};
use sluice_contract::limits;
use std::sync::Arc;
use std::time::Duration;

/// Variables that name the address of a store.
const ENDPOINTS: [&str; 3] = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];

/// Why a bucket cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BucketError {
    /// The profile files.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// No place has credentials, and the machine may not be asked.
    #[error(
        "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile in AWS_PROFILE \
         (AWS_EC2_METADATA_DISABLED keeps the machine's own from being asked for)"
    )]
    NoCredentials,
    /// The store is to be asked without encryption, and nobody allowed that.
    #[error(
        "{variable} is an http:// address, over which neither requests nor data are encrypted; set AWS_ALLOW_HTTP=true \
         to allow it"
    )]
    HttpNotAllowed {
        /// The variable that has the address.
        variable: &'static str,
    },
    /// Neither the environment nor the profile has a region, and S3 did not name the bucket's.
    #[error("the region of the bucket is not known, set AWS_REGION")]
    NoRegion(#[source] object_store::Error),
    /// The client refuses the settings.
    #[error(transparent)]
    Client(#[from] object_store::Error),
}

/// Opens a bucket; asks the network only where nothing names a region.
pub(crate) async fn open(
    bucket: &str,
    settings: &BucketSettings,
    times: StoreTimes,
) -> Result<Arc<dyn ObjectStore>, BucketError> {
    let variable = |name: &str| settings.variable(name);
    if let Some(name) = unencrypted(&variable) {
        return Err(BucketError::HttpNotAllowed { variable: name });
    }
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(RetryConfig {
        max_retries: limits::STORE_RETRIES_MAX as usize,
        retry_timeout: times.store_timeout,
        ..RetryConfig::default()
    });
    if let Some(region) = &settings.region {
        builder = builder.with_region(region);
    }
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.with_endpoint(endpoint).with_allow_http(is_true(&variable, "AWS_ALLOW_HTTP"));
    }
    // Whoever sets these for all programs means this one too.
    for (key, name, time) in [
        (ClientConfigKey::Timeout, "AWS_TIMEOUT", times.request),
        (ClientConfigKey::ConnectTimeout, "AWS_CONNECT_TIMEOUT", times.connect),
    ] {
        if variable(name).is_none() {
            builder = builder.with_config(AmazonS3ConfigKey::Client(key), milliseconds(time));
        }
    }
    let signs_by_environment = has_keys(&variable);
    let has_region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")).is_some();
    // A profile that was named and does not exist is no mistake where nothing is asked of it.
    let profile = if signs_by_environment && has_region { None } else { Profile::chosen(&variable)? };
    if !signs_by_environment {
        builder = with_credentials(builder, profile.as_ref(), &variable)?;
    }
    if !has_region {
        builder = builder.with_region(region(bucket, profile.as_ref(), &variable).await?);
    }
    Ok(Arc::new(builder.build()?))
}

/// The bucket as somebody without credentials sees it.
///
/// # Errors
/// [`BucketError::Client`] if the client refuses the settings.
pub(crate) fn open_unsigned(
    bucket: &str,
    settings: &BucketSettings,
    times: StoreTimes,
) -> Result<Arc<dyn ObjectStore>, BucketError> {
    let variable = |name: &str| settings.variable(name);
    let options = ClientOptions::new().with_timeout(times.request).with_connect_timeout(times.connect);
    let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_skip_signature(true)
        .with_region(region.unwrap_or_else(|| "us-east-1".to_owned()))
        .with_client_options(options)
        .with_retry(RetryConfig { max_retries: 0, ..RetryConfig::default() });
    if let Some(endpoint) = ENDPOINTS.iter().find_map(|name| variable(name)) {
        builder = builder.with_endpoint(endpoint).with_allow_http(is_true(&variable, "AWS_ALLOW_HTTP"));
    }
    Ok(Arc::new(builder.build()?))
}

/// Whether requests go over a connection that is not encrypted.
pub(crate) fn is_plain_http(settings: &BucketSettings) -> bool {
    ENDPOINTS.iter().find_map(|name| settings.variable(name)).is_some_and(|address| {
        address.get(.."http://".len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"))
    })
}

/// The variable that gives the store an address without encryption, unless that is allowed.
fn unencrypted(variable: &Variables<'_>) -> Option<&'static str> {
    let http = |name: &&&str| {
        let address = variable(name).unwrap_or_default();
        address.get(.."http://".len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"))
    };
    ENDPOINTS.iter().filter(|_| !is_true(variable, "AWS_ALLOW_HTTP")).find(http).copied()
}

fn milliseconds(time: Duration) -> String {
    format!("{}ms", time.as_millis())
}

fn is_true(variable: &Variables<'_>, name: &str) -> bool {
    variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
}

/// Whether the environment alone says how requests are signed.
fn has_keys(variable: &Variables<'_>) -> bool {
    let keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    keys.iter().all(|name| variable(name).is_some()) || is_true(variable, "AWS_SKIP_SIGNATURE")
}

fn with_credentials(
    builder: AmazonS3Builder,
    profile: Option<&Profile>,
    variable: &Variables<'_>,
) -> Result<AmazonS3Builder, BucketError> {
    if let Some(credentials) = profile.and_then(|profile| profile.credentials(Clock::system())) {
        return Ok(builder.with_credentials(Arc::new(credentials)));
    }
    let elsewhere =
        ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    if is_true(variable, "AWS_EC2_METADATA_DISABLED") && elsewhere.iter().all(|name| variable(name).is_none()) {
        return Err(BucketError::NoCredentials);
    }
    Ok(builder)
}

/// The profile's region, or the bucket's own; servers that only speak S3's language mostly have just one.
async fn region(bucket: &str, profile: Option<&Profile>, variable: &Variables<'_>) -> Result<String, BucketError> {
    if let Some(region) = profile.and_then(Profile::region) {
        return Ok(region.to_owned());
    }
    if ENDPOINTS.iter().any(|name| variable(name).is_some()) {
        return Ok("us-east-1".to_owned());
    }
    resolve_bucket_region(bucket, &ClientOptions::new()).await.map_err(BucketError::NoRegion)
}

#[cfg(test)]
mod tests {
    use super::unencrypted;

    #[test]
    fn an_address_without_encryption_has_to_be_allowed() {
        let with = |set: &[(&str, &str)]| {
            let set: Vec<(String, String)> = set.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            unencrypted(&move |name: &str| set.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()))
        };
        assert_eq!(with(&[]), None);
        assert_eq!(with(&[("AWS_ENDPOINT_URL", "https://minio")]), None);
        assert_eq!(with(&[("AWS_ENDPOINT_URL", "HTTP://minio:9000")]), Some("AWS_ENDPOINT_URL"));
        assert_eq!(with(&[("AWS_ENDPOINT_URL_S3", "http://minio"), ("AWS_ALLOW_HTTP", "true")]), None);
    }
}
