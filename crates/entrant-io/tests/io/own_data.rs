//! The tables of our own studies hold every bit of the CSV files that they were made from.
//!
//! For each column, the sum over its rows of the row's number (from 1) times the bits of the number
//! (of a text: the sum of its bytes), modulo 2^64. `parity/study_data.py studies --sums` printed
//! them from the CSV files in `pyblp` 1.3.0, with Python's own `float()`.

use std::path::Path;

use entrant_data::table::Column;
use entrant_io::{Limits, read_table};

/// Columns of `nevo-cereal/products.parquet`.
const NEVO_PRODUCTS: [(&str, u64); 30] = [
    ("market_ids", 0x0000_0000_2dc3_d794),
    ("city_ids", 0x502a_0000_0000_0000),
    ("quarter", 0x8ac0_0000_0000_0000),
    ("product_ids", 0x0000_0000_2bbf_9834),
    ("firm_ids", 0x1db0_0000_0000_0000),
    ("brand_ids", 0x9bed_0000_0000_0000),
    ("shares", 0x8fdc_a8cf_1693_18f3),
    ("prices", 0xff51_81e2_c3af_454d),
    ("sugar", 0x27f0_0000_0000_0000),
    ("mushy", 0xef20_0000_0000_0000),
    ("demand_instruments0", 0x83e7_e4fa_44ab_9416),
    ("demand_instruments1", 0xbfb9_05cc_4650_2b97),
    ("demand_instruments2", 0x236b_5436_b665_acb7),
    ("demand_instruments3", 0x24e2_2c97_d460_9b04),
    ("demand_instruments4", 0xd571_43cd_e3ce_a7fd),
    ("demand_instruments5", 0x66d0_9d87_917c_af1f),
    ("demand_instruments6", 0x77d3_139a_8167_bb66),
    ("demand_instruments7", 0xa2af_1f7c_5887_fd48),
    ("demand_instruments8", 0x1f4e_298e_06d8_1e6a),
    ("demand_instruments9", 0xd302_6d10_77d1_ef99),
    ("demand_instruments10", 0x0927_9451_bd4b_8b6c),
    ("demand_instruments11", 0x562d_0838_fc7d_5d62),
    ("demand_instruments12", 0x94ed_96df_51e4_ad33),
    ("demand_instruments13", 0x00af_11c7_e076_0e9f),
    ("demand_instruments14", 0xa922_876a_b36c_0563),
    ("demand_instruments15", 0xe5cc_b5c5_6c56_bae9),
    ("demand_instruments16", 0x7109_78f9_2f3a_4a27),
    ("demand_instruments17", 0xa4b9_ac23_0f1c_bb4a),
    ("demand_instruments18", 0x9b3b_774e_25f6_74f0),
    ("demand_instruments19", 0xbf2d_e433_682e_cbaf),
];

/// Columns of `nevo-cereal/consumers.parquet`.
const NEVO_CONSUMERS: [(&str, u64); 12] = [
    ("market_ids", 0x0000_0000_1fc8_b86e),
    ("city_ids", 0x8c93_0000_0000_0000),
    ("quarter", 0x0620_0000_0000_0000),
    ("weights", 0xf4c0_0000_000a_cab8),
    ("nodes0", 0x668e_29ae_112a_d2b4),
    ("nodes1", 0x2d48_d778_1401_3930),
    ("nodes2", 0xc454_92d4_eecd_5f3c),
    ("nodes3", 0x5164_16c8_00f0_acfe),
    ("income", 0x731a_30b3_89d5_51d2),
    ("income_squared", 0x71ba_1481_0f32_128c),
    ("age", 0xdb81_2f1c_8d7b_086c),
    ("child", 0x5071_5c98_82b7_b78c),
];

