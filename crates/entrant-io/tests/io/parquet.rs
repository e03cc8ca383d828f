//! Parquet tables: what is read, and files that are not what they claim.

use entrant_data::InputError;
use entrant_data::table::{Column, Table};
use entrant_io::{Limits, parse_table, read_study};
use parquet::basic::{Compression, ZstdLevel};

use crate::common::{Files, Folder};
use crate::parquet_bytes::{Values, all_types, write};

/// Reads bytes as a Parquet table.
fn read(bytes: &[u8], limits: &Limits) -> Result<Table, Vec<InputError>> {
    parse_table("t.parquet", bytes.to_vec(), limits)
}

fn refused(bytes: &[u8], part: &str) {
    let errors = read(bytes, &Limits::default()).expect_err(part);
    assert!(
        errors[0].message.contains(part),
        "`{part}` expected: {errors:#?}"
    );
    assert_eq!(errors[0].file, "t.parquet");
}

#[test]
fn every_type_is_read_in_every_compression() {
    let zstd = Compression::ZSTD(ZstdLevel::default());
    for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY, zstd] {
        let table = read(&all_types(compression), &Limits::default()).expect("fine");
        assert_eq!(table.names, ["name", "note", "d", "f", "i", "l", "b"]);
        assert_eq!(table.lines, [2, 3, 4]);
        let text = |name: &str| {
            (0..3)
                .map(|r| table.text(name, r).unwrap_or_default())
                .collect::<Vec<_>>()
        };
        assert_eq!(text("name"), ["a1", "b1", "c1"]);
        assert_eq!(text("note"), ["x", "", ""]);
        assert_eq!(
            table.column("d"),
            Some(&Column::Numbers(vec![1.5, -2.0, 1e300]))
        );
        assert_eq!(text("f"), ["0.5", "", "3"]);
        assert_eq!(text("i"), ["1", "2", "-3"]);
        assert_eq!(text("l"), ["1099511627776", "", "7"]);
        assert_eq!(text("b"), ["1", "0", ""]);
    }
}

#[test]
fn integers_beyond_floating_point_stay_exact() {
    let id = 9_007_199_254_740_993;
    let bytes = write(
        "message t { required int64 id; }",
        Compression::SNAPPY,
        &[Values::Int64(vec![Some(id)])],
    );
    let table = read(&bytes, &Limits::default()).expect("fine");
    assert_eq!(table.text("id", 0).as_deref(), Some("9007199254740993"));
}

#[test]
fn a_study_reads_the_same_from_parquet() {
    let bytes = write(
        "message t { required binary x_name (STRING); required double x; }",
        Compression::SNAPPY,
        &[
            Values::Text(vec![Some("a"), Some("b")]),
            Values::Double(vec![Some(0.5), Some(0.7)]),
        ],
    );
    let folder = Folder::new();
    let files = Files::base().edit("study.toml", "draws.csv", "draws.parquet");
    for (name, text) in &files.0 {
        folder.write(name, text);
    }
    folder.write("draws.parquet", bytes);
    let parquet = read_study(folder.path()).expect("valid");
    let csv = Files::base().read().expect("valid");
    assert_eq!(parquet.panel, csv.panel);
    let values = |s: &entrant_data::spec::Study| match &s.inputs["drawn"].distribution {
        entrant_data::Distribution::Table { values, .. } => values.clone(),
        _ => Vec::new(),
    };
    assert_eq!(values(&parquet.study), values(&csv.study));
}

#[test]
fn infinite_cells_are_named() {
    let bytes = write(
        "message t { required double x; }",
        Compression::SNAPPY,
        &[Values::Double(vec![Some(0.5), Some(f64::INFINITY)])],
    );
    let folder = Folder::new();
    for (name, text) in Files::base().edit("study.toml", "draws.csv", "d.parquet").0 {
        folder.write(&name, text);
    }
    folder.write("d.parquet", bytes);
    let errors = read_study(folder.path()).expect_err("infinite");
    let found = (
        errors[0].file.as_str(),
        errors[0].line,
        errors[0].value.as_str(),
    );
    assert_eq!(found, ("d.parquet", Some(3), "inf"));
}

#[test]
fn types_that_would_mean_something_else_are_refused() {
    for (schema, values, part) in [
        (
            "message t { required int32 d (DATE); }",
            Values::Int32(vec![Some(1)]),
            "type Date",
        ),
        (
            "message t { required int64 d (TIMESTAMP(MILLIS,true)); }",
            Values::Int64(vec![Some(1)]),
            "type Timestamp",
        ),
        (
            "message t { required int32 d (DECIMAL(9,2)); }",
            Values::Int32(vec![Some(1)]),
            "type Decimal",
        ),
    ] {
        refused(&write(schema, Compression::SNAPPY, &[values]), part);
    }
}

