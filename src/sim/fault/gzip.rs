//! A gzip stream that is small to send and large to unpack, made by hand: nothing else here packs anything.

use std::sync::LazyLock;

use axum::body::Bytes;

/// What the stream unpacks to, in bytes.
const UNPACKED: usize = 256 << 20;
/// The longest repetition that deflate has a code for.
const RUN: usize = 258;

/// The stream: an opening bracket and a quarter of a gigabyte of it again and again. Its checksum is wrong, which only somebody
/// who unpacked all of it would notice.
pub fn bomb() -> Bytes {
    static BOMB: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(pack()));
    BOMB.clone()
}

fn pack() -> Vec<u8> {
    // A gzip header: deflate, no flags, no time, unknown system.
    let mut bits = Bits::after(vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
    // The last block, with the fixed codes of deflate.
    bits.put(1, 1);
    bits.put(0b01, 2);
    // The literal `[` (codes of literals below 144 are 0x30 more, in eight bits).
    bits.put_code(0x30 + u32::from(b'['), 8);
    for _ in 0..UNPACKED / RUN {
        // Length 258 is code 285, the distance 1 is code 0.
        bits.put_code(0b1100_0101, 8);
        bits.put_code(0, 5);
    }
    // The end of the block is code 256.
    bits.put_code(0, 7);
    let mut stream = bits.finish();
    stream.extend([0; 4]);
    let length = u32::try_from(UNPACKED).expect("a quarter of a gigabyte fits");
    stream.extend(length.to_le_bytes());
    stream
}

/// Bits, the lowest of each byte first.
struct Bits {
    bytes: Vec<u8>,
    kept: u32,
    count: u32,
}

impl Bits {
    fn after(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            kept: 0,
            count: 0,
        }
    }

    /// Appends `count` bits, at most sixteen, lowest first.
    fn put(&mut self, bits: u32, count: u32) {
        self.kept |= bits << self.count;
        self.count += count;
        while self.count >= 8 {
            self.bytes.push(self.kept.to_le_bytes()[0]);
            self.kept >>= 8;
            self.count -= 8;
        }
    }

    /// Appends a code, whose bits come highest first.
    fn put_code(&mut self, code: u32, count: u32) {
        self.put(code.reverse_bits() >> (32 - count), count);
    }

    fn finish(mut self) -> Vec<u8> {
        self.put(0, 7);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bomb_is_small_and_starts_as_gzip() {
        let bomb = bomb();
        assert_eq!(bomb[..3], [0x1f, 0x8b, 8]);
        assert!(bomb.len() < 2 << 20, "{}", bomb.len());
    }
}
