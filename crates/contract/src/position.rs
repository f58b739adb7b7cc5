//! How the parts of a sequence are read, and how they share the room of a position.
//!
//! Most parts are numbers. The logs of some databases are not: `MySQL` names a file, SQL Server and Oracle write
//! hexadecimal groups. What a part is follows from its name, so the contract alone says what the order is.

/// How the text of a part of `apply.sequence` is read, by the part's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartForm {
    /// A number from 0, a time from 1970, or a log position of PostgreSQL (`0/806B3B0`).
    Number,
    /// A small number: `event_serial_no` of SQL Server, `ssn` of Oracle.
    Serial,
    /// A file of the binary log of `MySQL` or `MariaDB`, `binlog.000099`, which counts by the number at its end.
    LogFile,
    /// A log sequence number of SQL Server, `00000027:00000758:0005`.
    LogSequence,
    /// A redo record of Oracle, `0x000029.00046a2c.0010`.
    RedoRecord,
}

/// What stands before the name of a member of `source`: in an envelope, and in flattened rows (`add.fields`). Other
/// formats have it in the record itself.
const SOURCE_PREFIXES: [&str; 5] = ["source.", "__source_", "__", "record.", "_ab_cdc_log_"];

impl PartForm {
    /// The form of a part with this name.
    ///
    /// ```
    /// use sluice_contract::PartForm;
    ///
    /// assert_eq!(PartForm::of("source.file"), PartForm::LogFile);
    /// assert_eq!(PartForm::of("__commit_lsn"), PartForm::LogSequence);
    /// assert_eq!(PartForm::of("updated_at"), PartForm::Number);
    /// ```
    #[must_use]
    pub fn of(part: &str) -> Self {
        match SOURCE_PREFIXES.iter().find_map(|prefix| part.strip_prefix(prefix)) {
            Some("file") => Self::LogFile,
            Some("commit_lsn" | "change_lsn") => Self::LogSequence,
            Some("rs_id") => Self::RedoRecord,
            Some("event_serial_no" | "ssn") => Self::Serial,
            _ => Self::Number,
        }
    }

    /// Whether its text is a number or a time, as that of every part was before the others were known.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(self, Self::Number | Self::Serial)
    }

    /// Bits of its values.
    fn bits(self) -> u32 {
        match self {
            Self::Number | Self::LogFile => 64,
            Self::Serial => 31,
            Self::LogSequence | Self::RedoRecord => 80,
        }
    }

    /// What its text has to be, for a message.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Number => "a number from 0 or a time from 1970",
            Self::Serial => "a number from 0 to 2147483647",
            Self::LogFile => "a file of the binary log with its number behind the last point, as binlog.000099",
            Self::LogSequence => "a log sequence number of SQL Server, as 00000027:00000758:0005",
            Self::RedoRecord => "a redo record of Oracle, as 0x000029.00046a2c.0010",
        }
    }
}

/// How the parts of a sequence share the bits of a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PositionLayout {
    /// Every number has 64 bits. A mark that tells a snapshot row from a change takes as many, so it has no room
    /// beside three parts.
    Slots,
    /// Every part has as many bits as its values need.
    Packed {
        /// Bits of each part.
        widths: Vec<u32>,
        /// Parts before the mark, which has one bit: they say where the log was when the snapshot was taken.
        before_mark: usize,
    },
}

impl PositionLayout {
    /// Bits of a position.
    pub const BITS: u32 = 320;
    /// Bits that a position had at first. What fits them lies as it did then, so that older lakes keep their order.
    const SHORT_BITS: u32 = 192;

