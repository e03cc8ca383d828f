//! A number that may be uncertain, with where it comes from and how firm it is.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

/// How firm a figure is.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Read in the source named.
    Verified,
    /// Arithmetic on verified figures.
    Derived,
    /// Recalled from general knowledge, not read.
    Recalled,
    /// Assumed for the study.
    #[default]
    Assumed,
}

impl Mark {
    /// All marks, firmest first.
    pub const ALL: [Mark; 4] = [Mark::Verified, Mark::Derived, Mark::Recalled, Mark::Assumed];

    /// The word used in files and tables.
    pub fn word(self) -> &'static str {
        match self {
            Mark::Verified => "verified",
            Mark::Derived => "derived",
            Mark::Recalled => "recalled",
            Mark::Assumed => "assumed",
        }
    }

    /// Reads the word used in files and tables, or the one-letter form of the fact tables
    /// (`V`, `D`, `R`, `A`).
    pub fn parse(word: &str) -> Option<Mark> {
        match word.trim().to_lowercase().as_str() {
            "verified" | "v" => Some(Mark::Verified),
            "derived" | "d" => Some(Mark::Derived),
            "recalled" | "r" => Some(Mark::Recalled),
            "assumed" | "a" => Some(Mark::Assumed),
            _ => None,
        }
    }
}

/// What an uncertain number may be.
#[derive(Debug, Clone, PartialEq)]
pub enum Distribution {
    /// A known number.
    Known(f64),
    /// Normal with `mean` and standard deviation `sd`.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// Triangular on `[low, high]` with its mode.
    Triangular {
        /// Lowest value.
        low: f64,
        /// Most likely value.
        mode: f64,
        /// Highest value.
        high: f64,
    },
    /// Uniform on `[low, high]`.
    Uniform {
        /// Lowest value.
        low: f64,
        /// Highest value.
        high: f64,
    },
    /// Lognormal with `median` and standard deviation `sigma` of the logarithm.
    Lognormal {
        /// Median.
        median: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// One column of a table of draws, used row by row and in turn.
    Table {
        /// File, relative to the study folder.
        file: String,
        /// Column.
        column: String,
        /// The values, filled in when the study is read.
        values: Vec<f64>,
    },
    /// The name of an entry of `[inputs]`; every place that names it shares its draws.
    Input(String),
}

/// A number in the study file, possibly uncertain, with its source and mark.
///
/// In TOML a plain number, the name of an entry of `[inputs]` as a string, or an inline
/// table: `{ value = 38.7e6 }`, `{ dist = "uniform", low = 0.75, high = 0.92 }`, and so on,
/// each with optional `title`, `source`, `mark` and `note`.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// The number or its distribution.
    pub distribution: Distribution,
    /// What a reader calls it; empty for its name.
    pub title: String,
    /// Where the figure was read.
    pub source: String,
    /// How firm it is; `None` when the study does not say, which counts as assumed.
    pub mark: Option<Mark>,
    /// A remark for the reader.
    pub note: String,
}

impl Quantity {
    /// A known number without a source.
    pub fn known(value: f64) -> Self {
        Quantity {
            distribution: Distribution::Known(value),
            title: String::new(),
            source: String::new(),
            mark: None,
            note: String::new(),
        }
    }

    /// The value of a known quantity; `NaN` for one that has not been resolved to a draw yet.
    pub fn value(&self) -> f64 {
        match self.distribution {
            Distribution::Known(value) => value,
            _ => f64::NAN,
        }
    }

    /// Whether the number is uncertain, by itself or through `[inputs]`.
    pub fn is_uncertain(&self) -> bool {
        !matches!(self.distribution, Distribution::Known(_))
    }
}

