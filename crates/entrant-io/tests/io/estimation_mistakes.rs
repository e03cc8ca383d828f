//! What an estimated study may not say, and in which words that is refused.

use entrant_data::Level;

use crate::common::require_with;
use crate::estimation::{CONSUMERS, PRODUCTS, base, read};

fn require(rows: &str) {
    require_with(&base(), rows, &|files| read(files).err());
}

#[test]
fn rows_of_reliability_table_prices() {
    require(
        "
products.csv ¦ A,2.5, ¦ A,NaN, ¦ t2,p1 ¦ `price` is not a finite number ¦ NaN ¦
products.csv ¦ A,2.5, ¦ A,inf, ¦ t2,p1 ¦ not a finite number ¦ inf ¦
products.csv ¦ A,2.5, ¦ A,1e308, ¦ t2,p1 ¦ its square is no number ¦ 1e308 ¦ larger unit
products.csv ¦ A,2.5, ¦ A,-2.5, ¦ t2,p1 ¦ must be above 0 ¦ -2.5 ¦ negative_prices
products.csv ¦ A,2.5, ¦ A,0, ¦ t2,p1 ¦ must be above 0 ¦ 0 ¦ negative_prices
products.csv ¦ A,2.5, ¦ A,\"2,5\", ¦ t2,p1 ¦ `price` is not a number ¦ 2,5 ¦ decimal point
products.csv ¦ A,2.5, ¦ A,#N/A, ¦ t2,p1 ¦ `price` is not a number ¦ #N/A ¦ leave the row out
products.csv ¦ A,2.5, ¦ A,two, ¦ t2,p1 ¦ `price` is not a number ¦ two ¦
products.csv ¦ A,2.5, ¦ A,, ¦ t2,p1 ¦ `price` is empty ¦ ¦
products.csv ¦ firm,price ¦ firm,prices ¦ market ¦ no column `price` ¦ ¦ did you mean `prices`
",
    );
}

#[test]
fn rows_of_reliability_table_shares() {
    require(
        "
products.csv ¦ 0.20 ¦ NaN ¦ t2,p1 ¦ `share` is not a finite number ¦ NaN ¦
products.csv ¦ 0.20 ¦ 0 ¦ t2,p1 ¦ must be above 0 and below 1 ¦ 0 ¦ nobody bought
products.csv ¦ 0.20 ¦ -0.1 ¦ t2,p1 ¦ must be above 0 and below 1 ¦ -0.1 ¦
products.csv ¦ 0.20 ¦ 1 ¦ t2,p1 ¦ must be above 0 and below 1 ¦ 1 ¦ not percent
products.csv ¦ 0.20 ¦ 0.95 ¦ t2,p1 ¦ sums to 1.05 in market `t2` ¦ ¦ who buy nothing
products.csv ¦ 0.20 ¦ 0.899999999999999 ¦ t2,p1 ¦ for buying nothing in market `t2`, below `smallest_outside_share`, 1e-9 ¦ ¦
products.csv ¦ 0.20 ¦ 1e-300 ¦ t2,p1 ¦ is 1e-300, below `smallest_share`, 1e-14 ¦ 1e-300 ¦ data.smallest_share
",
    );
}

