//! Mistakes in the tables: one cell or row of a valid study varied at a time.

use entrant_data::panel::ShareBasis;

use crate::common::{Files, require};

/// The base study with shares of potential buyers in place of units.
fn by_share() -> Files {
    Files::base()
        .edit(
            "study.toml",
            "outside_share = { dist = \"uniform\", low = 0.5, high = 0.6 }",
            "size = 500",
        )
        .edit("products.csv", "units", "share")
        .edit("products.csv", "10,100", "10,0.3")
        .edit("products.csv", "14,80", "14,0.2")
        .edit("products.csv", "9,60", "9,0.1")
        .edit("products.csv", "8,50", "8,0.1")
        .edit("products.csv", "11,70", "11,0.3")
        .edit("products.csv", "7,20", "7,0.1")
}

/// The base study with a mix within brands.
fn by_mix() -> Files {
    Files::base()
        .edit("study.toml", "size = 1000", "units = 290\noutside_share = 0.5")
        .edit("study.toml", "outside_share = { dist", "units = 90\noutside_share = { dist")
        .edit("study.toml", "[[market]]", "brands = \"brands.csv\"\n[[market]]")
        .edit("products.csv", "units", "mix")
        .with(
            "brands.csv",
            "market,brand,share,sd,mark\nnorth,Alpha,62,1,V\nnorth,Beta,21,,A\nnorth,Gamma,17,2,R\nsouth,Alpha,0.8,0.01,D\nsouth,Delta,0.2,0,\n",
        )
}

#[test]
fn cells_of_the_products_table() {
    require(
        &Files::base(),
        r#"
products.csv ¦ Alpha,10, ¦ Alpha,, ¦ a1,Alpha,, ¦ `price` is empty ¦  ¦ write a number
products.csv ¦ Alpha,10, ¦ Alpha,NaN, ¦ NaN ¦ `price` is not a finite number ¦ NaN ¦
products.csv ¦ Alpha,10, ¦ Alpha,inf, ¦ inf ¦ `price` is not a finite number ¦ inf ¦
products.csv ¦ Alpha,10, ¦ Alpha,"10,5", ¦ 10,5 ¦ `price` is not a number ¦ 10,5 ¦ decimal point
products.csv ¦ Alpha,10, ¦ Alpha,#N/A, ¦ #N/A ¦ `price` is not a number ¦ #N/A ¦ fill in
products.csv ¦ Alpha,10, ¦ Alpha,$10, ¦ $10 ¦ `price` is not a number ¦ $10 ¦ without its unit
products.csv ¦ Alpha,10, ¦ Alpha,ten, ¦ ten ¦ `price` is not a number ¦ ten ¦
products.csv ¦ Alpha,10, ¦ Alpha,-10, ¦ -10 ¦ `price` is -10, must be above 0 ¦ -10 ¦
products.csv ¦ Alpha,10, ¦ Alpha,0, ¦ ,0,100 ¦ `price` is 0, must be above 0 ¦ 0 ¦
products.csv ¦ Alpha,10, ¦ Alpha,1e308, ¦ 1e308 ¦ times the median price ¦ 1e308 ¦ same unit
products.csv ¦ Alpha,10, ¦ Alpha,1e9, ¦ 1e9 ¦ times the median price ¦ 1000000000 ¦ same unit
products.csv ¦ Alpha,10, ¦ Alpha,1e-9, ¦ 1e-9 ¦ times the median price ¦ 1e-9 ¦ same unit
products.csv ¦ 10,100, ¦ 10,0, ¦ 10,0, ¦ `units` is 0, must be above 0 ¦ 0 ¦
products.csv ¦ 10,100, ¦ 10,-1, ¦ 10,-1, ¦ `units` is -1, must be above 0 ¦ -1 ¦
products.csv ¦ 10,100, ¦ 10,1e-300, ¦ 1e-300 ¦ of its market, below 1e-12 ¦  ¦ leave out
products.csv ¦ 100,5,1 ¦ 100,,1 ¦ 100,,1 ¦ `size` is empty ¦  ¦
products.csv ¦ 100,5,1 ¦ 100,x,1 ¦ 100,x,1 ¦ `size` is not a number ¦ x ¦
products.csv ¦ north,a2 ¦ north,a1 ¦ 14,80 ¦ `a1` stands in lines 2 and 3 of one market ¦ a1 ¦ one row
products.csv ¦ north,a2 ¦ west,a2 ¦ west ¦ `west`, which is no market of the study ¦ west ¦ known: `north`, `south`
products.csv ¦ north,a2 ¦ ,a2 ¦ ,a2 ¦ `market` is empty ¦  ¦
products.csv ¦ north,a2 ¦ north, ¦ north,, ¦ `product` is empty ¦  ¦
products.csv ¦ a2,Alpha ¦ a2, ¦ a2,, ¦ `firm` is empty ¦  ¦
products.csv ¦ a2,Alpha ¦ a2,"Al\epha" ¦ a2, ¦ control character ¦  ¦
products.csv ¦ north,g1 ¦ north,outside ¦ outside ¦ the word for buying nothing ¦ outside ¦
products.csv ¦ g1,Gamma ¦ g1,outside ¦ outside ¦ the word for buying nothing ¦ outside ¦
products.csv ¦ k2,ax ¦ ,ax ¦ 2,,ax ¦ `kind` is empty ¦  ¦
products.csv ¦ k2,ax,online ¦ k2,ax,onlin ¦ onlin ¦ `onlin`, which is no segment ¦ onlin ¦ did you mean `online`?
products.csv ¦ ,0.9,R ¦ ,1.1,R ¦ 1.1 ¦ `aware` is 1.1, must be above 0 and at most 1 ¦ 1.1 ¦
products.csv ¦ ,0.9,R ¦ ,0,R ¦ ,0,R ¦ `aware` is 0 ¦ 0 ¦
products.csv ¦ ,0.9,R ¦ ,0.9,maybe ¦ maybe ¦ `mark` is no mark ¦ maybe ¦ verified, derived
products.csv ¦ a2,Alpha,14 ¦ a2,Alpha,14,9 ¦ 14,9 ¦ 13 cells, the header has 12 ¦  ¦ double quotes
"#,
    );
}

