//! Damaged files never panic: flipped bits, cuts, and copied or dropped stretches, from a
//! fixed seed. Whatever is read instead is a table or a mistake.

use std::panic::{AssertUnwindSafe, catch_unwind};

use entrant_io::{Limits, StudySource, parse_table, read_estimation};
use parquet::basic::{Compression, ZstdLevel};

use crate::common::{Folder, PRODUCTS, STUDY};
use crate::parquet_bytes::all_types;

/// `SplitMix64` (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let a = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let b = (a ^ (a >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        b ^ (b >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).expect("below n")
    }
}

/// One to three damages.
fn damaged(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        let to = (at + random.below(40)).min(bytes.len());
        match random.below(5) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            1 if !bytes.is_empty() => bytes[at] = [0, 0xff, 0x7f, 0x80][random.below(4)],
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..to)),
            _ => {
                let copy = bytes[at..to].to_vec();
                let end = at;
                bytes.splice(end..end, copy);
            }
        }
    }
    bytes
}

fn survives(name: &str, good: &[u8], times: usize, read: impl Fn(&[u8])) {
    let mut random = Random(2018);
    for i in 0..times {
        let bad = damaged(good, &mut random);
        let read = catch_unwind(AssertUnwindSafe(|| read(&bad)));
        assert!(read.is_ok(), "{name}, damage {i}: {bad:?}");
    }
}

#[test]
fn damaged_csv_never_panics() {
    survives("csv", PRODUCTS.as_bytes(), 2000, |bytes| {
        if let Ok(table) = parse_table("t.csv", bytes.to_vec(), &Limits::default()) {
            assert!(table.rows() > 0 && table.names.len() == table.columns.len());
        }
    });
}

#[test]
fn damaged_study_files_never_panic() {
    survives("toml", STUDY.as_bytes(), 3000, |bytes| {
        let source = StudySource {
            file: "study.toml".into(),
            text: String::from_utf8_lossy(bytes).into_owned(),
        };
        if let Err(e) = source.parse() {
            assert!(!e.message.is_empty() && e.file == "study.toml");
        }
    });
}

#[test]
fn damaged_estimated_studies_never_panic() {
    use crate::estimation::{CONSUMERS, PRODUCTS, STUDY, base};
    for (name, good) in [
        ("study.toml", STUDY),
        ("products.csv", PRODUCTS),
        ("consumers.csv", CONSUMERS),
    ] {
        let folder = Folder::new();
        base().write(&folder);
        survives(name, good.as_bytes(), 700, |bytes| {
            folder.write(name, bytes);
            match read_estimation(folder.path()) {
                Ok(loaded) => assert!(loaded.products.rows() > 0),
                Err(errors) => assert!(!errors.is_empty()),
            }
        });
    }
}

#[test]
fn damaged_parquet_never_panics() {
    let zstd = Compression::ZSTD(ZstdLevel::default());
    for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY, zstd] {
        survives("parquet", &all_types(compression), 2000, |bytes| {
            if let Ok(table) = parse_table("t.parquet", bytes.to_vec(), &Limits::default()) {
                assert!(table.rows() > 0 && table.names.len() == table.columns.len());
            }
        });
    }
}

#[test]
fn every_flipped_bit_of_a_parquet_file_gives_a_table_or_a_mistake() {
    let good = all_types(Compression::SNAPPY);
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let _ = parse_table("t.parquet", bad, &Limits::default());
    }
}

#[test]
fn deeply_nested_toml_is_refused() {
    for text in [
        format!("title = {}", "[".repeat(100_000)),
        format!("{}a = 1", "a.".repeat(100_000)),
        "[a]\n".repeat(10_000),
    ] {
        let source = StudySource {
            file: "study.toml".into(),
            text,
        };
        assert!(source.parse().is_err());
    }
}
