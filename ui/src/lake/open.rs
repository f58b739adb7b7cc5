//! Opening a lake: a field, the demo, a folder, a bucket, recent ones.

use super::bucket::BucketForm;
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, paint_logo, typeface};
use crate::widget::{
    Button, ListRow, TextField, Tone, banner, entered as entered_in, error_banner, icon_label, key_cap, key_cap_width,
    loading_line, paint_key_cap,
};
use egui::{
    Align2, CornerRadius, Frame, Id, Margin, Rect, Response, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo,
    accesskit::Role, pos2, vec2,
};
use sluice_api::{ApiError, DEMO_LAKE, ErrorCode};

/// Width of the form.
const WIDTH: f32 = 600.0;

/// The form.
#[derive(Default)]
pub struct OpenLake {
    url: String,
    focused: bool,
    /// The form of a bucket, while it is open.
    bucket: Option<BucketForm>,
}

impl OpenLake {
    /// Id of the field, to be focused by a command.
    #[must_use]
    pub fn field() -> Id {
        Id::unique("lake url")
    }

    /// Draws it in the middle of the window, when no lake is open.
    pub fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let rect = ui.max_rect();
        let lake = cx.store.lake();
        loading_line(ui, Rect::from_min_size(rect.min, vec2(rect.width(), 2.0)), lake.pending);
        if lake.pending && lake.error.is_none() {
            return;
        }
        let top = rect.top() + ((rect.height() - 560.0) * 0.4).max(24.0);
        let width = WIDTH.min(rect.width() - 32.0);
        let form = Rect::from_min_max(
            pos2(rect.center().x - width / 2.0, top),
            pos2(rect.center().x + width / 2.0, rect.bottom()),
        );
        let mut form = ui.new_child(UiBuilder::new().max_rect(form).id_salt("form"));
        self.title_ui(&mut form);
        self.form_ui(&mut form, cx);
        footer(ui, rect);
    }

    /// Draws it as a dialog, when another lake is open.
    pub fn dialog_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        Frame::NONE.inner_margin(Margin::same(16)).show(ui, |ui| {
            self.title_ui(ui);
            self.form_ui(ui, cx);
        });
    }

    fn title_ui(&mut self, ui: &mut Ui) {
        let tokens = ui.tokens();
        ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(32.0, 32.0), Sense::hover());
            paint_logo(ui.painter(), rect.center(), 26.0, tokens);
            ui.add_space(4.0);
            ui.label(typeface::text("Open a lake", typeface::large_title(), tokens.text_strong));
        });
        ui.add_space(8.0);
        let text = "A folder or bucket with change files, Delta tables, or both. Nothing is written until you replay.";
        ui.label(typeface::text(text, typeface::body(), tokens.text_weak));
        ui.add_space(16.0);
    }

    fn form_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let tokens = ui.tokens();
        let store = cx.store;
        let lake = store.lake();
        ui.spacing_mut().item_spacing.y = 8.0;
        let mut open = None;
        let mut entered = false;
        ui.horizontal(|ui| {
            let field = TextField::new(&mut self.url, "Folder or bucket of the lake")
                .hint("/path/to/lake or s3://bucket/prefix")
                .icon(icon::LINK)
                .key("Ctrl L")
                .mono()
                .height(32.0)
                .width(ui.available_width() - 64.0)
                .id(Self::field())
                .show(ui);
            if !self.focused {
                field.request_focus();
                self.focused = true;
            }
            entered = entered_in(ui, &field);
            let why = self.url.trim().is_empty().then_some("Write a folder or a bucket first");
            let button = Button::new("Open").height(32.0).width(56.0).disabled(why).show(ui);
            if (entered || button.clicked()) && why.is_none() {
                open = Some(Some(self.url.trim().to_owned()));
            }
        });
        if let Some(error) = lake.error.filter(|_| !lake.pending) {
            trouble_ui(ui, cx, error);
        }
        if lake.pending {
            banner(ui, Tone::Neutral, "Opening the lake", "", None);
        }
        let text = "3 tables with a stream of changes, made on this machine";
        let key = if self.url.trim().is_empty() { "Enter" } else { "" };
        if card(ui, icon::WAVES, ("Demo shop", text), key, true).clicked() || (entered && self.url.trim().is_empty()) {
            open = Some(Some(DEMO_LAKE.to_owned()));
        }
        let folder = Command::ChooseFolder;
        let key = folder.key_text().unwrap_or_default();
        if card(ui, icon::FOLDER_OPEN, (folder.word(), "On this machine or a mounted drive"), &key, false).clicked() {
            cx.run(folder);
        }
        let text = "Bucket, region, endpoint and profile; keys stay in the environment or the profile";
        if card(ui, icon::CLOUD, ("S3 bucket…", text), "", false).clicked() {
            self.bucket = if self.bucket.is_some() { None } else { Some(BucketForm::default()) };
        }
        if let Some(address) = self.bucket.as_mut().and_then(|form| form.ui(ui)) {
            open = Some(Some(address));
        }
        ui.add_space(16.0);
        ui.label(typeface::text("Recent", typeface::header(), tokens.text_strong));
        if cx.workspace.recent.is_empty() {
            let color = tokens.text_weak;
            icon_label(ui, icon::HISTORY, 16.0, color, "Lakes you open are listed here", typeface::control());
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        for recent in &cx.workspace.recent {
            if ListRow::new(recent).mono().icon(icon::HISTORY, tokens.text_weak).padding(0.0).show(ui).clicked() {
                open = Some(Some(recent.clone()));
            }
        }
        if let Some(url) = open {
            cx.run(Command::OpenLake(url));
        }
    }
}