#[test]
fn columns_of_the_products_table() {
    require(
        &Files::base(),
        r"
products.csv ¦ firm,price ¦ firm,prise ¦ market, ¦ no column `price` ¦  ¦ did you mean `prise`?
products.csv ¦ product,firm ¦ Product,firm ¦ market, ¦ no column `product` ¦  ¦ `Product`
products.csv ¦ price,units ¦ price,unitz ¦ market, ¦ no column `units` ¦  ¦ its `share` of potential buyers
products.csv ¦ price,units,size ¦ price,units,share ¦ market, ¦ columns `units` and `share` ¦  ¦ keep the one
products.csv ¦ price,units,size ¦ price,units,siize ¦ market, ¦ no column `size` ¦  ¦ `siize`
products.csv ¦ weight,kind ¦ weight,kindd ¦ market, ¦ no column `kind` ¦  ¦ `kindd`
products.csv ¦ kind,system ¦ kind,sistem ¦ market, ¦ no column `system` ¦  ¦ `sistem`
products.csv ¦ market,product ¦ markt,product ¦ markt ¦ no column `market` ¦  ¦ `markt`
products.csv ¦ market,product ¦ ,product ¦ ,product ¦ column 1 has no name ¦  ¦ name it
products.csv ¦ weight,kind ¦ price,kind ¦ market, ¦ column `price` twice ¦ price ¦
",
    );
    let semicolons = Files(vec![
        ("study.toml".into(), Files::base().text("study.toml").into()),
        (
            "products.csv".into(),
            Files::base().text("products.csv").replace(',', ";"),
        ),
    ]);
    let errors = semicolons.read().expect_err("one column");
    assert!(
        errors
            .iter()
            .any(|e| e.hint.contains("separated by commas")),
        "{errors:#?}"
    );
}

#[test]
fn columns_that_the_study_names_must_be_there() {
    for (key, name) in [
        ("brand", "make"),
        ("segments", "channels"),
        ("aware", "known"),
        ("mark", "basis"),
        ("source", "origin"),
    ] {
        let columns = format!("[data.columns]\n{key} = \"{name}\"\n[[market]]");
        let errors = Files::base()
            .edit("study.toml", "[[market]]", &columns)
            .read()
            .expect_err(key);
        let message = format!("there is no column `{name}`");
        assert!(errors.iter().any(|e| e.message == message), "{errors:#?}");
    }
    let named = Files::base()
        .edit(
            "study.toml",
            "[[market]]",
            "[data.columns]\nprice = \"usd\"\nunits = \"sold\"\n[[market]]",
        )
        .edit("products.csv", "price,units", "usd,sold");
    assert!(named.read().is_ok());
}