#[test]
fn nested_schemas_are_refused_before_they_are_read() {
    let bytes = write(
        "message t { required group g { required int32 x; } }",
        Compression::SNAPPY,
        &[Values::Int32(vec![Some(1)])],
    );
    refused(&bytes, "must be flat");
}

#[test]
fn files_that_are_no_parquet_are_refused() {
    let good = all_types(Compression::SNAPPY);
    for bytes in [
        &b""[..],
        b"PAR1",
        b"PAR1PAR1",
        b"0123456789",
        b"PAR1\0\0\0\0PAR1",
        b"PK\x03\x04 a zip file",
    ] {
        assert!(read(bytes, &Limits::default()).is_err());
    }
    for cut in 0..good.len() {
        assert!(
            read(&good[..cut], &Limits::default()).is_err(),
            "cut at {cut}"
        );
    }
}

/// A footer that claims what the file does not have, in place of the footer of a good file.
fn with_footer(footer: &[u8]) -> Vec<u8> {
    let length = u32::try_from(footer.len()).expect("short");
    [b"PAR1".as_slice(), footer, &length.to_le_bytes(), b"PAR1"].concat()
}

#[test]
fn lying_footers_are_refused() {
    // FileMetaData {1: version 1, 2: [root{4: "r", 5: 1 child}, {1: INT64, 3: REQUIRED, 4: "x"}],
    // 3: rows, 4: no row groups}, in Thrift compact form.
    let schema = [
        0x15, 2, 0x19, 0x2c, 0x48, 1, b'r', 0x15, 2, 0, 0x15, 4, 0x25, 0, 0x18, 1, b'x', 0,
    ];
    let rows = |varint: &[u8]| [&schema[..], &[0x16], varint, &[0x19, 0x0c, 0]].concat();
    refused(&with_footer(&rows(&[0])), "0 rows");
    refused(
        &with_footer(&rows(&[0x80, 0xa8, 0xd6, 0xb9, 0x07])),
        "1000000000 rows",
    );
    refused(&with_footer(&rows(&[20])), "do not add up");
    refused(&with_footer(&rows(&[1])), "damaged");
    // A schema nested a hundred thousand deep would overflow the stack of a recursive reader.
    let deep = [0x48, 1, b'r', 0x15, 2, 0].repeat(100_000);
    let nested = [
        &[0x15, 2, 0x19, 0xfc, 0xa0, 0x8d, 0x06],
        &deep[..],
        &[0x16, 2, 0],
    ]
    .concat();
    refused(&with_footer(&nested), "must be flat");
    // A list that claims two billion entries.
    let list = [0x15, 2, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07];
    refused(&with_footer(&list), "damaged");
}

#[test]
fn a_page_that_claims_too_much_is_refused_before_room_is_made() {
    let numbers = Values::Double((0..20_000).map(|i| Some(f64::from(i))).collect());
    let bytes = write(
        "message t { required double x; }",
        Compression::SNAPPY,
        &[numbers],
    );
    // The first page header follows the magic: {1: type, 2: unpacked size, 3: packed size, ...}.
    assert_eq!((bytes[4], bytes[6]), (0x15, 0x15));
    let end = 7 + bytes[7..]
        .iter()
        .position(|b| b & 0x80 == 0)
        .expect("a varint");
    let mut lying = bytes.clone();
    lying[7..end].fill(0xff);
    let small = Limits {
        table_bytes: 1000,
        ..Limits::default()
    };
    for (bytes, limits) in [(&lying, Limits::default()), (&bytes, small)] {
        let errors = read(bytes, &limits).expect_err("too much");
        assert!(errors[0].message.contains("unpack"), "{errors:#?}");
    }
}

#[test]
fn a_dictionary_cannot_unpack_to_more_than_the_limit() {
    let long: &'static str = "0123456789012345678901234567890123456789";
    let repeated = Values::Text(vec![Some(long); 1000]);
    let bytes = write(
        "message t { required binary x (STRING); }",
        Compression::SNAPPY,
        &[repeated],
    );
    assert!(bytes.len() < 1000);
    assert!(read(&bytes, &Limits::default()).is_ok());
    let limits = Limits {
        table_bytes: 20_000,
        ..Limits::default()
    };
    assert!(
        read(&bytes, &limits).expect_err("large")[0]
            .message
            .contains("unpacks to more")
    );
    let limits = Limits {
        cell_bytes: 39,
        ..Limits::default()
    };
    assert!(
        read(&bytes, &limits).expect_err("large")[0]
            .message
            .contains("cell is larger")
    );
}
