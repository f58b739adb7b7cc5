//! Icons: one constant per glyph of the subset Material Symbols Rounded font.

/// `add`.
pub const ADD: char = '\u{e145}';
/// `arrow_back`.
pub const ARROW_BACK: char = '\u{e5c4}';
/// `arrow_downward`.
pub const ARROW_DOWNWARD: char = '\u{e5db}';
/// `arrow_forward`.
pub const ARROW_FORWARD: char = '\u{e5c8}';
/// `arrow_right_alt`.
pub const ARROW_RIGHT_ALT: char = '\u{e941}';
/// `arrow_upward`.
pub const ARROW_UPWARD: char = '\u{e5d8}';
/// `block`.
pub const BLOCK: char = '\u{f08c}';
/// `bolt`.
pub const BOLT: char = '\u{ea0b}';
/// `calculate`.
pub const CALCULATE: char = '\u{ea5f}';
/// `check`.
pub const CHECK: char = '\u{e668}';
/// `check_circle`.
pub const CHECK_CIRCLE: char = '\u{f0be}';
/// `chevron_left`.
pub const CHEVRON_LEFT: char = '\u{e5cb}';
/// `chevron_right`.
pub const CHEVRON_RIGHT: char = '\u{e5cc}';
/// `close`.
pub const CLOSE: char = '\u{e5cd}';
/// `cloud`.
pub const CLOUD: char = '\u{f15c}';
/// `cloud_done`.
pub const CLOUD_DONE: char = '\u{e2bf}';
/// `cloud_off`.
pub const CLOUD_OFF: char = '\u{e2c1}';
/// `code`.
pub const CODE: char = '\u{e86f}';
/// `compare_arrows`.
pub const COMPARE_ARROWS: char = '\u{e915}';
/// `content_copy`.
pub const CONTENT_COPY: char = '\u{e14d}';
/// `dangerous`.
pub const DANGEROUS: char = '\u{e99a}';
/// `dark_mode`.
pub const DARK_MODE: char = '\u{e51c}';
/// `description`.
pub const DESCRIPTION: char = '\u{e873}';
/// `difference`.
pub const DIFFERENCE: char = '\u{eb7d}';
/// `dock_to_bottom`.
pub const DOCK_TO_BOTTOM: char = '\u{f7e6}';
/// `dock_to_left`.
pub const DOCK_TO_LEFT: char = '\u{f7e5}';
/// `dock_to_right`.
pub const DOCK_TO_RIGHT: char = '\u{f7e4}';
/// `edit`.
pub const EDIT: char = '\u{f097}';
/// `error`.
pub const ERROR: char = '\u{f8b6}';
/// `expand_more`.
pub const EXPAND_MORE: char = '\u{e5cf}';
/// `fast_forward`.
pub const FAST_FORWARD: char = '\u{e01f}';
/// `filter_list`.
pub const FILTER_LIST: char = '\u{e152}';
/// `first_page`.
pub const FIRST_PAGE: char = '\u{e5dc}';
/// `folder`.
pub const FOLDER: char = '\u{e2c7}';
/// `folder_open`.
pub const FOLDER_OPEN: char = '\u{e2c8}';
/// `format_align_left`.
pub const FORMAT_ALIGN_LEFT: char = '\u{e236}';
/// `help`.
pub const HELP: char = '\u{e8fd}';
/// `history`.
pub const HISTORY: char = '\u{e8b3}';
/// `info`.
pub const INFO: char = '\u{e88e}';
/// `inventory_2`.
pub const INVENTORY_2: char = '\u{e1a1}';
/// `key`.
pub const KEY: char = '\u{e73c}';
/// `keyboard`.
pub const KEYBOARD: char = '\u{e312}';
/// `light_mode`.
pub const LIGHT_MODE: char = '\u{e518}';
/// `link`.
pub const LINK: char = '\u{e250}';
/// `lock`.
pub const LOCK: char = '\u{e899}';
/// `open_in_full`.
pub const OPEN_IN_FULL: char = '\u{f1ce}';
/// `play_arrow`.
pub const PLAY_ARROW: char = '\u{e037}';
/// `play_circle`.
pub const PLAY_CIRCLE: char = '\u{e1c4}';
/// `playlist_add`.
pub const PLAYLIST_ADD: char = '\u{e03b}';
/// `publish`.
pub const PUBLISH: char = '\u{e255}';
/// `push_pin`.
pub const PUSH_PIN: char = '\u{f10d}';
/// `refresh`.
pub const REFRESH: char = '\u{e5d5}';
/// `remove_circle`.
pub const REMOVE_CIRCLE: char = '\u{f08f}';
/// `rule`.
pub const RULE: char = '\u{f1c2}';
/// `save`.
pub const SAVE: char = '\u{e161}';
/// `schedule`.
pub const SCHEDULE: char = '\u{efd6}';
/// `search`.
pub const SEARCH: char = '\u{ef7a}';
/// `show_chart`.
pub const SHOW_CHART: char = '\u{e6e1}';
/// `step`.
pub const STEP: char = '\u{f6fe}';
/// `stop`.
pub const STOP: char = '\u{e047}';
/// `stop_circle`.
pub const STOP_CIRCLE: char = '\u{ef71}';
/// `sync`.
pub const SYNC: char = '\u{e627}';
/// `table`.
pub const TABLE: char = '\u{f191}';
/// `table_rows`.
pub const TABLE_ROWS: char = '\u{f101}';
/// `terminal`.
pub const TERMINAL: char = '\u{eb8e}';
/// `tune`.
pub const TUNE: char = '\u{e429}';
/// `undo`.
pub const UNDO: char = '\u{e166}';
/// `unfold_less`.
pub const UNFOLD_LESS: char = '\u{e5d6}';
/// `verified`.
pub const VERIFIED: char = '\u{ef76}';
/// `view_column`.
pub const VIEW_COLUMN: char = '\u{e8ec}';
/// `warning`.
pub const WARNING: char = '\u{f083}';
/// `waves`.
pub const WAVES: char = '\u{e176}';