#[test]
fn rows_of_reliability_table_ids() {
    require(
        "
products.csv ¦ t2,p1,A ¦ ,p1,A ¦ ,p1,A ¦ `market` is empty ¦ ¦
products.csv ¦ t2,p1,A ¦ t2,,A ¦ t2,,A ¦ `product` is empty ¦ ¦
products.csv ¦ t2,p1,A ¦ t2,p1, ¦ t2,p1, ¦ `firm` is empty ¦ ¦
products.csv ¦ t2,p1,A ¦ t2,outside,A ¦ outside ¦ the word for buying nothing ¦ outside ¦
products.csv ¦ market,product,firm ¦ market,product,owner ¦ market ¦ no column `firm` ¦ ¦
products.csv ¦ 7\\nt1,p1,A ¦ 7\\nt1,p3,A ¦ t1,p3,C ¦ is `p3` in market `t1` a second time: line 3 has it ¦ p3 ¦
products.csv ¦ m1,k1,l1,0.1 ¦ m1,,l1,0.1 ¦ t2,p1 ¦ `kind` is empty ¦ ¦
products.csv ¦ m1,k1,l1,0.1 ¦ m1,k1,,0.1 ¦ t2,p1 ¦ `line` is empty ¦ ¦
products.csv ¦ m1,k1,l1,0.1 ¦ ,k1,l1,0.1 ¦ t2,p1 ¦ `maker` is empty ¦ ¦
products.csv ¦ 7\\nt1,p1 ¦ 7\\nt2,p1,A,2.5,0.20,1,m1,k1,l1,0.1,1,7\\nt1,p1 ¦ t2,p1 ¦ is `p1` in market `t2` a second time: line 2 ¦ p1 ¦
",
    );
}

#[test]
fn a_row_that_stands_twice_is_refused_without_products_too() {
    let row = "t2,p1,A,2.5,0.20,1,m1,k1,l1,0.1,1,7\n";
    let files = base()
        .edit("products.csv", "market,product", "market,name")
        .edit("products.csv", row, &format!("{row}{row}"))
        .edit(
            "study.toml",
            "[[scenario.tariff]]\nproducts = [\"p1\"]\nrate = 0.1\n",
            "",
        )
        .edit(
            "study.toml",
            "[[scenario.characteristic]]\nproduct = \"p2\"\ncolumn = \"size\"\nvalue = 3\n",
            "",
        );
    let errors = read(&files).expect_err("twice");
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert_eq!(errors[0].line, Some(3));
    assert!(errors[0].message.contains("the one in line 2"));
}

#[test]
fn constant_prices_identify_nothing() {
    let mut files = base();
    for price in ["2.5", "3.5", "3.0", "1.0"] {
        files = files.edit("products.csv", &format!(",{price},"), ",2.0,");
    }
    let errors = read(&files).expect_err("constant");
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(errors[0].message.contains("alpha is not identified"));
}

#[test]
fn a_price_far_from_the_others_is_no_estimate() {
    let loaded = read(&base().edit("products.csv", "A,2.5,", "A,1e8,")).expect("read");
    assert_eq!(loaded.findings[0].level, Level::Error);
    assert!(
        loaded.findings[0]
            .message
            .contains("line 2 of `products.csv`")
    );
}

#[test]
fn empty_tables_have_0_rows() {
    for (file, header) in [("products.csv", PRODUCTS), ("consumers.csv", CONSUMERS)] {
        let first = header.lines().next().expect("a line");
        for text in ["", first] {
            let files = base().edit(file, header, text);
            let errors = read(&files).expect_err("empty");
            assert!(errors[0].message.contains("0 rows"), "{errors:#?}");
            assert_eq!(errors[0].file, file);
        }
    }
}

