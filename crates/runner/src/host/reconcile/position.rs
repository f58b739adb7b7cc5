//! A position of the source that rows of a file are of.

use crate::RunError;
use crate::reconcile::arrival::ReadPosition;
use sluice_cdc::LogPosition;
use sluice_change::EventSeq;

/// A position as people write it: numbers as `sluice explain` shows them, an LSN, or a place in a binary log.
pub(super) fn read_position(text: &str) -> Result<ReadPosition, RunError> {
    let text = text.trim();
    let wrong = || {
        RunError::input(
            format!("`{text}` is no position"),
            "Write it as `sluice explain` shows positions (148237656.1), as an LSN (16/B374D848), or as a place in a binary \
             log (mariadb-bin.000007:4711)",
        )
    };
    if let Some((high, low)) = text.split_once('/') {
        let hex = |text: &str| u64::from_str_radix(text, 16).map_err(|_| wrong());
        return Ok(ReadPosition::Log(LogPosition::Lsn((hex(high)? << 32) | hex(low)?)));
    }
    if let Some((file, position)) = text.rsplit_once(':') {
        let file = LogPosition::binlog_file(file).or_else(|| file.parse().ok()).ok_or_else(wrong)?;
        let position = position.parse().map_err(|_| wrong())?;
        return Ok(ReadPosition::Log(LogPosition::Binlog { file, position }));
    }
    let mut parts = sluice_change::SeqParts::default();
    let numbers: Vec<&str> = text.split('.').collect();
    if numbers.len() > parts.len() {
        return Err(wrong());
    }
    for (part, number) in parts.iter_mut().zip(numbers) {
        *part = number.parse().map_err(|_| wrong())?;
    }
    Ok(ReadPosition::Seq(EventSeq { rank: 1, parts, tie: 0 }))
}

#[cfg(test)]
mod tests {
    use super::read_position;
    use crate::reconcile::arrival::ReadPosition;
    use sluice_cdc::LogPosition;
    use sluice_change::EventSeq;

    #[test]
    fn a_position_is_read_as_people_write_it() {
        let seq = EventSeq { rank: 1, parts: [148_237_656, 1, 7, 0, 0], tie: 0 };
        assert_eq!(read_position("148237656.1.7").unwrap(), ReadPosition::Seq(seq));
        let lsn = ReadPosition::Log(LogPosition::Lsn(0x16_B374_D848));
        assert_eq!(read_position("16/B374D848").unwrap(), lsn);
        let binlog = ReadPosition::Log(LogPosition::Binlog { file: 7, position: 4_711 });
        assert_eq!(read_position("mariadb-bin.000007:4711").unwrap(), binlog);
        for text in ["", "now", "1.2.3.4.5.6", "x/y", "7:", "full load"] {
            assert!(read_position(text).is_err(), "{text}");
        }
    }
}
