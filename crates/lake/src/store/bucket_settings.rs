//! What an address says of the store of a bucket besides its name: `s3://bucket/prefix?region=…&endpoint=…&profile=…`.
//!
//! Nothing of it is secret: keys and tokens come from the environment and from profile files only.

use crate::LakeError;
use crate::error::redact;
use url::form_urlencoded;

/// Settings of a bucket; what is not set comes from the environment, as for every program of AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BucketSettings {
    /// Region of the bucket; `AWS_REGION`.
    pub(crate) region: Option<String>,
    /// Address of the store; `AWS_ENDPOINT_URL`.
    pub(crate) endpoint: Option<String>,
    /// Profile of the credentials; `AWS_PROFILE`.
    pub(crate) profile: Option<String>,
}

impl BucketSettings {
    /// Splits an address into that of the bucket and its settings.
    ///
    /// # Errors
    /// [`LakeError::BadUrl`] for anything else after a `?`.
    pub(crate) fn split(address: &str) -> Result<(&str, Self), LakeError> {
        let bad = |reason| LakeError::BadUrl { reason, url: redact(address) };
        if address.contains('#') {
            return Err(bad("the prefix of a lake has no #"));
        }
        let Some((bucket, query)) = address.split_once('?') else { return Ok((address, Self::default())) };
        let mut settings = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match name.as_ref() {
                "region" => &mut settings.region,
                "endpoint" => &mut settings.endpoint,
                "profile" => &mut settings.profile,
                _ => return Err(bad("after ? it may have region, endpoint and profile only")),
            };
            *place = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        }
        match &settings.endpoint {
            Some(endpoint) if !is_endpoint(endpoint) => {
                Err(bad("its endpoint is not http://host:port or https://host, without user, password and query"))
            }
            _ => Ok((bucket, settings)),
        }
    }

    /// As an address has it after the bucket and prefix; empty without any.
    pub(crate) fn query(&self) -> String {
        let Self { region, endpoint, profile } = self;
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("region", region), ("endpoint", endpoint), ("profile", profile)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }

    /// Whether the store is on this machine, so that nothing goes over a network without encryption.
    pub(crate) fn is_on_this_machine(&self) -> bool {
        let url = self.endpoint.as_deref().and_then(|endpoint| url::Url::parse(endpoint).ok());
        match url.as_ref().and_then(url::Url::host) {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// A variable of the environment, or what the address says in its place.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let said = match name {
            "AWS_REGION" => self.region.clone(),
            "AWS_ENDPOINT_URL" => self.endpoint.clone(),
            // These go before the one above where they are set.
            "AWS_ENDPOINT_URL_S3" | "AWS_ENDPOINT" if self.endpoint.is_some() => return None,
            "AWS_PROFILE" => self.profile.clone(),
            // Whoever names a profile does not mean the keys of the environment.
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" | "AWS_SESSION_TOKEN" if self.profile.is_some() => {
                return None;
            }
            "AWS_ALLOW_HTTP" if self.is_on_this_machine() => Some("true".to_owned()),
            _ => None,
        };
        said.or_else(|| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }
}

fn is_endpoint(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::BucketSettings;

    #[test]
    fn an_address_names_region_endpoint_and_profile_and_nothing_else() {
        let split = |address| BucketSettings::split(address).map_err(|error| error.to_string());
        assert_eq!(split("s3://b/p"), Ok(("s3://b/p", BucketSettings::default())));
        let (bucket, settings) =
            split("s3://b/p?region=eu-central-1&endpoint=http://localhost:9000&profile=a+b").unwrap();
        assert_eq!(bucket, "s3://b/p");
        assert_eq!(settings.variable("AWS_REGION").as_deref(), Some("eu-central-1"));
        assert_eq!(settings.variable("AWS_PROFILE").as_deref(), Some("a b"));
        assert_eq!(settings.variable("AWS_ACCESS_KEY_ID"), None, "the profile has the keys");
        assert_eq!(settings.variable("AWS_ALLOW_HTTP").as_deref(), Some("true"), "nothing leaves this machine");
        let far = split("s3://b?endpoint=http://minio:9000&region=").unwrap().1;
        assert!(!far.is_on_this_machine() && far.region.is_none());
        for wrong in [
            "s3://b?aws_secret_access_key=SECRET",
            "s3://b?X-Amz-Signature=SECRET",
            "s3://b?endpoint=http://user:SECRET@minio",
            "s3://b?endpoint=minio:9000",
            "s3://b/p#SECRET",
        ] {
            let error = split(wrong).unwrap_err();
            assert!(!error.contains("SECRET"), "{error}");
        }
    }
}