#[test]
fn rows_of_reliability_table_consumers() {
    require(
        "
consumers.csv ¦ t2,0.25 ¦ t2,1.25 ¦ t2,1.25 ¦ `weight` sums to 2 in market `t2`, must sum to 1 ¦ ¦ normalise_weights
consumers.csv ¦ t2,0.25 ¦ t2,-1 ¦ t2,-1 ¦ `weight` is -1, must be at least 0 ¦ -1 ¦
consumers.csv ¦ t2,0.25 ¦ t2,x ¦ t2,x ¦ `weight` is not a number ¦ x ¦
consumers.csv ¦ t2,0.25 ¦ t2,inf ¦ t2,inf ¦ `weight` is not a finite number ¦ inf ¦
consumers.csv ¦ t2,0.25 ¦ ,0.25 ¦ ,0.25 ¦ `market` is empty ¦ ¦
consumers.csv ¦ t2,0.75,2,0.1,4 ¦ t2,0.75,2,0.1,4\\nt9,1,0,0,0 ¦ t9 ¦ names markets that `products.csv` does not have: `t9` ¦ t9 ¦
consumers.csv ¦ t2,0.25,-1,0.3,3\\nt2,0.75,2,0.1,4\\n ¦  ¦  ¦ no consumers in markets `t2` ¦ ¦ `products.csv` has products there
consumers.csv ¦ -1,0.5,1 ¦ -1,,1 ¦ t1,0.5,-1 ¦ `nodes1` is empty ¦ ¦
consumers.csv ¦ -1,0.5,1 ¦ -1,0.5, ¦ t1,0.5,-1 ¦ `income` is empty ¦ ¦
consumers.csv ¦ market,weight ¦ market,w ¦ market ¦ no column `weight` ¦ ¦
",
    );
}

#[test]
fn columns_that_the_study_names_are_looked_for() {
    require(
        r#"
study.toml ¦ "z*", ¦ "y*", ¦ "y*" ¦ no column of `products.csv` fits `y*` ¦ y* ¦ `y0` and every number
study.toml ¦ "z*", "shift"] ¦ "z*", "shft"] ¦ shft ¦ no column `shft` in `products.csv` ¦ shft ¦ did you mean `shift`
study.toml ¦ "z*", "shift"] ¦ "z*", "z2"] ¦ z2 ¦ `z2` is among the instruments twice ¦ z2 ¦
study.toml ¦ "z*", "shift"] ¦ "z*", "price"] ¦ "price" ¦ depends on demand itself ¦ price ¦
study.toml ¦ nest = "kind" ¦ nest = "kimd" ¦ kimd ¦ no column `kimd` ¦ kimd ¦ did you mean `kind`
study.toml ¦ cluster = "line" ¦ cluster = "lime" ¦ lime ¦ no column `lime` ¦ lime ¦
study.toml ¦ cluster = "line" ¦ cluster = "line"\nnodes = "draw*" ¦ draw* ¦ no column of `consumers.csv` fits `draw*` ¦ ¦
study.toml ¦ cluster = "line" ¦ cluster = "line"\nnodes = "nodes1" ¦ sigma = ¦ 2 tastes vary by draws, but `consumers.csv` has 1 ¦ ¦
study.toml ¦ cluster = "line" ¦ cluster = "line"\navailability = "can" ¦ can ¦ a market has 3 products, but `consumers.csv` has 0 ¦ can ¦
study.toml ¦ + size | maker ¦ + sise | maker ¦ linear ¦ no column `sise` in `products.csv` ¦ sise ¦ did you mean `size`
study.toml ¦ + size | maker ¦ + size | make ¦ linear ¦ no column `make` in `products.csv` ¦ make ¦ did you mean `maker`
study.toml ¦ "0 + income" ¦ "0 + incme" ¦ demographics ¦ no column `incme` in `consumers.csv` ¦ incme ¦ did you mean `income`
study.toml ¦ "1 + log(size)" ¦ "1 + price" ¦ cost ¦ `price` cannot be in this formula ¦ price ¦
study.toml ¦ linear = "1 + price + size ¦ linear = "1 + share + price ¦ linear ¦ `share` cannot be in this formula ¦ share ¦
study.toml ¦ linear = "1 + price ¦ linear = "1 ¦ linear ¦ the price, `price`, is not in demand ¦ ¦ put it into
study.toml ¦ of = "1 + size" ¦ of = "1 + price" ¦ of = ¦ `price` cannot be in this formula ¦ price ¦
study.toml ¦ of = "1 + size" ¦ of = "1 + share"\nexpected_price = true ¦ of = ¦ `share` cannot be in this formula ¦ share ¦
study.toml ¦ [estimate.demand]\n ¦ [estimate.optimal]\ndraws = 9\n[estimate.demand]\n ¦ draws ¦ an approximate expectation takes no draws ¦ 9 ¦ leave `draws` out
study.toml ¦ products = "products.csv" ¦ products = "product.csv" ¦ product.csv ¦ cannot read `product.csv` ¦ product.csv ¦ did you mean `products.csv`
study.toml ¦ consumers = "consumers.csv" ¦ consumers = "products.csv" ¦ consumers = ¦ this is the products table ¦ ¦
"#,
    );
}

