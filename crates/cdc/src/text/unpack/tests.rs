use super::packing::Packing;
use super::{StreamEnd, Unpacked};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zstd(content: &[u8]) -> Vec<u8> {
    zstd::encode_all(content, 3).unwrap()
}

fn bzip2(content: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn lz4(content: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn snappy(content: &[u8]) -> Vec<u8> {
    let mut encoder = snap::write::FrameEncoder::new(Vec::new());
    encoder.write_all(content).unwrap();
    encoder.into_inner().unwrap()
}

/// One block, in pieces of four bytes.
fn hadoop_snappy(content: &[u8]) -> Vec<u8> {
    let length = |length: usize| u32::try_from(length).unwrap().to_be_bytes();
    let mut bytes = length(content.len()).to_vec();
    for piece in content.chunks(4) {
        let packed = snap::raw::Encoder::new().compress_vec(piece).unwrap();
        bytes.extend_from_slice(&length(packed.len()));
        bytes.extend_from_slice(&packed);
    }
    bytes
}

type Pack = fn(&[u8]) -> Vec<u8>;

const PACKINGS: [(Packing, Pack); 6] = [
    (Packing::Gzip, gzip),
    (Packing::Zstd, zstd),
    (Packing::Bzip2, bzip2),
    (Packing::Lz4, lz4),
    (Packing::Snappy, snappy),
    (Packing::HadoopSnappy, hadoop_snappy),
];

fn unpack(bytes: Vec<u8>) -> (Vec<u8>, StreamEnd) {
    let mut unpacked = Unpacked::new(Bytes::from(bytes));
    let mut content = Vec::new();
    let mut buffer = vec![0; 100];
    loop {
        match unpacked.read(&mut buffer) {
            Ok(count) => content.extend_from_slice(&buffer[..count]),
            Err(ending) => return (content, ending),
        }
    }
}

#[test]
fn every_compression_is_known_by_its_content_part_after_part() {
    for (packing, pack) in PACKINGS {
        let two = [pack(b"one one one\n"), pack(b"two\n")].concat();
        assert_eq!(Packing::of(&two), Some(packing));
        assert_eq!(unpack(two), (b"one one one\ntwo\n".to_vec(), StreamEnd::Whole), "{packing:?}");
    }
    assert_eq!(unpack(b"plain".to_vec()), (b"plain".to_vec(), StreamEnd::Whole));
}

#[test]
fn a_cut_is_seen_wherever_it_is() {
    let content: Vec<u8> = (0..4_000_u32).flat_map(|n| format!("{n},row\n").into_bytes()).collect();
    for (packing, pack) in PACKINGS {
        let whole = pack(&content);
        for cut in [whole.len() - 1, whole.len() - 5, whole.len() / 2] {
            let (read, end) = unpack(whole[..cut].to_vec());
            assert!(content.starts_with(&read), "{packing:?} {cut}");
            assert_ne!(end, StreamEnd::Whole, "{packing:?} {cut} of {}", whole.len());
        }
    }
}

#[test]
fn a_skipped_frame_in_front_and_between_is_no_content() {
    let skipped: &[u8] = &[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    for pack in [zstd, lz4] {
        let bytes = [skipped, &pack(b"one\n"), skipped, skipped, &pack(b"two\n"), skipped].concat();
        assert_eq!(unpack(bytes), (b"one\ntwo\n".to_vec(), StreamEnd::Whole));
    }
}

#[test]
fn what_does_not_belong_is_seen() {
    let two = [gzip(b"one\n"), gzip(b"two\n")].concat();
    assert_eq!(unpack([two.clone(), vec![0; 7]].concat()).1, StreamEnd::Whole);
    assert_eq!(unpack([two.clone(), b"x".to_vec()].concat()).1, StreamEnd::Trailing);
    assert_eq!(unpack(two[..two.len() - 1].to_vec()).1, StreamEnd::Truncated);
    let mut flipped = two;
    let last = flipped.len() - 1;
    flipped[last - 5] ^= 1;
    assert_eq!(unpack(flipped).1, StreamEnd::Corrupt { verified: 4 });
    for pack in [zstd, bzip2, lz4] {
        assert_eq!(unpack([pack(b"one\n"), b"x".to_vec()].concat()), (b"one\n".to_vec(), StreamEnd::Trailing));
    }
}

#[test]
fn a_bomb_stops_at_the_ratio() {
    let blanks = vec![b' '; 80 << 20];
    for pack in [gzip, zstd, bzip2, lz4] {
        assert_eq!(unpack(pack(&blanks)).1, StreamEnd::RatioTooHigh);
    }
}

#[test]
fn no_bytes_make_a_decoder_panic_or_go_on_for_ever() {
    let content: Vec<u8> = (0..500_u32).flat_map(|n| format!("{n},row\n").into_bytes()).collect();
    let mut seed = 1_u32;
    for (_, pack) in PACKINGS {
        let whole = pack(&content);
        for _ in 0..200 {
            let mut bytes = whole.clone();
            for _ in 0..3 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = seed as usize % bytes.len();
                bytes[at] ^= 1 << (seed >> 29);
            }
            unpack(bytes);
        }
    }
}
