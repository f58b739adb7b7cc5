//! The address of a lake in a bucket, from a form. No field is secret: keys come from the environment or from a profile.

use crate::design::{TokensExt, typeface};
use crate::widget::{Button, TextField};
use egui::{Ui, vec2};
use std::fmt::Write as _;

/// Width of the names of the fields.
const NAMES: f32 = 96.0;

/// What is written in the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BucketForm {
    bucket: String,
    prefix: String,
    region: String,
    endpoint: String,
    profile: String,
}

impl BucketForm {
    /// Draws it; returns the address when the lake is to be opened.
    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<String> {
        let tokens = ui.tokens();
        ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
        for (name, hint, text) in [
            ("Bucket", "my-lake", &mut self.bucket),
            ("Prefix", "a folder in it, or nothing", &mut self.prefix),
            ("Region", "that of the environment or the profile", &mut self.region),
            ("Endpoint", "of AWS, else for example http://localhost:9000", &mut self.endpoint),
            ("Profile", "of ~/.aws, else the keys of the environment", &mut self.profile),
        ] {
            ui.horizontal(|ui| {
                let (rect, _) = ui.allocate_exact_size(vec2(NAMES, 28.0), egui::Sense::hover());
                let at = egui::pos2(rect.left(), rect.center().y);
                ui.painter().text(at, egui::Align2::LEFT_CENTER, name, typeface::control(), tokens.text_weak);
                TextField::new(text, name).hint(hint).mono().width(ui.available_width()).show(ui);
            });
        }
        let mut open = None;
        ui.horizontal(|ui| {
            let address = self.address();
            let why = address.as_ref().err().copied();
            if Button::new("Open bucket").primary().disabled(why).show(ui).clicked() {
                open = address.ok();
            }
            let text = "Nothing secret is stored: no field takes a key";
            ui.label(typeface::text(text, typeface::caption(), tokens.text_weak));
        });
        open
    }

    /// The address; else what is missing.
    fn address(&self) -> Result<String, &'static str> {
        let bucket = self.bucket.trim().trim_start_matches("s3://").trim_end_matches('/');
        if bucket.is_empty() {
            return Err("Name the bucket first");
        }
        if bucket.contains(['/', '?', '#', '@', ' ']) {
            return Err("This is not the name of a bucket, what follows it goes into the prefix");
        }
        let prefix = self.prefix.trim().trim_matches('/');
        if prefix.contains(['?', '#']) {
            return Err("The prefix of a lake has no ? and no #");
        }
        let endpoint = self.endpoint.trim();
        if !endpoint.is_empty() && !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
            return Err("The endpoint begins with http:// or https://");
        }
        let mut address = format!("s3://{bucket}");
        if !prefix.is_empty() {
            let _ = write!(address, "/{prefix}");
        }
        let settings = [("region", self.region.trim()), ("endpoint", endpoint), ("profile", self.profile.trim())];
        for (at, (name, value)) in settings.into_iter().filter(|(_, value)| !value.is_empty()).enumerate() {
            let _ = write!(address, "{}{name}={}", if at == 0 { '?' } else { '&' }, encoded(value));
        }
        Ok(address)
    }
}

/// A value as it stands in a query.
fn encoded(value: &str) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_./:~@".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::BucketForm;

    #[test]
    fn the_form_is_an_address() {
        let form = |bucket: &str, prefix: &str, endpoint: &str, profile: &str| BucketForm {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            region: "eu-central-1".to_owned(),
            endpoint: endpoint.to_owned(),
            profile: profile.to_owned(),
        };
        let address = form("shop", "/lakes/desk/", "http://localhost:9000", "a b").address();
        assert_eq!(
            address.as_deref(),
            Ok("s3://shop/lakes/desk?region=eu-central-1&endpoint=http://localhost:9000&profile=a%20b")
        );
        assert_eq!(
            BucketForm { bucket: "shop".to_owned(), ..BucketForm::default() }.address().as_deref(),
            Ok("s3://shop")
        );
        for wrong in
            [form("", "", "", ""), form("a/b", "", "", ""), form("a", "b?c", "", ""), form("a", "", "minio", "")]
        {
            assert!(wrong.address().is_err(), "{wrong:?}");
        }
    }
}
