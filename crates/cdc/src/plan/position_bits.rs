//! Numbers of a few bits each as one position.

use sluice_change::SeqParts;

/// Numbers of a few bits each, one behind the other from the most significant bit.
#[derive(Default)]
pub(crate) struct Bits {
    parts: SeqParts,
    used: u32,
}

impl Bits {
    /// Adds a number; what has no room is cut off.
    pub(crate) fn push(&mut self, value: u128, width: u32) {
        let mut left = width;
        while left > 0 {
            let Some(part) = usize::try_from(self.used / 64).ok().and_then(|at| self.parts.get_mut(at)) else { return };
            let free = 64 - self.used % 64;
            let taken = left.min(free);
            let chunk = (value >> (left - taken)) & ((1 << taken) - 1);
            *part |= u64::try_from(chunk).unwrap_or(u64::MAX) << (free - taken);
            self.used += taken;
            left -= taken;
        }
    }

    /// The position.
    pub(crate) fn parts(self) -> SeqParts {
        self.parts
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;

    #[test]
    fn bits_lie_behind_each_other_and_keep_the_order() {
        let mut bits = Bits::default();
        bits.push(0x1234, 80);
        bits.push(1, 1);
        bits.push(u128::MAX >> 48, 80);
        bits.push(3, 31);
        bits.push(7, 64);
        let [a, b, c, d, e] = bits.parts();
        assert_eq!((a, b >> 48, (b >> 47) & 1), (0, 0x1234, 1));
        assert_eq!((b & ((1 << 47) - 1), c >> 31, c & ((1 << 31) - 1)), ((1 << 47) - 1, (1 << 33) - 1, 3));
        assert_eq!((d, e), (7, 0));
    }
}