/// The written form of a [`Quantity`] as a table.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct QuantityTable {
    /// A known number.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
    /// `normal`, `triangular`, `uniform`, `lognormal` or `draws`.
    #[serde(skip_serializing_if = "Option::is_none")]
    dist: Option<String>,
    /// Mean of a normal.
    #[serde(skip_serializing_if = "Option::is_none")]
    mean: Option<f64>,
    /// Standard deviation of a normal.
    #[serde(skip_serializing_if = "Option::is_none")]
    sd: Option<f64>,
    /// Lowest value of a triangular or uniform.
    #[serde(skip_serializing_if = "Option::is_none")]
    low: Option<f64>,
    /// Most likely value of a triangular.
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<f64>,
    /// Highest value of a triangular or uniform.
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<f64>,
    /// Median of a lognormal.
    #[serde(skip_serializing_if = "Option::is_none")]
    median: Option<f64>,
    /// Standard deviation of the logarithm of a lognormal.
    #[serde(skip_serializing_if = "Option::is_none")]
    sigma: Option<f64>,
    /// CSV file of draws.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// Column of the file of draws.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    /// What a reader calls it, in place of its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    title: String,
    /// Where the figure was read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    source: String,
    /// How firm it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    mark: Option<Mark>,
    /// A remark for the reader.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    note: String,
}

impl QuantityTable {
    fn distribution(&self) -> Result<Distribution, String> {
        let need = |name: &str, v: Option<f64>| {
            v.ok_or_else(|| format!("this distribution needs `{name}`"))
        };
        match (self.value, self.dist.as_deref()) {
            (Some(v), None) => Ok(Distribution::Known(v)),
            (Some(_), Some(_)) => Err("give either `value` or `dist`, not both".into()),
            (None, None) => Err("a quantity needs `value` or `dist`".into()),
            (None, Some("normal")) => positive_sd(Distribution::Normal {
                mean: need("mean", self.mean)?,
                sd: need("sd", self.sd)?,
            }),
            (None, Some("lognormal")) => positive_sd(Distribution::Lognormal {
                median: need("median", self.median)?,
                sigma: need("sigma", self.sigma)?,
            }),
            (None, Some("uniform")) => ordered(Distribution::Uniform {
                low: need("low", self.low)?,
                high: need("high", self.high)?,
            }),
            (None, Some("triangular")) => ordered(Distribution::Triangular {
                low: need("low", self.low)?,
                mode: need("mode", self.mode)?,
                high: need("high", self.high)?,
            }),
            (None, Some("draws")) => Ok(Distribution::Table {
                file: self.file.clone().ok_or("draws from a table need `file`")?,
                column: self
                    .column
                    .clone()
                    .ok_or("draws from a table need `column`")?,
                values: Vec::new(),
            }),
            (None, Some(other)) => Err(format!(
                "unknown distribution `{other}`: use `normal`, `triangular`, `uniform`, `lognormal` or `draws`"
            )),
        }
    }
}

fn positive_sd(d: Distribution) -> Result<Distribution, String> {
    match d {
        Distribution::Normal { sd, .. } if !(sd >= 0.0 && sd.is_finite()) => {
            Err(format!("`sd` is {sd}, must be finite and not negative"))
        }
        Distribution::Lognormal { median, .. } if !(median > 0.0 && median.is_finite()) => {
            Err(format!("`median` is {median}, must be finite and above 0"))
        }
        Distribution::Lognormal { sigma, .. } if !(sigma >= 0.0 && sigma.is_finite()) => Err(
            format!("`sigma` is {sigma}, must be finite and not negative"),
        ),
        other => Ok(other),
    }
}

fn ordered(d: Distribution) -> Result<Distribution, String> {
    let fine = match d {
        Distribution::Uniform { low, high } => low <= high && low.is_finite() && high.is_finite(),
        Distribution::Triangular { low, mode, high } => {
            low <= mode && mode <= high && low.is_finite() && high.is_finite()
        }
        _ => true,
    };
    if fine {
        Ok(d)
    } else {
        Err("bounds must be finite and in order (`low`, then `mode`, then `high`)".into())
    }
}

struct QuantityVisitor;