/// Why the last lake did not open. A path that does not exist is a question, not a mistake; that no lake was named is
/// neither.
fn trouble_ui(ui: &mut Ui, cx: &mut Cx<'_>, error: &ApiError) {
    match (error.code, cx.opening) {
        (ErrorCode::NoLake, _) => {}
        (ErrorCode::NotFound, Some(url)) if !url.contains("://") => {
            let text = "Nothing was written. Correct the path above, or begin a new lake in that folder";
            let title = format!("There is no lake in {url}");
            if banner(ui, Tone::Warn, &title, text, Some("Create it here")) {
                cx.run(Command::CreateLake(url.to_owned()));
            }
        }
        (_, url) => {
            let url = url.map(str::to_owned);
            if error_banner(ui, error, "Nothing was written") {
                cx.run(Command::OpenLake(url));
            }
        }
    }
}

/// A way to a lake, with its key; the first of them has the accent.
fn card(ui: &mut Ui, icon: char, (title, text): (&str, &str), key: &str, is_first: bool) -> Response {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 72.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{title}, {text}")));
    let fill = if response.is_pointer_button_down_on() {
        tokens.active
    } else if response.hovered() {
        tokens.hover
    } else {
        tokens.panel
    };
    ui.painter().rect_filled(rect, CornerRadius::same(4), fill);
    let line = if response.has_focus() || is_first { tokens.accent } else { tokens.line };
    ui.painter().rect_stroke(rect, CornerRadius::same(4), Stroke::new(1.0, line), StrokeKind::Inside);
    let middle = rect.center().y;
    let at = pos2(rect.left() + 26.0, middle);
    let color = if is_first { tokens.accent } else { tokens.text_weak };
    ui.painter().text(at, Align2::CENTER_CENTER, icon, typeface::icons(20.0), color);
    let x = rect.left() + 52.0;
    let at = pos2(x, middle - 9.0);
    ui.painter().text(at, Align2::LEFT_CENTER, title, typeface::body_strong(), tokens.text_strong);
    ui.painter().text(pos2(x, middle + 10.0), Align2::LEFT_CENTER, text, typeface::control(), tokens.text_weak);
    if !key.is_empty() {
        let width = key_cap_width(ui, key);
        paint_key_cap(ui, pos2(rect.right() - width - 16.0, middle), key);
    }
    response
}

fn footer(ui: &mut Ui, rect: Rect) {
    let tokens = ui.tokens();
    let line = Rect::from_center_size(pos2(rect.center().x, rect.bottom() - 32.0), vec2(380.0, 24.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(line).id_salt("footer"));
    child.horizontal_centered(|ui| {
        for (key, word) in [("Ctrl K", "any command"), ("F1", "keyboard map")] {
            key_cap(ui, key);
            ui.label(typeface::text(word, typeface::control(), tokens.text_weak));
            ui.add_space(8.0);
        }
        icon_label(ui, icon::CLOUD_OFF, 14.0, tokens.text_weak, "Works offline", typeface::control());
    });
}