#[test]
fn whole_tables() {
    for (file, text, message) in [
        ("products.csv", "", "0 rows"),
        (
            "products.csv",
            "market,product,firm,price,units\n",
            "0 rows",
        ),
        ("draws.csv", "x\n", "0 rows"),
        ("observed.csv", "", "0 rows"),
    ] {
        let mut files = Files::base();
        files.0.retain(|(name, _)| name != file);
        let errors = files.with(file, text).read().expect_err(message);
        assert!(
            errors
                .iter()
                .any(|e| e.file == file && e.message.contains(message)),
            "{errors:#?}"
        );
    }
    let no_south = Files::base()
        .edit("products.csv", "south,a1", "north,x1")
        .edit("products.csv", "south,d1", "north,d1");
    let errors = no_south.read().expect_err("no rows");
    assert!(
        errors
            .iter()
            .any(|e| e.value == "south" && e.message.contains("no row")),
        "{errors:#?}"
    );
}

#[test]
fn shares_of_potential_buyers() {
    assert!(by_share().read().is_ok());
    require(
        &by_share(),
        r"
products.csv ¦ 10,0.3 ¦ 10,1 ¦ 10,1, ¦ `share` is 1, must be above 0 and below 1 ¦ 1 ¦
products.csv ¦ 10,0.3 ¦ 10,0 ¦ 10,0, ¦ `share` is 0 ¦ 0 ¦
products.csv ¦ 10,0.3 ¦ 10,0.7 ¦ g1 ¦ sums to 1.1 ¦  ¦ all potential buyers
products.csv ¦ 10,0.3 ¦ 10,0.599999999999999 ¦ g1 ¦ is left for buying nothing ¦  ¦
products.csv ¦ 10,0.3 ¦ 10,1e-300 ¦ 1e-300 ¦ below 1e-12 ¦  ¦
study.toml ¦ size = 500 ¦  ¦ [[market]] ¦ exactly one of `size` and `units` ¦  ¦
study.toml ¦ size = 500 ¦ outside_share = 0.6 ¦ [[market]] ¦ follows from the shares ¦  ¦ leave it out
",
    );
}

#[test]
fn mixes_and_brand_totals() {
    let loaded = by_mix().read().expect("valid");
    let brands = &loaded.panel.markets[0].brands;
    assert_eq!(
        brands.iter().map(|b| b.brand.as_str()).collect::<Vec<_>>(),
        ["Alpha", "Beta", "Gamma"]
    );
    assert!((brands[0].share - 0.62).abs() < 1e-15 && (brands[0].sd - 0.01).abs() < 1e-15);
    assert_eq!(
        loaded.panel.markets[0].products[0].basis,
        ShareBasis::Mix(100.0)
    );
    require(
        &by_mix(),
        r#"
brands.csv ¦ Alpha,62 ¦ Alpha,52 ¦ Gamma ¦ sums to 90, must sum to 1 or to 100 ¦  ¦
brands.csv ¦ Alpha,0.8 ¦ Alpha,0.9 ¦ Delta ¦ sums to 1.1 ¦  ¦
brands.csv ¦ Beta,21 ¦ Alpha,21 ¦ Alpha,21 ¦ `Alpha` stands in lines 2 and 3 ¦ Alpha ¦
brands.csv ¦ Beta,21 ¦ Beto,21 ¦ Beto ¦ `Beto` has no product in market `north` ¦ Beto ¦ did you mean `Beta`?
brands.csv ¦ Beta,21 ¦ Beto,21 ¦  ¦ no total for brand `Beta` of market `north` ¦ Beta ¦ `Beto`
brands.csv ¦ Beta,21 ¦ Beta,0 ¦ Beta,0 ¦ `share` is 0, must be above 0 ¦ 0 ¦
brands.csv ¦ Beta,21 ¦ Beta,#N/A ¦ #N/A ¦ `share` is not a number ¦ #N/A ¦
brands.csv ¦ Alpha,62,1, ¦ Alpha,62,-1, ¦ -1 ¦ `sd` is -1, must not be below 0 ¦ -1 ¦
brands.csv ¦ 1,V ¦ 1,X ¦ 1,X ¦ `mark` is no mark ¦ X ¦
brands.csv ¦ north,Beta ¦ west,Beta ¦ west ¦ no market of the study ¦ west ¦
brands.csv ¦ brand,share ¦ brand,shares ¦ market, ¦ no column `share` ¦  ¦ `shares`
brands.csv ¦ market,brand ¦ region,brand ¦ region ¦ no column `market` ¦  ¦
study.toml ¦ units = 290\n ¦  ¦ [[market]] ¦ exactly one of `units` and `size` ¦  ¦
study.toml ¦ outside_share = 0.5 ¦  ¦ [[market]] ¦ a mix needs `outside_share` ¦  ¦
study.toml ¦ brands = "brands.csv" ¦  ¦ [data] ¦ need a table of brand totals ¦  ¦ brands.csv
study.toml ¦ brands = "brands.csv" ¦ brands = "brand.csv" ¦ brand.csv ¦ no such file ¦ brand.csv ¦ `brands.csv`
study.toml ¦ [[market]] ¦ [[data.average_price]]\nbrand = "Alpha"\nvalue = 20\n[[market]] ¦ value = 20 ¦ not strictly between 10 and 14 ¦ 20 ¦
study.toml ¦ [[market]] ¦ [[data.average_price]]\nbrand = "Alpa"\nvalue = 12\n[[market]] ¦ Alpa ¦ no brand `Alpa` ¦ Alpa ¦ `Alpha`
"#,
    );
}

