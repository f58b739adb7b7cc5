//! Values of the generated rows, in every form they take.

/// A value as the source has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Float(f32),
    Double(f64),
    /// Unscaled number, precision, scale.
    Decimal(i128, u8, i8),
    Text(&'static str),
}

/// A row as delivered: names and values in order.
pub(crate) type Image = Vec<(&'static str, Value)>;

impl Value {
    /// The text of the value; `None` for null.
    pub(crate) fn text(self) -> Option<String> {
        Some(match self {
            Self::Null => return None,
            Self::Int(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Double(value) => value.to_string(),
            Self::Decimal(unscaled, _, scale) => {
                let scale = usize::try_from(scale).unwrap_or(0);
                let digits = format!("{:0>width$}", unscaled, width = scale + 1);
                let (whole, fraction) = digits.split_at(digits.len() - scale);
                if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
            }
            Self::Text(text) => text.to_owned(),
        })
    }

    /// As JSON; decimals are text (`decimal.handling.mode=string`).
    pub(crate) fn json(self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Int(value) => value.into(),
            // Through the text, so that a float keeps its own digits.
            Self::Float(_) | Self::Double(_) => {
                self.text().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
            }
            Self::Decimal(..) | Self::Text(_) => self.text().into(),
        }
    }

    /// Whether the text of a cell in silver is this value, no digit more or less.
    pub(crate) fn is(self, cell: Option<&str>) -> bool {
        let (Some(own), Some(cell)) = (self.text(), cell) else { return self.text().as_deref() == cell };
        let bits = |text: &str| text.parse::<f64>().map(f64::to_bits).ok();
        match self {
            // In Parquet a float is its 32 bits, in text it is what the source printed.
            Self::Float(value) => [bits(&own), Some(f64::from(value).to_bits())].contains(&bits(cell)),
            Self::Double(_) => bits(&own) == bits(cell),
            Self::Decimal(..) => own.trim_end_matches('0') == cell.trim_end_matches('0'),
            _ => own == cell,
        }
    }
}
