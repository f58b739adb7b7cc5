//! Paints the screens of the sample lake into a picture, without window and GPU.
//!
//! `cargo run -p sluice-ui --example look -- out.ppm [WIDTHxHEIGHT] [2x] [light] [table] [replay] [diff] [quality] [sql]
//! [onboard] [publish] [history] [find] [palette] [keys] [problems] [lake] [key:Enter] [type:text] [click:X,Y]
//! [menu:X,Y]`

use egui::epaint::{ClippedPrimitive, Mesh, Primitive, Vertex};
use egui::{Color32, Context, Event, Key, Modifiers, Pos2, RawInput, Rect, TextureId, vec2};
use sluice_api::{Layer, TableName, TableRef};
use sluice_ui::command::Command;
use sluice_ui::link::Canned;
use sluice_ui::state::{KeyValues, Place, ScreenKind, Tab};
use sluice_ui::{Host, Workbench};
use std::collections::HashMap;
use std::io::Write as _;

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (out, steps) = arguments.split_first().map_or(("look.ppm", &[][..]), |(out, rest)| (out.as_str(), rest));
    let mut size = (1440.0, 900.0);
    let mut window = Window::new();
    for step in steps {
        if let Some((Ok(width), Ok(height))) = step.split_once('x').map(|(w, h)| (w.parse::<f32>(), h.parse::<f32>())) {
            size = (width, height);
        }
    }
    if steps.iter().any(|step| step == "2x") {
        window.scale = 2.0;
    }
    window.size = size;
    window.settle(Vec::new());
    for step in steps {
        window.step(step);
    }
    window.settle(Vec::new());
    let image = window.paint();
    let mut file = std::fs::File::create(out)?;
    writeln!(file, "P6 {} {} 255", image.width, image.height)?;
    file.write_all(&image.rgb)
}

struct Window {
    ctx: Context,
    bench: Workbench,
    time: f64,
    size: (f32, f32),
    /// Pixels of a point.
    scale: f32,
    primitives: Vec<ClippedPrimitive>,
    textures: HashMap<TextureId, egui::ColorImage>,
}

impl Window {
    fn new() -> Self {
        let ctx = Context::default();
        let host = Host { job_seed: 0, since_load_ms: || 0 };
        let bench = Workbench::new(&ctx, Box::new(Canned::sample()), host);
        Self { ctx, bench, time: 0.0, size: (0.0, 0.0), scale: 1.0, primitives: Vec::new(), textures: HashMap::new() }
    }

    fn step(&mut self, step: &str) {
        let name = TableName { dataset: "shop".to_owned(), table: "orders".to_owned() };
        let table = TableRef { layer: Layer::Silver, name };
        match step {
            "light" => self.bench.run(Command::SwitchTheme),
            "table" => self.bench.run(Command::open_for(ScreenKind::Table, table)),
            "replay" => self.bench.run(Command::open_for(ScreenKind::Replay, table)),
            "diff" => self.bench.run(Command::open_for(ScreenKind::Diff, table)),
            "quality" => self.bench.run(Command::open_for(ScreenKind::Quality, table)),
            "sql" => self.bench.run(Command::open_for(ScreenKind::Sql, table)),
            "onboard" => self.bench.run(Command::Open(ScreenKind::Onboard, None)),
            "publish" => self.bench.run(Command::Open(ScreenKind::Publish, None)),
            "releases" => self.bench.run(Command::Open(ScreenKind::Releases, None)),
            "find" => self.bench.run(Command::open_for(ScreenKind::History, table)),
            "history" => {
                let columns = vec![("order_id".to_owned(), "1204377".to_owned())];
                let key = KeyValues { columns, is_personal: false };
                self.bench.run(Command::OpenTab(Tab::History { table, key }));
            }
            "palette" => self.bench.run(Command::Palette),
            "keys" => self.bench.run(Command::KeyMap),
            "problems" => self.bench.run(Command::ShowProblems),
            "lake" => self.bench.run(Command::OpenLakeDialog),
            "show-lake" => self.bench.run(Command::Show(Place::Lake)),
            other => {
                let events = events(other);
                self.settle(events);
                return;
            }
        }
        self.settle(Vec::new());
    }

    /// A second of frames, the first with `events`.
    fn settle(&mut self, mut events: Vec<Event>) {
        for _ in 0..16 {
            self.time += 1.0 / 16.0;
            self.ctx.set_pixels_per_point(self.scale);
            let input = RawInput {
                screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(self.size.0, self.size.1))),
                time: Some(self.time),
                focused: true,
                events: std::mem::take(&mut events),
                ..RawInput::default()
            };
            let mut output = self.ctx.clone().run_ui(input, |ui| self.bench.ui(ui));
            let deltas = std::mem::take(&mut output.textures_delta.set).into_iter();
            for (id, delta) in deltas.flat_map(|(id, deltas)| deltas.into_iter().map(move |delta| (id, delta))) {
                let egui::ImageData::Color(image) = &delta.image;
                match delta.pos {
                    None => {
                        self.textures.insert(id, image.as_ref().clone());
                    }
                    Some([left, top]) => {
                        if let Some(whole) = self.textures.get_mut(&id) {
                            blit(whole, image.as_ref(), left, top);
                        }
                    }
                }
            }
            self.primitives = self.ctx.tessellate(output.shapes, output.pixels_per_point);
        }
    }

    fn paint(&self) -> Image {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels")]
        let mut image = Image::new((self.size.0 * self.scale) as usize, (self.size.1 * self.scale) as usize);
        for primitive in &self.primitives {
            if let Primitive::Mesh(mesh) = &primitive.primitive
                && let Some(texture) = self.textures.get(&mesh.texture_id)
            {
                image.mesh(mesh, primitive.clip_rect, texture, self.scale);
            }
        }
        image
    }
}