#[test]
fn draws_and_observed_shares() {
    require(
        &Files::base(),
        r"
draws.csv ¦ 0.7 ¦ x ¦ x,b ¦ `x` is not a number ¦ x ¦
draws.csv ¦ 0.7 ¦  ¦ ,b ¦ `x` is empty ¦  ¦
observed.csv ¦ Alpha,60 ¦ Alpha,50 ¦ New ¦ sums to 90 ¦  ¦
observed.csv ¦ Alpha,60 ¦ Beta,60 ¦ Beta,25 ¦ `Beta` stands in lines 2 and 3 ¦ Beta ¦
observed.csv ¦ Gamma,10 ¦ Gama,10 ¦ Gama ¦ no brand `Gama` ¦ Gama ¦ `Gamma`
observed.csv ¦ Gamma,10 ¦ Gamma, ¦ Gamma, ¦ `share` is empty ¦  ¦
observed.csv ¦ brand,share ¦ brand,shr ¦ brand,shr ¦ no column `share` ¦  ¦ `shr`
",
    );
    // Draws below 0 do not fit the place that uses them, and that is where it is said.
    let errors = Files::base()
        .edit("draws.csv", "0.7", "-0.7")
        .read()
        .expect_err("negative");
    assert_eq!(errors[0].path, "demand.loyalty.strength");
    assert!(
        errors[0]
            .message
            .contains("input `drawn` ranges from -0.7 to 0.5"),
        "{errors:#?}"
    );
}

#[test]
fn ids_may_look_like_numbers() {
    let files = Files::base()
        .edit("products.csv", "north,b1", "north,007")
        .edit("study.toml", "products = [\"b1\"]", "products = [\"007\"]");
    assert!(files.read().is_ok());
    let mut years = Files::base();
    for (_, text) in &mut years.0 {
        *text = text.replace("north", "2017").replace("south", "2018");
    }
    assert_eq!(years.read().expect("valid").panel.markets[0].id, "2017");
}

#[test]
fn a_missing_brand_column_is_the_firm() {
    let loaded = Files::base()
        .edit("study.toml", "column = \"system\"", "column = \"brand\"")
        .edit(
            "study.toml",
            "owners = { ax = 0.4, bx = 0.3 }",
            "owners = { Alpha = 0.4, New = 0 }",
        )
        .edit(
            "study.toml",
            "labels = { kind = \"k1\", system = \"ax\" }",
            "labels = { kind = \"k1\" }",
        )
        .edit(
            "study.toml",
            "labels = { kind = \"k2\", system = \"ax\" }",
            "labels = { kind = \"k2\" }",
        )
        .read()
        .expect("valid");
    assert_eq!(loaded.panel.markets[0].products[0].labels["brand"], "Alpha");
    assert_eq!(loaded.study.entrant[0].labels["brand"], "New");
}