#[test]
fn shapes_and_starts_of_parameters_are_checked() {
    require(
        r#"
study.toml ¦ [[0.5, 0], [0.1, 0.4]] ¦ [[1e6, 0], [0.1, 0.4]] ¦ sigma = ¦ must be from -10000 to 10000 ¦ 1000000 ¦ larger unit
study.toml ¦ [[0.5, 0], [0.1, 0.4]] ¦ [[nan, 0], [0.1, 0.4]] ¦ sigma = ¦ must be from -10000 to 10000 ¦ NaN ¦
study.toml ¦ [[0.5, 0], [0.1, 0.4]] ¦ [[0.5, 1], [0.1, 0.4]] ¦ sigma = ¦ above the diagonal ¦ 1 ¦
study.toml ¦ [[0.5, 0], [0.1, 0.4]] ¦ [[0.5, 0], [0.1]] ¦ sigma = ¦ this row has 1 values, must have 2 ¦ ¦
study.toml ¦ [[0.5, 0], [0.1, 0.4]] ¦ [] ¦ sigma = ¦ this is empty ¦ ¦
study.toml ¦ [[0.5, 0], [0.1, 0.4]] ¦ [0.5, "a"] ¦ sigma = ¦ neither a list of numbers nor a list of rows ¦ ¦ for a diagonal
study.toml ¦ lower = [[0, -inf], [-2, 0]] ¦ lower = [[0, -inf], [-2, 0.5]] ¦ lower ¦ above the starting value, 0.4 ¦ 0.5 ¦
study.toml ¦ lower = [[0, -inf], [-2, 0]] ¦ lower = [0, 0] ¦ lower ¦ must have the shape of the starting values ¦ ¦
study.toml ¦ lower = [[0, -inf], [-2, 0]] ¦ lower = [[nan, 0], [0, 0]] ¦ lower ¦ must be a number ¦ ¦
study.toml ¦ lower = [[0, -inf], [-2, 0]] } ¦ lower = [[0, 0], [-2, 0]], upper = [[-1, 0], [1, 1]] } ¦ upper ¦ below the lower bound, 0 ¦ -1 ¦
study.toml ¦ pi = [[0.2], [0]] ¦ pi = [[0.2]] ¦ pi = ¦ has 1 rows, but `random` has 2 columns ¦ ¦ constant first
study.toml ¦ pi = [[0.2], [0]] ¦ pi = [[0.2, 1], [0, 1]] ¦ pi = ¦ has 2 columns, but `demographics` has 1 ¦ ¦
study.toml ¦ pi = [[0.2], [0]] ¦ pi = [0.2, 0] ¦ pi = ¦ must be a list of rows ¦ ¦
study.toml ¦ random = "1 + size" ¦ random = "0 + size" ¦ sigma = ¦ has 2 rows, but `random` has 1 columns ¦ ¦
study.toml ¦ coefficients = ["linear", ¦ coefficients = [ ¦ coefficients ¦ has 1 rows, but `sigma` has 2 ¦ ¦
study.toml ¦ coefficients = ["linear", ¦ coefficients = ["linar", ¦ linar ¦ unknown choice `linar` ¦ ¦ did you mean `linear`
study.toml ¦ rho = [0.3, 0.4] ¦ rho = [0.3, 1.0] ¦ rho = ¦ is 1, must be at least 0 and below 1 ¦ ¦
study.toml ¦ rho = [0.3, 0.4] ¦ rho = [0.3, 0.95] ¦ rho_bounds ¦ this is below the starting value, 0.95 ¦ 0.9 ¦
study.toml ¦ rho = [0.3, 0.4] ¦ rho = [0.3, 0.4, 0.5] ¦ rho = ¦ 3 nesting parameters and 2 nests: `k1`, `k2` ¦ ¦
study.toml ¦ rho = [0.3, 0.4]\nrho_bounds = [0, 0.9] ¦  ¦ estimate.demand ¦ needs a start ¦ ¦ rho = [0.5]
study.toml ¦ beta = { price = -1 } ¦ beta = {} ¦ beta_bounds ¦ has bounds, but is not searched for ¦ ¦
study.toml ¦ beta = { price = -1 } ¦ beta = { price = inf } ¦ beta = ¦ must be finite ¦ inf ¦
study.toml ¦ [-20, 0] ¦ [-20, -2] ¦ beta_bounds ¦ below the starting value, -1 ¦ -2 ¦
study.toml ¦ cost_bounds = [0.01, inf] ¦ cost_bounds = [1, 0] ¦ cost_bounds ¦ must be below the second ¦ ¦
study.toml ¦ gamma = { size = 0.5 } ¦ gamma = { size = nan } ¦ gamma ¦ must be finite ¦ ¦
study.toml ¦ gamma = { size = 0.5 } ¦ gamma = { size = 0.5 }\ngamma_bounds = { size = [1, 2] } ¦ gamma_bounds ¦ above the starting value, 0.5 ¦ 1 ¦
study.toml ¦ gamma = { size = 0.5 } ¦ gamma_bounds = { size = [0, 2] } ¦ gamma_bounds ¦ has bounds, but is not searched for ¦ ¦ in `gamma`
study.toml ¦ rho_bounds = [0, 0.9] ¦ rho_bounds = [[0, 0.9]] ¦ rho_bounds ¦ 1 pairs of bounds for 2 nesting parameters ¦ ¦ one pair for all
study.toml ¦ rho_bounds = [0, 0.9] ¦ rho_bounds = [[0, 0.9], [0.5, 0.9]] ¦ rho_bounds ¦ above the starting value, 0.4 ¦ 0.5 ¦
study.toml ¦ rho_bounds = [0, 0.9] ¦ rho_bounds = [[0, 1], [0, 0.9]] ¦ rho_bounds ¦ below 1 ¦ ¦
"#,
    );
}

#[test]
fn keys_that_need_others_say_which() {
    require(
        r#"
study.toml ¦ random = "1 + size" ¦  ¦ sigma = ¦ only together with `random` ¦ ¦
study.toml ¦ demographics = "0 + income" ¦  ¦ pi = ¦ only together with `demographics` ¦ ¦
study.toml ¦ pi = [[0.2], [0]]\npi_bounds ¦ pi_bounds ¦ demographics ¦ only together with `pi` ¦ ¦
study.toml ¦ nest = "kind" ¦  ¦ rho = ¦ only together with `data.columns.nest` ¦ ¦
study.toml ¦ cluster = "line" ¦  ¦ weighting ¦ nothing says what the clusters are ¦ ¦ data.columns.cluster
study.toml ¦ cluster = "line" ¦ cluster_too = "line" ¦ cluster_too ¦ only together with `cluster` ¦ ¦
study.toml ¦ consumers = "consumers.csv" ¦  ¦ random ¦ nothing says over which consumers ¦ ¦ integration
study.toml ¦ consumers = "consumers.csv" ¦ normalise_weights = true ¦ normalise ¦ only together with `data.consumers` ¦ ¦
study.toml ¦ rho_bounds = [0, 0.9] ¦ integration = { rule = "halton", size = 9 } ¦ integration ¦ draws come from the consumers table ¦ ¦ leave out
study.toml ¦ weighting = "clustered" ¦ errors = "clusterd" ¦ errors ¦ unknown choice `clusterd` ¦ ¦ did you mean `clustered`
study.toml ¦ weighting = "clustered" ¦ inversion_tolerance = 0 ¦ inversion ¦ must be above 0 ¦ 0 ¦
study.toml ¦ weighting = "clustered" ¦ epsilon_scale = 0 ¦ epsilon ¦ must be above 0 ¦ 0 ¦
study.toml ¦ weighting = "clustered" ¦ epsilon_scale = -0.5 ¦ epsilon ¦ must be above 0 ¦ -0.5 ¦
study.toml ¦ weighting = "clustered" ¦ epsilon_scale = nan ¦ epsilon ¦ must be a ¦ ¦
study.toml ¦ weighting = "clustered" ¦ epsilon_scale = 0.5 ¦ epsilon ¦ cannot be set with nests ¦ 0.5 ¦ leave out `epsilon_scale`
study.toml ¦ weighting = "clustered" ¦ optimizer = { evaluations = 0 } ¦ optimizer ¦ must be from 1 to ¦ 0 ¦
study.toml ¦ weighting = "clustered" ¦ optimizer = { starts = 3, spread = 0 } ¦ optimizer ¦ must be above 0 ¦ 0 ¦
study.toml ¦ weighting = "clustered" ¦ demand_moment_types = ["innovations"] ¦ demand_moment ¦ unknown key `demand_moment_types` ¦ ¦ innovations over time are not estimated
study.toml ¦ weighting = "clustered" ¦ covariance_instruments = ["z*"] ¦ covariance ¦ unknown key `covariance_instruments` ¦ ¦ are not estimated
study.toml ¦ weighting = "clustered" ¦ optimiser = 1 ¦ optimiser ¦ unknown key `optimiser` ¦ ¦ did you mean `optimizer`
"#,
    );
}

#[test]
fn firms_markets_and_products_that_scenarios_name_must_be_there() {
    require(
        r#"
study.toml ¦ firms = ["A", "B"] ¦ firms = ["A", "D"] ¦ firms ¦ there is no firm `D` ¦ D ¦ did you mean `A`
study.toml ¦ firms = ["A", "B"] ¦ firms = ["A"] ¦ firms ¦ must name at least 2 ¦ ¦
study.toml ¦ products = ["p1"] ¦ products = ["p9"] ¦ p9 ¦ there is no product `p9` ¦ p9 ¦
study.toml ¦ rate = 0.1 ¦ rate = "vat" ¦ rate ¦ an estimated study has none ¦ vat ¦
study.toml ¦ rate = 0.1 ¦ rate = -2 ¦ rate ¦ must be ¦ ¦
study.toml ¦ column = "size" ¦ column = "maker" ¦ column = ¦ no characteristic `maker` ¦ maker ¦
study.toml ¦ title = "A and B merge" ¦ title = "x"\n[[scenario.enter]]\nproducts = ["new"] ¦ new ¦ there is no entrant `new` ¦ new ¦ none are defined
study.toml ¦ headline = "merger" ¦ headline = "merge" ¦ headline ¦ there is no scenario `merge` ¦ merge ¦
study.toml ¦ firm = "A"\nof = "B" ¦ firm = "A"\nof = "Z" ¦ of = "Z" ¦ there is no firm `Z` ¦ Z ¦
study.toml ¦ firm = "A"\nof = "B" ¦ firm = "A"\nof = "A" ¦ of = "A" ¦ this is the firm itself ¦ ¦
study.toml ¦ markets = ["t1"] ¦ markets = ["t3"] ¦ markets ¦ there is no market `t3` ¦ t3 ¦
study.toml ¦ weight = 0.5 ¦ weight = 1.5 ¦ weight ¦ must be from 0 to 1 ¦ ¦
"#,
    );
}
