//! The type of JSON values that are written as people have them, without a schema.

use crate::profile::guess::{Guess, guess, hinted, plain_text_type, without_value};
use crate::profile::shape::Shape;

const DECIDE_NUMBER: &str = "Every digit is kept; take decimal(p,s) or double from the source table";
const DECIDE_DIGITS: &str = "The texts are digits; if the source column is a number, take its type";
const DECIDE_BYTES: &str = "The texts can be base64; if the source column holds bytes, write binary";

/// The type that the values of a column look like. Numbers are numbers: a date or a time is a text.
pub(crate) fn of_values(shape: &Shape) -> Guess {
    let values = shape.values();
    let whole = &shape.whole;
    if values == 0 {
        return without_value();
    }
    if shape.booleans == values {
        return guess("boolean", "true or false");
    }
    if shape.lists == values {
        let element = shape.element.as_deref().filter(|element| element.values() > 0);
        let element = element.map_or_else(|| "string".to_owned(), |element| of_values(element).data_type);
        let element = if element.starts_with("array") { "json".to_owned() } else { element };
        return guess(format!("array<{element}>"), "list");
    }
    if shape.objects > 0 || shape.lists > 0 {
        return guess("json", "object");
    }
    if whole.count == values {
        // A few small numbers say nothing of those to come.
        return guess("bigint", "number");
    }
    if whole.count + shape.fractions + shape.huge == values {
        return hinted("numeric", "number", DECIDE_NUMBER);
    }
    if shape.texts.count != values {
        return guess("string", "text and numbers");
    }
    let texts = &shape.texts;
    let is_base64 = texts.base64 == texts.count && texts.base64_marked * 4 >= texts.count;
    match plain_text_type(shape, "text") {
        None if texts.decimal == texts.count => hinted("string", "text", DECIDE_DIGITS),
        Some(guess) => guess,
        None if is_base64 => hinted("string", "text", DECIDE_BYTES),
        None => guess("string", "text"),
    }
}