/// Columns of `blp-autos/products.parquet`.
const BLP_PRODUCTS: [(&str, u64); 33] = [
    ("market_ids", 0xcb28_4800_0000_0000),
    ("clustering_ids", 0x0000_0000_4e1b_eca3),
    ("car_ids", 0x1df8_1e00_0000_0000),
    ("firm_ids", 0x414d_0000_0000_0000),
    ("region", 0x0000_0000_17b2_0a24),
    ("shares", 0xd248_4df4_c35b_9775),
    ("prices", 0x937d_3793_3051_41ee),
    ("hpwt", 0x188d_dd50_4e80_37c2),
    ("air", 0xe360_0000_0000_0000),
    ("mpd", 0xf549_30ed_312e_a125),
    ("mpg", 0xab91_20c4_9ba5_23d7),
    ("space", 0xde30_3797_4601_96ab),
    ("trend", 0xcd6b_0000_0000_0000),
    ("demand_instruments0", 0x028c_0000_0000_0000),
    ("demand_instruments1", 0x6742_5ca7_c148_dec4),
    ("demand_instruments2", 0x7549_0000_0000_0000),
    ("demand_instruments3", 0xfac2_e6bc_a0e0_71a2),
    ("demand_instruments4", 0x08f3_6000_0000_0000),
    ("demand_instruments5", 0xaa9e_acd3_82c3_4765),
    ("demand_instruments6", 0x0eea_0000_0000_0000),
    ("demand_instruments7", 0x21ba_9591_191b_ea07),
    ("supply_instruments0", 0x028c_0000_0000_0000),
    ("supply_instruments1", 0x35c2_e93d_d56c_ed72),
    ("supply_instruments2", 0x7549_0000_0000_0000),
    ("supply_instruments3", 0xed41_ebca_ec65_e6c3),
    ("supply_instruments4", 0x825d_e252_6733_8511),
    ("supply_instruments5", 0x08f3_6000_0000_0000),
    ("supply_instruments6", 0x4a93_2960_a742_39d4),
    ("supply_instruments7", 0x0eea_0000_0000_0000),
    ("supply_instruments8", 0x8cc4_0c97_20a4_4438),
    ("supply_instruments9", 0x6f21_7804_53da_12f1),
    ("supply_instruments10", 0x1622_8000_0000_0000),
    ("supply_instruments11", 0xf549_30ed_312e_a125),
];

/// Columns of `blp-autos/consumers.parquet`.
const BLP_CONSUMERS: [(&str, u64); 8] = [
    ("market_ids", 0xb24f_a000_0000_0000),
    ("weights", 0x2c1e_06ce_c4d9_0be4),
    ("nodes0", 0x56ba_7488_76f0_a66c),
    ("nodes1", 0x014b_01f5_77e4_3554),
    ("nodes2", 0xc5d3_e4a1_cb0c_d5c4),
    ("nodes3", 0x8683_a679_dc0c_7090),
    ("nodes4", 0x8ac6_ca0b_d04e_baa4),
    ("income", 0x9be6_8b6d_8ce8_8096),
];

/// Columns of `petrin-minivans/products.parquet`.
const PETRIN_PRODUCTS: [(&str, u64); 62] = [
    ("market_ids", 0xd719_d000_0000_0000),
    ("clustering_ids", 0xcc50_3000_0000_0000),
    ("firm_ids", 0x1cc5_0000_0000_0000),
    ("region", 0x0000_0000_1be9_a9ee),
    ("jp", 0x4330_0000_0000_0000),
    ("eu", 0xa4e0_0000_0000_0000),
    ("q", 0x70c9_8d70_a3d6_d525),
    ("households", 0xa56c_bb00_0000_0000),
    ("shares", 0x79a0_8ddd_b1c0_1a2e),
    ("prices", 0x6743_f409_5eb5_a92b),
    ("hpwt", 0xa488_e23a_fabb_6cf2),
    ("wt", 0xa1ee_62b1_7050_2320),
    ("space", 0x5286_bcd1_5362_056b),
    ("air", 0x61c0_0000_0000_0000),
    ("mpd", 0x7ce6_38c5_3031_e12f),
    ("mpg", 0xd538_f5c2_8f5b_4bd8),
    ("fwd", 0x09a0_0000_0000_0000),
    ("mi", 0x5bb0_0000_0000_0000),
    ("sw", 0xa9e0_0000_0000_0000),
    ("su", 0x7c50_0000_0000_0000),
    ("pv", 0xb590_0000_0000_0000),
    ("pgnp", 0x62b4_d75c_99af_de46),
    ("trend", 0xbae6_0000_0000_0000),
    ("trend2", 0x4667_4000_0000_0000),
    ("demand_instruments0", 0xd780_0000_0000_0000),
    ("demand_instruments1", 0x3eb3_e64c_256a_be09),
    ("demand_instruments2", 0x7f9d_0000_0000_0000),
    ("demand_instruments3", 0x0f73_4bcb_d6a2_cbaf),
    ("demand_instruments4", 0xaa23_8000_0000_0000),
    ("demand_instruments5", 0xa038_0000_0000_0000),
    ("demand_instruments6", 0xdca8_0000_0000_0000),
    ("demand_instruments7", 0x2e18_0000_0000_0000),
    ("demand_instruments8", 0xccb0_0000_0000_0000),
    ("demand_instruments9", 0x8f63_c1e8_21b7_4961),
    ("demand_instruments10", 0xaa6a_1800_0000_0000),
    ("demand_instruments11", 0x7c03_a000_0000_0000),
    ("demand_instruments12", 0x6dd2_0000_0000_0000),
    ("demand_instruments13", 0x604f_7e49_c62b_8633),
    ("demand_instruments14", 0xe9e8_0000_0000_0000),
    ("demand_instruments15", 0x87f5_0000_0000_0000),
    ("demand_instruments16", 0x24fb_0000_0000_0000),
    ("demand_instruments17", 0x23f0_0000_0000_0000),
    ("demand_instruments18", 0x4330_0000_0000_0000),
    ("demand_instruments19", 0xd68c_0000_0000_0000),
    ("demand_instruments20", 0xa4e0_0000_0000_0000),
    ("demand_instruments21", 0xb298_0000_0000_0000),
    ("supply_instruments0", 0xd780_0000_0000_0000),
    ("supply_instruments1", 0x4e26_83ca_ef36_1cca),
    ("supply_instruments2", 0x7f9d_0000_0000_0000),
    ("supply_instruments3", 0xaa23_8000_0000_0000),
    ("supply_instruments4", 0xaa6a_1800_0000_0000),
    ("supply_instruments5", 0x8b6e_0000_0000_0000),
    ("supply_instruments6", 0x9858_0000_0000_0000),
    ("supply_instruments7", 0xa700_8000_0000_0000),
    ("supply_instruments8", 0x0698_c000_0000_0000),
    ("supply_instruments9", 0x7c03_a000_0000_0000),
    ("supply_instruments10", 0xaeb6_1a3b_14e4_f44b),
    ("supply_instruments11", 0x551c_98db_6adb_9e63),
    ("supply_instruments12", 0x6dd2_0000_0000_0000),
    ("supply_instruments13", 0xdedc_8000_0000_0000),
    ("supply_instruments14", 0xecd5_8000_0000_0000),
    ("supply_instruments15", 0x85f0_c031_18a6_6807),
];