fn events(step: &str) -> Vec<Event> {
    if let Some(text) = step.strip_prefix("type:") {
        return vec![Event::Text(text.to_owned())];
    }
    let (at, button) = match step.split_once(':') {
        Some(("click", at)) => (Some(at), egui::PointerButton::Primary),
        Some(("menu", at)) => (Some(at), egui::PointerButton::Secondary),
        _ => (None, egui::PointerButton::Primary),
    };
    if let Some(at) = at {
        let mut parts = at.split(',').filter_map(|part| part.parse().ok());
        if let (Some(x), Some(y)) = (parts.next(), parts.next()) {
            let pos = Pos2::new(x, y);
            let press = |pressed| Event::PointerButton { pos, button, pressed, modifiers: Modifiers::NONE };
            return vec![Event::PointerMoved(pos), press(true), press(false)];
        }
    }
    let Some(name) = step.strip_prefix("key:") else { return Vec::new() };
    let (modifiers, name) = match name.strip_prefix("Ctrl+") {
        Some(name) => (Modifiers::COMMAND, name),
        None => (Modifiers::NONE, name),
    };
    let key = |key, pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
    Key::from_name(name).map(|found| vec![key(found, true), key(found, false)]).unwrap_or_default()
}

fn blit(whole: &mut egui::ColorImage, part: &egui::ColorImage, left: usize, top: usize) {
    for y in 0..part.size[1] {
        for x in 0..part.size[0] {
            let to = (top + y) * whole.size[0] + left + x;
            if let (Some(to), Some(from)) = (whole.pixels.get_mut(to), part.pixels.get(y * part.size[0] + x)) {
                *to = *from;
            }
        }
    }
}

struct Image {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a picture is a few thousand pixels wide"
)]
impl Image {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, rgb: vec![0; width * height * 3] }
    }

    fn mesh(&mut self, mesh: &Mesh, clip: Rect, texture: &egui::ColorImage, scale: f32) {
        let clip = clip * scale;
        for corners in mesh.indices.chunks_exact(3) {
            let corner = |index: usize| {
                let vertex = corners.get(index).and_then(|at| mesh.vertices.get(*at as usize))?;
                Some(Vertex { pos: Pos2::new(vertex.pos.x * scale, vertex.pos.y * scale), ..*vertex })
            };
            if let (Some(a), Some(b), Some(c)) = (corner(0), corner(1), corner(2)) {
                self.triangle([&a, &b, &c], clip, texture);
            }
        }
    }

    fn triangle(&mut self, [a, b, c]: [&Vertex; 3], clip: Rect, texture: &egui::ColorImage) {
        let area = (b.pos - a.pos).x * (c.pos - a.pos).y - (b.pos - a.pos).y * (c.pos - a.pos).x;
        if area.abs() < 1e-6 {
            return;
        }
        let bounds = Rect::from_points(&[a.pos, b.pos, c.pos]).intersect(clip);
        let rows = bounds.top().max(0.0).floor() as usize..(bounds.bottom().ceil().max(0.0) as usize).min(self.height);
        for y in rows {
            let columns =
                bounds.left().max(0.0).floor() as usize..(bounds.right().ceil().max(0.0) as usize).min(self.width);
            for x in columns {
                let at = Pos2::new(x as f32 + 0.5, y as f32 + 0.5);
                if !clip.contains(at) {
                    continue;
                }
                let edge = |p: Pos2, q: Pos2| ((q - p).x * (at - p).y - (q - p).y * (at - p).x) / area;
                let (wa, wb, wc) = (edge(b.pos, c.pos), edge(c.pos, a.pos), edge(a.pos, b.pos));
                // Shared edges are painted once.
                if wa < 0.0 || wb < 0.0 || wc < 0.0 {
                    continue;
                }
                let mix = |pick: fn(&Vertex) -> f32| pick(a) * wa + pick(b) * wb + pick(c) * wc;
                let uv = (mix(|v| v.uv.x), mix(|v| v.uv.y));
                let texel = sample(texture, uv);
                let vertex = [
                    mix(|v| f32::from(v.color.r())),
                    mix(|v| f32::from(v.color.g())),
                    mix(|v| f32::from(v.color.b())),
                    mix(|v| f32::from(v.color.a())),
                ];
                let alpha = vertex[3] * texel[3] / 255.0;
                let start = (y * self.width + x) * 3;
                for channel in 0..3 {
                    if let Some(byte) = self.rgb.get_mut(start + channel) {
                        let source = vertex[channel] * texel[channel] / 255.0;
                        *byte = (source + f32::from(*byte) * (1.0 - alpha / 255.0)).clamp(0.0, 255.0).round() as u8;
                    }
                }
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "texels")]
fn sample(texture: &egui::ColorImage, (u, v): (f32, f32)) -> [f32; 4] {
    let [width, height] = texture.size;
    let (x, y) = (u * width as f32 - 0.5, v * height as f32 - 0.5);
    let (left, top) = (x.floor(), y.floor());
    let mut sum = [0.0; 4];
    for (dx, dy) in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)] {
        let weight = (1.0 - (x - left - dx).abs()) * (1.0 - (y - top - dy).abs());
        let column = ((left + dx).max(0.0) as usize).min(width - 1);
        let row = ((top + dy).max(0.0) as usize).min(height - 1);
        let color = texture.pixels.get(row * width + column).copied().unwrap_or(Color32::TRANSPARENT);
        for (total, part) in sum.iter_mut().zip(color.to_array()) {
            *total += weight * f32::from(part);
        }
    }
    sum
}
