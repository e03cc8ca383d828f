//! Mistakes in the study file: one thing of a valid study varied at a time.

use crate::common::{Files, require};

#[test]
fn the_base_study_reads() {
    let loaded = Files::base().read().expect("valid");
    assert_eq!(loaded.panel.markets[0].products.len(), 4);
    assert_eq!(loaded.panel.markets[0].products[1].segments, ["online"]);
    assert_eq!(loaded.panel.markets[1].products[0].x, [5.0, 1.0]);
    assert_eq!(
        loaded.files,
        ["study.toml", "products.csv", "observed.csv", "draws.csv"]
    );
    let observed = loaded.backtest.expect("a back-test");
    assert_eq!(
        (observed.market.as_str(), observed.brands[0].share),
        ("north", 0.6)
    );
}

#[test]
fn syntax_keys_and_types() {
    require(
        &Files::base(),
        r#"
study.toml ¦ title = ¦ titel = ¦ titel ¦ unknown key `titel` ¦ titel ¦ `title`
study.toml ¦ aware = 0.5 ¦ awaer = 0.5 ¦ awaer ¦ unknown key `awaer` ¦ awaer ¦ `aware`
study.toml ¦ question = ¦ # ¦ title ¦ the key `question` is missing ¦  ¦ question = ...
study.toml ¦ size = 1000 ¦ size = [1] ¦ size = [1] ¦ invalid type ¦ [1] ¦
study.toml ¦ size = 1000 ¦ size = true ¦ size = true ¦ a number, the name ¦ true ¦
study.toml ¦ periods = 3 ¦ periods = -3 ¦ periods ¦ -3 ¦ -3 ¦
study.toml ¦ periods = 3 ¦ periods = 3.5 ¦ periods ¦ 3.5 ¦ 3.5 ¦
study.toml ¦ [data] ¦ [data ¦ [data ¦  ¦  ¦
study.toml ¦ low = 0.5, high ¦ low = 0.9, high ¦ outside_share ¦ in order ¦  ¦
study.toml ¦ dist = "uniform" ¦ dist = "unifrom" ¦ unifrom ¦ unknown distribution ¦  ¦
study.toml ¦ "random-coefficients" ¦ "random" ¦ "random" ¦ unknown choice ¦  ¦ known
study.toml ¦ size = 1000 ¦ size = 1000\nsize = 2 ¦ size = 2 ¦ duplicate key ¦  ¦
"#,
    );
}

#[test]
fn ids() {
    require(
        &Files::base(),
        r#"
study.toml ¦ id = "south" ¦ id = "north" ¦ id = "north" ¦ has the id `north` ¦ north ¦
study.toml ¦ id = "shop" ¦ id = "online" ¦ id = "online" ¦ `segment[0]` ¦ online ¦
study.toml ¦ id = "shop" ¦ id = "sh|op" ¦ sh|op ¦ cannot contain ¦ sh|op ¦
study.toml ¦ id = "n2" ¦ id = "n1" ¦ id = "n1" ¦ `entrant[0]` ¦ n1 ¦
study.toml ¦ id = "second" ¦ id = "first" ¦ id = "first" ¦ `scenario[0]` ¦ first ¦
study.toml ¦ id = "first" ¦ id = " " ¦ id = " " ¦ must not be empty ¦  ¦
study.toml ¦ firm = "New" ¦ firm = "\u0007" ¦ u0007 ¦ control character ¦  ¦
study.toml ¦ drawn = ¦ optimal = ¦ optimal ¦ cannot be called ¦  ¦
study.toml ¦ id = "n1" ¦ id = "outside" ¦ id = "outside" ¦ the word for buying nothing ¦ outside ¦
study.toml ¦ id = "n1" ¦ id = "a1" ¦ id = "a1" ¦ on sale already ¦ a1 ¦ of its own
"#,
    );
}

#[test]
fn references() {
    require(
        &Files::base(),
        r#"
study.toml ¦ margin"\nof = "Alpha" ¦ margin"\nof = "Alhpa" ¦ Alhpa ¦ no product, brand or firm ¦ Alhpa ¦ `Alpha`
study.toml ¦ firm = "Beta"\nmargin ¦ firm = "Beto"\nmargin ¦ Beto ¦ no firm `Beto` ¦ Beto ¦ `Beta`
study.toml ¦ owner = "Alpha" ¦ owner = "Alphabet" ¦ Alphabet ¦ no firm ¦ Alphabet ¦
study.toml ¦ of = "Alpha"\nvalue ¦ of = "Delta"\nvalue ¦ "Delta" ¦ no product, brand or firm on sale in that market ¦ Delta ¦
study.toml ¦ like = "a1" ¦ like = "b1" ¦ products = ["n1"] ¦ `n1` is like `b1`, which is not sold in market `south` ¦ n1 ¦ `markets`
study.toml ¦ like = "a1" ¦ like = "a3" ¦ like = "a3" ¦ no product on sale `a3` ¦ a3 ¦ did you mean
study.toml ¦ like = "a1" ¦ like = "n2" ¦ like = "n2" ¦ no product on sale ¦ n2 ¦
study.toml ¦ brands = ["Beta"] ¦ brands = ["Bata"] ¦ Bata ¦ no brand on sale ¦ Bata ¦ `Beta`
study.toml ¦ size = 5 } ¦ size = 5, wieght = 2 } ¦ wieght ¦ no characteristic ¦ wieght ¦ `weight`
study.toml ¦ labels = { kind ¦ labels = { knd = "x", kind ¦ knd ¦ no column that demand uses ¦ x ¦ `kind`
study.toml ¦ column = "size"\nspread ¦ column = "siz"\nspread ¦ siz ¦ no characteristic `siz` ¦ siz ¦ `size`
study.toml ¦ ax = 0.4 ¦ ay = 0.4 ¦ ay = 0.4 ¦ no loyalty group `ay` ¦ ay ¦ `ax`
study.toml ¦ share = "shop_share" ¦ share = "shop_shar" ¦ shop_shar" ¦ no input ¦ shop_shar ¦ `shop_share`
study.toml ¦ spread = 0.3 ¦ spread = "calibrat" ¦ calibrat ¦ no input ¦ calibrat ¦ `calibrate`
study.toml ¦ price = "optimal" ¦ price = "optimum" ¦ optimum ¦ no input ¦ optimum ¦ `optimal`
study.toml ¦ drawn = { ¦ other = "drawn"\ndrawn = { ¦ other ¦ cannot be the name ¦ drawn ¦
study.toml ¦ hold = ["Alpha"] ¦ hold = ["Alfa"] ¦ hold ¦ no firm ¦ Alfa ¦ `Alpha`
study.toml ¦ hold = ["Alpha"] ¦ reprice = ["Alfa"] ¦ reprice ¦ no firm ¦ Alfa ¦ `Alpha`
study.toml ¦ products = ["n1"] ¦ products = ["n3"] ¦ n3 ¦ no entrant `n3` ¦ n3 ¦ did you mean
study.toml ¦ segments = ["online"] ¦ segments = ["onlin"] ¦ onlin ¦ no segment ¦ onlin ¦ `online`
study.toml ¦ markets = ["north"] ¦ markets = ["nord"] ¦ nord ¦ no market ¦ nord ¦ `north`
study.toml ¦ products = ["b1"] ¦ products = ["b2"] ¦ b2 ¦ no product `b2` ¦ b2 ¦ did you mean
study.toml ¦ products = ["b1"] ¦ products = ["n2"] ¦ n2 ¦ does not enter ¦ n2 ¦ `enter`
study.toml ¦ product = "a1" ¦ product = "a9" ¦ a9 ¦ no product ¦ a9 ¦
study.toml ¦ a1"\ncolumn = "size" ¦ a1"\ncolumn = "seize" ¦ seize ¦ no characteristic ¦ seize ¦ `size`
study.toml ¦ products = ["a2"] ¦ products = ["a22"] ¦ a22 ¦ no product ¦ a22 ¦ `a2`
study.toml ¦ "Gamma"] ¦ "Gama"] ¦ Gama ¦ no firm ¦ Gama ¦ `Gamma`
study.toml ¦ brand = "Beta" ¦ brand = "Bta" ¦ Bta ¦ no brand ¦ Bta ¦ `Beta`
study.toml ¦ firm = "Delta" ¦ firm = "Delt" ¦ Delt ¦ no firm ¦ Delt ¦ `Delta`
study.toml ¦ firm = "New"\nperiods ¦ firm = "Alpha"\nperiods ¦ Alpha ¦ no entrant of firm ¦ Alpha ¦ known: `New`
study.toml ¦ market = "north" ¦ market = "nrth" ¦ nrth ¦ no market ¦ nrth ¦ `north`
study.toml ¦ scenarios = ["first"] ¦ scenarios = ["frst"] ¦ frst ¦ no scenario ¦ frst ¦ `first`
study.toml ¦ conditioning = "Alpha" ¦ conditioning = "Alfa" ¦ Alfa ¦ no observed brand ¦ Alfa ¦ `Alpha`
study.toml ¦ headline = "second" ¦ headline = "secnd" ¦ secnd ¦ no scenario ¦ secnd ¦ `second`
study.toml ¦ focus = ["Alpha"] ¦ focus = ["Alp"] ¦ Alp ¦ no firm ¦ Alp ¦ `Alpha`
study.toml ¦ entrant = "New" ¦ entrant = "Nwe" ¦ Nwe ¦ no entrant of firm ¦ Nwe ¦ `New`
study.toml ¦ scenario = "first" ¦ scenario = "fist" ¦ fist ¦ no scenario ¦ fist ¦ `first`
study.toml ¦ column = "x" ¦ column = "z" ¦ drawn ¦ no column `z` ¦ z ¦ did you mean
study.toml ¦ file = "draws.csv" ¦ file = "draw.csv" ¦ draw.csv ¦ no such file ¦ draw.csv ¦ `draws.csv`
study.toml ¦ "products.csv" ¦ "produts.csv" ¦ produts.csv ¦ no such file ¦ produts.csv ¦ `products.csv`
"#,
    );
}

#[test]
fn exactly_one_way() {
    require(
        &Files::base(),
        r#"
study.toml ¦ { margin = 0.1 } ¦ { } ¦ cost = { } ¦ give one of ¦  ¦
study.toml ¦ { margin = 0.1 } ¦ { margin = 0.1, known = 3 } ¦ cost = ¦ only one of ¦ known, margin ¦
study.toml ¦ { margin = 0.1 } ¦ { known = 3, markup = 1 } ¦ cost = ¦ only together with `bill_of_materials` ¦  ¦
study.toml ¦ { margin = 0.1 } ¦ { bill_of_materials = 3 } ¦ cost = ¦ needs a `markup` ¦  ¦ 0 for nothing
study.toml ¦ { known = 4 } ¦ { margin = 0.2 } ¦ margin = 0.2 ¦ needs a given price ¦  ¦
study.toml ¦ { like = "a1", plus = -1 } ¦ { } ¦ quality = { } ¦ give one of ¦  ¦
study.toml ¦ characteristics = ["size", "weight"] ¦  ¦ quality = { characteristics ¦ needs `data.characteristics` ¦ true ¦
study.toml ¦ like = "a1", plus ¦ share = 0.1, plus ¦ share = 0.1 ¦ only together with `like` ¦  ¦
study.toml ¦ like = "a1", ¦ like = "a1", share = 0.1, ¦ like ¦ only one of ¦ like, share ¦
study.toml ¦ margin = 0.1\n[[scenario.c ¦ margin = 0.1\nprice = 3\n[[scenario.c ¦ [[scenario.price ¦ only one of ¦ price, margin ¦
study.toml ¦ factor = 0.9 ¦  ¦ [[scenario.cost ¦ `add`, `factor` ¦  ¦
study.toml ¦ aware = 0.9 ¦  ¦ [[scenario.reach ¦ `segments`, `aware` ¦  ¦
study.toml ¦ products = ["b1"] ¦ products = [] ¦ [[scenario.price ¦ selects nothing ¦  ¦ which `products`
study.toml ¦ products = ["b1"] ¦ products = ["b1"]\nfirm = "Alpha" ¦ [[scenario.price ¦ no product on sale in this scenario is selected ¦  ¦ at once
study.toml ¦ products = ["n1"] ¦ products = [] ¦ products = [] ¦ at least 1 ¦  ¦
study.toml ¦ products = ["n1"] ¦ products = ["n1", "n1"] ¦ "n1", "n1" ¦ named twice ¦ n1 ¦
study.toml ¦ segments = ["online"] ¦ segments = [] ¦ segments = [] ¦ at least 1 ¦  ¦
study.toml ¦ firms = ["Beta", "Gamma"] ¦ firms = ["Beta"] ¦ firms ¦ at least 2 ¦  ¦
study.toml ¦ characteristics = { size = 5 } ¦  ¦ [[entrant]] ¦ needs the characteristic `size` ¦  ¦ size = ...
study.toml ¦ characteristics = { size = 5, weight = 1 } ¦ characteristics = { size = 5 } ¦ { size = 5 } ¦ needs the characteristic `weight` ¦  ¦
study.toml ¦ labels = { kind = "k1", system = "ax" } ¦ labels = { kind = "k1" } ¦ labels ¦ needs the label `system` ¦  ¦ system =
study.toml ¦ model = "random-coefficients" ¦ model = "logit" ¦ nest ¦ this model has no `nest` ¦  ¦ random-coefficients
study.toml ¦ model = "random-coefficients" ¦ model = "nested-logit" ¦ loyalty ¦ this model has no `loyalty` ¦  ¦
study.toml ¦ size = 1000 ¦  ¦ [[market]] ¦ exactly one of `size` and `outside_share` ¦  ¦ potential buyers
study.toml ¦ size = 1000 ¦ size = 1000\noutside_share = 0.2 ¦ [[market]] ¦ exactly one of ¦  ¦
study.toml ¦ kind = "margin"\nof = "Alpha" ¦ kind = "margin" ¦ [[demand.target]] ¦ needs `of` ¦  ¦
study.toml ¦ kind = "margin" ¦ kind = "diversion" ¦ [[demand.target]] ¦ needs `to` ¦  ¦ `outside`
study.toml ¦ kind = "margin"\nof ¦ kind = "diversion"\nto = "Alpha"\nof ¦ to =  ¦ the same as `of` ¦ Alpha ¦
study.toml ¦ kind = "margin"\nof ¦ kind = "margin"\nto = "Beta"\nof ¦ to =  ¦ does not use ¦ Beta ¦ leave it out
study.toml ¦ products = "products.csv" ¦ products = "products.csv"\nbrands = "observed.csv" ¦ brands ¦ only with a `mix` ¦  ¦ `units`
study.toml ¦ products = "products.csv" ¦ products = "products.csv"\nmix_concentration = 5 ¦ mix_concentration ¦ only with a `mix` ¦  ¦ `units`
"#,
    );
}

#[test]
fn ranges() {
    require(
        &Files::base(),
        r#"
study.toml ¦ size = 1000 ¦ size = 200 ¦ size = 200 ¦ not above the 290 units sold ¦ 200 ¦ everyone
study.toml ¦ size = 1000 ¦ size = inf ¦ size = inf ¦ finite ¦ inf ¦
study.toml ¦ low = 0.5, high = 0.6 ¦ low = 0.5, high = 1.0 ¦ outside_share ¦ must be above 0 and below 1 ¦  ¦
study.toml ¦ low = 0.5, mode ¦ low = -0.5, mode ¦ share = "shop_share" ¦ input `shop_share` ranges from -0.5 to 0.7 ¦  ¦
study.toml ¦ aware = 0.5 ¦ aware = 1.5 ¦ aware = 1.5 ¦ at most 1 ¦ 1.5 ¦
study.toml ¦ aware = 0.5 ¦ aware = 0 ¦ aware = 0 ¦ above 0 ¦ 0 ¦
study.toml ¦ aware = 0.5 ¦ aware = { dist = "normal", mean = 0.5, sd = 0.2 } ¦ normal ¦ at most 1 ¦  ¦
study.toml ¦ spread = 0.3 ¦ spread = -0.3 ¦ spread = -0.3 ¦ at least 0 ¦ -0.3 ¦
study.toml ¦ spread = 0.3 ¦ spread = 0.3\nsensitivity = 0 ¦ sensitivity ¦ above 0 ¦ 0 ¦
study.toml ¦ spread = 0.3 ¦ spread = 0.3\nnodes = 65 ¦ nodes ¦ from 1 to 64 ¦ 65 ¦
study.toml ¦ strength = 0.2 ¦ strength = 1 ¦ strength = 1 ¦ below 1 ¦ 1 ¦
study.toml ¦ ax = 0.4 ¦ ax = 0.8 ¦ owners ¦ more than 1 ¦  ¦
study.toml ¦ margin"\nof = "Alpha"\nvalue = 0.4 ¦ margin"\nof = "Alpha"\nvalue = 40 ¦ value = 40 ¦ below 1 ¦ 40 ¦
study.toml ¦ value = 0.4 ¦ value = 0.4\ntolerance = 0 ¦ tolerance ¦ above 0 ¦ 0 ¦
study.toml ¦ margin = 0.2 ¦ margin = 1 ¦ margin = 1 ¦ below 1 ¦ 1 ¦
study.toml ¦ weight = 0.1 ¦ weight = 1.1 ¦ weight = 1.1 ¦ from 0 to 1 ¦ 1.1 ¦
study.toml ¦ price = 9 ¦ price = -9 ¦ price = -9 ¦ above 0 ¦ -9 ¦
study.toml ¦ size = 5 } ¦ size = nan } ¦ nan ¦ finite ¦ NaN ¦
study.toml ¦ factor = 0.9 ¦ factor = 0 ¦ factor = 0 ¦ above 0 ¦ 0 ¦
study.toml ¦ rate = 0.25 ¦ rate = -1 ¦ rate = -1 ¦ above -1 ¦ -1 ¦
study.toml ¦ discount = 0.1 ¦ discount = -1 ¦ discount ¦ above -1 ¦ -1 ¦
study.toml ¦ fixed_cost = 100 ¦ fixed_cost = -1 ¦ fixed_cost ¦ at least 0 ¦ -1 ¦
study.toml ¦ periods = 3 ¦ periods = 0 ¦ periods ¦ from 1 to ¦ 0 ¦
study.toml ¦ high = 0.02 ¦ high = 0.001 ¦ high = 0.001 ¦ below `low` ¦  ¦
study.toml ¦ [report] ¦ [settings]\ndraws = 0\n[report] ¦ draws ¦ from 1 to 1000000 ¦ 0 ¦
study.toml ¦ [report] ¦ [settings]\nlevel = 1.0\n[report] ¦ level ¦ below 1 ¦ 1 ¦
"#,
    );
}

#[test]
fn contradictions() {
    require(
        &Files::base(),
        r#"
study.toml ¦ [[scenario.exit]] ¦ [[scenario.enter]]\nproducts = ["n1"]\n[[scenario.exit]] ¦ [[scenario.enter]] ¦ the entry of `n1` is set here and in `scenario[1].enter[0]` ¦ n1 ¦ keep one
study.toml ¦ [[scenario.price]] ¦ [[scenario.reach]]\nproducts = ["a1"]\naware = 0.2\n[[scenario.price]] ¦ [[scenario.reach]] ¦ the awareness of `a1` is set here and in `scenario[0].reach[0]` ¦ a1 ¦
study.toml ¦ firm = "Alpha"\naware = 0.9 ¦ products = ["n1"]\naware = 0.9 ¦ [[scenario.reach]] ¦ in `scenario[0].enter[0]` ¦ n1 ¦
study.toml ¦ [[scenario.characteristic]] ¦ [[scenario.price]]\nfirm = "Beta"\nprice = "optimal"\n[[scenario.characteristic]] ¦ [[scenario.price]] ¦ the price rule of `b1` ¦ b1 ¦
study.toml ¦ value = 6 ¦ value = 6\n[[scenario.characteristic]]\nproduct = "a1"\ncolumn = "size"\nvalue = 7 ¦ [[scenario.characteristic]] ¦ characteristic `size` of `a1` ¦ a1 ¦
study.toml ¦ products = ["a2"] ¦ products = ["a1"] ¦ products = ["a1"] ¦ `scenario[1].exit[0]` takes it off ¦ a1 ¦
study.toml ¦ firm = "Delta" ¦ firm = "New" ¦ "n1", "n2" ¦ `scenario[1].ban[0]` takes it off ¦ n1 ¦
study.toml ¦ firm = "Delta" ¦ firm = "Beta" ¦ [[scenario.tariff]] ¦ every product that this selects goes ¦  ¦
study.toml ¦ firm = "Delta" ¦ firm = "Beta" ¦ firms ¦ `Beta` is banned ¦ Beta ¦
study.toml ¦ hold = ["Alpha"] ¦ hold = ["Alpha"]\nreprice = ["Alpha"] ¦ hold ¦ reprices in `reprice` ¦ Alpha ¦
study.toml ¦ exit]]\nproducts = ["a2"] ¦ exit]]\nproducts = ["a1", "d1"] ¦ [[scenario]] ¦ no product is left in market `south` ¦  ¦
study.toml ¦ [[supply.stake]] ¦ [[supply.given]]\nfirm = "Beta"\nmargin = 0.3\n[[supply.stake]] ¦ firm = "Beta" ¦ given already ¦  ¦
study.toml ¦ of = "Beta"\nweight ¦ of = "Alpha"\nweight ¦ of = "Alpha" ¦ owns itself ¦  ¦
"#,
    );
}

#[test]
fn owners_and_taxes() {
    let fine = "[[scenario.divest]]\nproducts = [\"a1\"]\nto = \"Omega\"\n[[scenario.stake]]\nowner = \"Omega\"\nof = \"Beta\"\nweight = 0.2\n[[scenario.currency]]\nfirm = \"Beta\"\npart_of_cost = 0.4\nchange = 0.1\n[[scenario.tax]]\nfirm = \"Beta\"\nof_price = 0.1\nper_unit = -2\n[[scenario.capacity]]\nfirm = \"Alpha\"\nmarkets = [\"south\"]\nunits = 900\n[[scenario.tariff]]";
    let files = Files::base().edit("study.toml", "[[scenario.tariff]]", fine);
    let read = files.read();
    assert!(read.is_ok(), "{read:#?}");
    require(
        &files,
        r#"
study.toml ¦ to = "Omega" ¦ to = "" ¦ to =  ¦ must name a firm ¦  ¦
study.toml ¦ to = "Omega" ¦ to = "Delta" ¦ to =  ¦ `Delta` is banned ¦ Delta ¦
study.toml ¦ products = ["a1"]\nto ¦ products = ["a9"]\nto ¦ a9 ¦ no product ¦ a9 ¦
study.toml ¦ products = ["a1"]\nto ¦ products = ["a2"]\nto ¦ "a2" ¦ takes it off ¦ a2 ¦
study.toml ¦ products = ["a1"]\nto ¦ products = ["a1", "a1"]\nto ¦ "a1", "a1" ¦ named twice ¦ a1 ¦
study.toml ¦ [[scenario.stake]] ¦ [[scenario.divest]]\nproducts = ["a1"]\nto = "Psi"\n[[scenario.stake]] ¦ "a1" ¦ changes hands twice ¦ a1 ¦
study.toml ¦ owner = "Omega"\nof ¦ owner = "Omga"\nof ¦ Omga ¦ no firm ¦ Omga ¦
study.toml ¦ of = "Beta"\nweight = 0.2 ¦ of = "Omega"\nweight = 0.2 ¦ of = "Omega" ¦ no stake in itself ¦ Omega ¦
study.toml ¦ weight = 0.2 ¦ weight = 1.2 ¦ weight = 1.2 ¦ from 0 to 1 ¦ 1.2 ¦
study.toml ¦ [[scenario.currency]] ¦ [[scenario.stake]]\nowner = "Omega"\nof = "Beta"\nweight = 0.3\n[[scenario.currency]] ¦ [[scenario.stake]] ¦ is set twice ¦  ¦ keep one
study.toml ¦ part_of_cost = 0.4 ¦ part_of_cost = 1.4 ¦ 1.4 ¦ from 0 to 1 ¦ 1.4 ¦
study.toml ¦ change = 0.1 ¦ change = -1 ¦ change ¦ above -1 ¦ -1 ¦
study.toml ¦ of_price = 0.1 ¦ of_price = 1 ¦ of_price ¦ below 1 ¦ 1 ¦
study.toml ¦ of_price = 0.1\nper_unit = -2 ¦  ¦ [[scenario.tax]] ¦ `of_price`, `per_unit` ¦  ¦
study.toml ¦ firm = "Beta"\nof_price ¦ of_price ¦ [[scenario.tax]] ¦ selects nothing ¦  ¦ which `products`
study.toml ¦ units = 900 ¦ units = 0 ¦ units = 0 ¦ above 0 ¦ 0 ¦
study.toml ¦ units = 900 ¦ units = 900\ntimes_today = 0.9 ¦ [[scenario.capacity]] ¦ `units`, `times_today` ¦  ¦
study.toml ¦ units = 900 ¦  ¦ [[scenario.capacity]] ¦ `units`, `times_today` ¦  ¦
study.toml ¦ markets = ["south"] ¦ markets = ["sauth"] ¦ sauth ¦ no market ¦ sauth ¦ `south`
study.toml ¦ firm = "Alpha"\nmarkets ¦ products = ["a2"]\nmarkets ¦ "a2" ¦ takes it off ¦ a2 ¦
study.toml ¦ firm = "Alpha"\nmarkets ¦ markets ¦ [[scenario.capacity]] ¦ selects nothing ¦  ¦ which `products`
"#,
    );
}

#[test]
fn what_agrees_does_not_contradict() {
    for (from, to) in [
        // The same value twice is one value.
        (
            "[[scenario.price]]",
            "[[scenario.reach]]\nproducts = [\"a1\"]\naware = 0.9\n[[scenario.price]]",
        ),
        // One product in two markets, each entered once.
        (
            "[[scenario.exit]]",
            "[[scenario.enter]]\nproducts = [\"n1\"]\nmarkets = [\"south\"]\naware = 0.2\n[[scenario.exit]]",
        ),
        // Costs and tariffs multiply and add.
        (
            "[[scenario.tariff]]",
            "[[scenario.cost]]\nfirm = \"Alpha\"\nadd = 1\n[[scenario.tariff]]",
        ),
        // A change of a firm is about the products that stay.
        ("products = [\"a1\"]\nfactor", "firm = \"Alpha\"\nfactor"),
    ] {
        let read = Files::base().edit("study.toml", from, to).read();
        assert!(read.is_ok(), "{to}: {read:#?}");
    }
}

#[test]
fn all_mistakes_come_at_once_in_file_order() {
    let files = Files::base()
        .edit("study.toml", "like = \"a1\"", "like = \"zz\"")
        .edit("study.toml", "weight = 0.1", "weight = 2")
        .edit("study.toml", "focus = [\"Alpha\"]", "focus = [\"Omega\"]")
        .edit("products.csv", "south,d1,Delta,7", "south,d1,Delta,x")
        .edit("products.csv", "north,b1,Beta,9", "north,b1,Beta,-9")
        .edit("observed.csv", "Gamma,10", "Gamme,10");
    let errors = files.read().expect_err("six mistakes");
    let found: Vec<(&str, &str)> = errors
        .iter()
        .map(|e| (e.file.as_str(), e.value.as_str()))
        .collect();
    let expected = [
        ("study.toml", "2"),
        ("study.toml", "zz"),
        ("study.toml", "Omega"),
        ("products.csv", "-9"),
        ("products.csv", "x"),
        ("observed.csv", "Gamme"),
    ];
    assert_eq!(found, expected);
    assert_eq!(files.read().expect_err("again"), errors);
}

#[test]
fn later_mistakes_are_placed_by_their_path() {
    let loaded = Files::base().read().expect("valid");
    let error = entrant_data::InputError::at("scenario[1].enter[0].products[1]", "odd");
    let placed = loaded.source.place(error);
    let (from, to) = placed.span.expect("has a span");
    assert_eq!(&loaded.source.text[from..to], "\"n2\"");
    assert_eq!(placed.file, "study.toml");
    assert!(placed.line.is_some());
}