    /// The layout of a sequence; `None` if its parts need more bits than a position has.
    ///
    /// ```
    /// use sluice_contract::PositionLayout;
    ///
    /// let of = |parts: &[&str]| PositionLayout::of(&parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>());
    /// assert_eq!(of(&["source.lsn"]), Some(PositionLayout::Slots));
    /// let mysql = PositionLayout::Packed { widths: vec![64, 64, 63], before_mark: 2 };
    /// assert_eq!(of(&["source.file", "source.pos", "source.row"]), Some(mysql));
    /// assert!(of(&["source.commit_scn", "source.scn", "source.rs_id", "source.ssn"]).is_some());
    /// assert_eq!(of(&["source.commit_lsn", "source.change_lsn", "source.rs_id", "source.rs_id"]), None);
    /// ```
    #[must_use]
    pub fn of(sequence: &[String]) -> Option<Self> {
        let forms: Vec<PartForm> = sequence.iter().map(|part| PartForm::of(part)).collect();
        let begins_with_file = forms.first() == Some(&PartForm::LogFile);
        let has_groups = forms.iter().any(|form| matches!(form, PartForm::LogSequence | PartForm::RedoRecord));
        if !begins_with_file && !has_groups {
            return Some(Self::Slots);
        }
        let mut widths: Vec<u32> = forms.iter().map(|form| form.bits()).collect();
        let needed = widths.iter().sum::<u32>() + 1;
        if needed == Self::SHORT_BITS + 1
            && let (Some(width), Some(PartForm::Number)) = (widths.last_mut(), forms.last())
        {
            // A row in an event, a serial number: none comes near 64 bits.
            *width -= 1;
        } else if needed > Self::BITS {
            return None;
        }
        let before_mark = if begins_with_file { 2.min(forms.len()) } else { 1 };
        Some(Self::Packed { widths, before_mark })
    }
}

#[cfg(test)]
mod tests {
    use super::{PartForm, PositionLayout};

    fn layout(parts: &[&str]) -> Option<PositionLayout> {
        PositionLayout::of(&parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_part_is_what_its_name_says() {
        for (part, form) in [
            ("source.file", PartForm::LogFile),
            ("record.file", PartForm::LogFile),
            ("record.pos", PartForm::Number),
            ("__source_file", PartForm::LogFile),
            ("__file", PartForm::LogFile),
            ("_ab_cdc_log_file", PartForm::LogFile),
            ("file", PartForm::Number),
            ("source.pos", PartForm::Number),
            ("source.change_lsn", PartForm::LogSequence),
            ("__rs_id", PartForm::RedoRecord),
            ("source.event_serial_no", PartForm::Serial),
            ("transact_seq", PartForm::Number),
        ] {
            assert_eq!(PartForm::of(part), form, "{part}");
        }
    }

    #[test]
    fn sequences_of_numbers_keep_the_layout_that_lakes_have() {
        for parts in [&["source.lsn"][..], &["a", "b", "c"], &["source.ts_ms", "source.file", "source.pos"], &[]] {
            assert_eq!(layout(parts), Some(PositionLayout::Slots), "{parts:?}");
        }
    }

    #[test]
    fn the_logs_of_the_connectors_have_room() {
        for (parts, before_mark) in [
            (&["source.file", "source.pos", "source.row"][..], 2),
            (&["record.file", "record.pos", "record.xoffset"], 2),
            (&["source.file"], 1),
            (&["source.commit_lsn", "source.change_lsn", "source.event_serial_no"], 1),
            (&["source.scn", "source.rs_id", "source.ssn"], 1),
            (&["source.commit_scn", "source.scn", "source.rs_id", "source.ssn"], 1),
        ] {
            match layout(parts) {
                Some(PositionLayout::Packed { widths, before_mark: found }) => {
                    assert!(widths.iter().sum::<u32>() < PositionLayout::BITS, "{parts:?}");
                    assert_eq!(found, before_mark, "{parts:?}");
                }
                other => panic!("{parts:?}: {other:?}"),
            }
        }
        assert!(layout(&["source.commit_lsn", "source.change_lsn", "source.rs_id"]).is_some());
        assert_eq!(layout(&["source.commit_lsn", "source.change_lsn", "source.rs_id", "source.rs_id"]), None);
    }
}