/// Columns of `petrin-minivans/consumers.parquet`.
const PETRIN_CONSUMERS: [(&str, u64); 15] = [
    ("market_ids", 0x10fc_3000_0000_0000),
    ("weights", 0xfd00_0000_007b_c9f0),
    ("nodes0", 0x430c_75f4_ab4e_50d8),
    ("nodes1", 0x2519_6baf_f3a9_8388),
    ("nodes2", 0xdf23_3300_5be4_1def),
    ("nodes3", 0x08b1_f4a1_c20e_5097),
    ("nodes4", 0x57ae_ff20_694f_e799),
    ("nodes5", 0x70c1_6168_ca36_cba6),
    ("fv", 0xfdee_a545_064d_1b6f),
    ("income", 0xd8a8_ee86_9c1d_2af4),
    ("low", 0x8ea0_0000_0000_0000),
    ("mid", 0x3db0_0000_0000_0000),
    ("high", 0xbb70_0000_0000_0000),
    ("fs", 0x1d4c_0000_0000_0000),
    ("age", 0xa5b0_0000_0000_0000),
];

fn word(column: &Column, row: usize) -> u64 {
    match column {
        Column::Numbers(cells) => cells[row].to_bits(),
        Column::Text(cells) => cells[row].bytes().map(u64::from).sum(),
    }
}

#[test]
fn every_bit_is_there() {
    let studies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../studies");
    for (study, name, columns) in [
        ("nevo-cereal", "products.parquet", NEVO_PRODUCTS.as_slice()),
        ("nevo-cereal", "consumers.parquet", &NEVO_CONSUMERS),
        ("blp-autos", "products.parquet", &BLP_PRODUCTS),
        ("blp-autos", "consumers.parquet", &BLP_CONSUMERS),
        ("petrin-minivans", "products.parquet", &PETRIN_PRODUCTS),
        ("petrin-minivans", "consumers.parquet", &PETRIN_CONSUMERS),
        ("petrin-surveys", "products.parquet", &PETRIN_PRODUCTS),
        ("petrin-surveys", "consumers.parquet", &PETRIN_CONSUMERS),
    ] {
        let table = read_table(&studies.join(study), name, &Limits::default()).expect(study);
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        assert_eq!(table.names, names);
        for (name, expected) in columns {
            let column = table.column(name).expect("there");
            let sum = (0..table.rows()).fold(0_u64, |sum, row| {
                let factor = u64::try_from(row + 1).expect("small");
                sum.wrapping_add(factor.wrapping_mul(word(column, row)))
            });
            assert_eq!(sum, *expected, "{study}, {name}");
        }
    }
}