impl<'de> Visitor<'de> for QuantityVisitor {
    type Value = Quantity;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, the name of an entry of `[inputs]`, or a table such as `{ dist = \"uniform\", low = 1, high = 2 }`")
    }

    fn visit_f64<E: de::Error>(self, v: f64) -> Result<Quantity, E> {
        if v.is_finite() {
            Ok(Quantity::known(v))
        } else {
            Err(E::custom(format!("`{v}` is not a finite number")))
        }
    }

    fn visit_i64<E: de::Error>(self, v: i64) -> Result<Quantity, E> {
        self.visit_f64(v as f64)
    }

    fn visit_u64<E: de::Error>(self, v: u64) -> Result<Quantity, E> {
        self.visit_f64(v as f64)
    }

    fn visit_str<E: de::Error>(self, v: &str) -> Result<Quantity, E> {
        Ok(Quantity {
            distribution: Distribution::Input(v.to_owned()),
            title: String::new(),
            source: String::new(),
            mark: None,
            note: String::new(),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Quantity, A::Error> {
        let table = QuantityTable::deserialize(de::value::MapAccessDeserializer::new(map))?;
        let distribution = table.distribution().map_err(de::Error::custom)?;
        Ok(Quantity {
            distribution,
            title: table.title,
            source: table.source,
            mark: table.mark,
            note: table.note,
        })
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(QuantityVisitor)
    }
}

impl QuantityTable {
    /// The table of a distribution; a table of draws without its values.
    fn of(q: &Quantity) -> Self {
        let mut table = QuantityTable {
            title: q.title.clone(),
            source: q.source.clone(),
            mark: q.mark,
            note: q.note.clone(),
            ..QuantityTable::default()
        };
        let word = match &q.distribution {
            Distribution::Known(v) => {
                table.value = Some(*v);
                return table;
            }
            Distribution::Normal { mean, sd } => {
                (table.mean, table.sd) = (Some(*mean), Some(*sd));
                "normal"
            }
            Distribution::Triangular { low, mode, high } => {
                (table.low, table.mode, table.high) = (Some(*low), Some(*mode), Some(*high));
                "triangular"
            }
            Distribution::Uniform { low, high } => {
                (table.low, table.high) = (Some(*low), Some(*high));
                "uniform"
            }
            Distribution::Lognormal { median, sigma } => {
                (table.median, table.sigma) = (Some(*median), Some(*sigma));
                "lognormal"
            }
            Distribution::Table { file, column, .. } => {
                (table.file, table.column) = (Some(file.clone()), Some(column.clone()));
                "draws"
            }
            Distribution::Input(_) => return table,
        };
        table.dist = Some(word.into());
        table
    }
}

impl Serialize for Quantity {
    /// As it is read: a plain number and the name of an input without a table.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let plain = self.source.is_empty() && self.mark.is_none() && self.note.is_empty();
        match &self.distribution {
            Distribution::Input(name) => serializer.serialize_str(name),
            Distribution::Known(v) if plain => serializer.serialize_f64(*v),
            _ => QuantityTable::of(self).serialize(serializer),
        }
    }
}

impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Price::Optimal => serializer.serialize_str("optimal"),
            Price::Given(q) => q.serialize(serializer),
        }
    }
}

/// A parameter of demand: a quantity, or `"calibrate"` to solve for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Parameter {
    /// Solve for it from the targets.
    Calibrate,
    /// Take it as given.
    Given(Quantity),
}

impl<'de> Deserialize<'de> for Parameter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let q = deserializer.deserialize_any(QuantityVisitor)?;
        Ok(match &q.distribution {
            Distribution::Input(word) if word == "calibrate" => Parameter::Calibrate,
            _ => Parameter::Given(q),
        })
    }
}

/// A price rule: a given price, or `"optimal"` for the profit-maximising one.
#[derive(Debug, Clone, PartialEq)]
pub enum Price {
    /// The firm chooses it.
    Optimal,
    /// Fixed at this quantity.
    Given(Quantity),
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let q = deserializer.deserialize_any(QuantityVisitor)?;
        Ok(match &q.distribution {
            Distribution::Input(word) if word == "optimal" => Price::Optimal,
            _ => Price::Given(q),
        })
    }
}

macro_rules! quantity_schema {
    ($type:ty, $name:literal, $text:literal) => {
        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let table = generator.subschema_for::<QuantityTable>();
                schemars::json_schema!({
                    "description": $text,
                    "anyOf": [{ "type": "number" }, { "type": "string" }, table]
                })
            }
        }
    };
}

quantity_schema!(
    Quantity,
    "Quantity",
    "A number, the name of an entry of [inputs], or a distribution."
);
quantity_schema!(Parameter, "Parameter", "\"calibrate\", or a quantity.");
quantity_schema!(Price, "Price", "\"optimal\", or a quantity.");
