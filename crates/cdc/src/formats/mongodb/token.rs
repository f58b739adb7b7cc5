//! Resume tokens of change streams: where an event is in its stream.
//!
//! `_id._data` is a text of hexadecimal digits whose order is that of the events (MongoDB, "Resume Tokens"): the cluster
//! time, then the place in its transaction, then what identifies the document. In one stream the last never decides.

use crate::text::json_fields::{members, string};
use crate::value::number::base64_bytes;
use num_bigint::BigUint;
use sluice_change::hex_bytes;

/// First byte of a token: a time of the cluster follows.
const CLUSTER_TIME: u8 = 0x82;
/// Bytes behind it that are taken: eight of the time, then more than the place in a transaction has.
const BYTES: usize = 23;
/// Digits of a number of as many bytes, which all positions have.
const DIGITS: usize = 57;

/// The position of a token as digits, all of one length; `None` if it is no token.
pub(super) fn digits(raw: &str) -> Option<String> {
    let bytes = match members(raw, ["$binary"]) {
        // Of MongoDB 3.6 and 4.0.
        Some([Some(binary)]) => {
            let base64 = members(binary, ["base64"]).and_then(|[base64]| base64).unwrap_or(binary);
            base64_bytes(&string(base64)?)?
        }
        _ => hex_bytes(&string(raw)?)?,
    };
    let (first, behind) = bytes.split_first()?;
    if *first != CLUSTER_TIME || behind.len() < 8 {
        return None;
    }
    let mut position = [0; BYTES];
    position.iter_mut().zip(behind).for_each(|(place, byte)| *place = *byte);
    Some(format!("{:0>DIGITS$}", BigUint::from_bytes_be(&position).to_string()))
}

#[cfg(test)]
mod tests {
    use super::digits;

    fn token(time: &str, behind: &str) -> Option<String> {
        digits(&format!("\"82{time}{behind}\""))
    }

    #[test]
    fn tokens_are_in_the_order_of_time_then_place_in_the_transaction() {
        let (version, id) = ("2B022C0100", "6E5A1004AC4A4E5B7B8F4E0D9F6B5F6A46645F6964");
        let in_order = [
            token("65A1B2C300000009", &format!("{version}29{id}")),
            token("65A1B2C30000000A", &format!("{version}29{id}")),
            token("65A1B2C30000000A", &format!("{version}2B02{id}")),
            token("65A1B2C30000000A", &format!("{version}2B04{id}")),
            token("65A1B2C30000000A", &format!("{version}2C0100{id}")),
            token("65A1B2C400000001", "29"),
        ];
        assert!(in_order.iter().all(Option::is_some) && in_order.is_sorted(), "{in_order:?}");
        assert!(in_order.iter().flatten().all(|digits| digits.len() == 57));
        let binary = digits(r#"{"$binary":"gmWhssMAAAAJ","$type":"00"}"#);
        assert_eq!(binary, token("65A1B2C300000009", ""));
        for wrong in ["\"8265\"", "\"zz\"", "7", "\"\"", "\"0065A1B2C300000009\""] {
            assert_eq!(digits(wrong), None, "{wrong}");
        }
    }
}
