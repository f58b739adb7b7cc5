//! What is shown of an AccessKit node.

use egui::accesskit::{Action, Node, Role, Toggled};

/// What one element shows; two equal ones need no update.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    pub role: Role,
    pub label: String,
    pub value: String,
    pub rect: [f64; 4],
    pub toggled: Option<bool>,
    pub selected: Option<bool>,
    pub expanded: Option<bool>,
    pub disabled: bool,
    pub level: Option<usize>,
    pub row: Option<usize>,
    pub column: Option<usize>,
    pub acts: bool,
}

impl Seen {
    /// `None` for nodes that say nothing.
    pub(super) fn of(node: &Node) -> Option<Self> {
        let role = node.role();
        let label = node.label().unwrap_or_default().to_owned();
        let hidden = matches!(role, Role::TextRun | Role::Window | Role::Unknown)
            || (role == Role::GenericContainer && label.is_empty());
        if hidden {
            return None;
        }
        let bounds = node.bounds().unwrap_or_default();
        Some(Self {
            role,
            label,
            value: node.value().unwrap_or_default().to_owned(),
            rect: [bounds.x0, bounds.y0, bounds.x1 - bounds.x0, bounds.y1 - bounds.y0],
            toggled: node.toggled().map(|toggled| toggled == Toggled::True),
            selected: node.is_selected(),
            expanded: node.is_expanded(),
            disabled: node.is_disabled(),
            level: node.level(),
            row: node.row_index(),
            column: node.column_index(),
            acts: node.supports_action(Action::Click) || node.supports_action(Action::Focus),
        })
    }

    /// The element's tag.
    pub(super) fn tag(&self) -> &'static str {
        match self.role {
            Role::TextInput | Role::SearchInput | Role::PasswordInput => "input",
            Role::MultilineTextInput => "textarea",
            _ if self.acts => "button",
            _ => "div",
        }
    }

    /// Whether it is typed into.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.tag(), "input" | "textarea")
    }

    /// The ARIA role, empty if the tag says it.
    pub(super) fn aria_role(&self) -> &'static str {
        match self.role {
            Role::Button | Role::DefaultButton => "button",
            Role::CheckBox => "checkbox",
            Role::Switch => "switch",
            Role::RadioButton => "radio",
            Role::RadioGroup => "radiogroup",
            Role::Tab => "tab",
            Role::TabList => "tablist",
            Role::TreeItem => "treeitem",
            Role::ListItem => "listitem",
            Role::ListBoxOption => "option",
            Role::ComboBox => "combobox",
            Role::Grid => "grid",
            Role::Row => "row",
            Role::Cell => "gridcell",
            Role::ColumnHeader => "columnheader",
            Role::Region => "region",
            Role::ProgressIndicator => "progressbar",
            Role::Splitter => "separator",
            Role::Link => "link",
            Role::Menu => "menu",
            Role::MenuItem => "menuitem",
            Role::Dialog => "dialog",
            Role::Image => "img",
            Role::TextInput | Role::SearchInput | Role::PasswordInput | Role::MultilineTextInput => "",
            Role::Label => "note",
            _ => "group",
        }
    }

    /// Text or accessible name.
    pub(super) fn name(&self) -> &str {
        if self.label.is_empty() { &self.value } else { &self.label }
    }
}
