//! Calendar quarters.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer};
use serde::{Serialize, Serializer};

/// First and last year that a quarter may have.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2200;

/// A calendar quarter, written `2017Q4`.
///
/// ```
/// use entrant_data::Quarter;
/// let quarter: Quarter = "2017Q4".parse()?;
/// assert_eq!(quarter.plus(1).to_string(), "2018Q1");
/// assert_eq!(quarter.since("2016Q4".parse()?), 4);
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarter {
    /// Quarters since the first of year 0.
    index: i32,
}

impl Quarter {
    /// The quarter 1 to 4 of a year from 1900 to 2200; `None` outside.
    pub fn new(year: i32, quarter: i32) -> Option<Self> {
        (YEARS.contains(&year) && (1..=4).contains(&quarter)).then_some(Quarter {
            index: year * 4 + quarter - 1,
        })
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.index.div_euclid(4)
    }

    /// The quarter of the year, 1 to 4.
    pub fn of_year(self) -> i32 {
        self.index.rem_euclid(4) + 1
    }

    /// The quarter so many quarters later; earlier where the number is negative.
    pub fn plus(self, quarters: i32) -> Self {
        Quarter {
            index: self.index.saturating_add(quarters),
        }
    }

    /// Quarters since another one; negative where it is later.
    pub fn since(self, other: Quarter) -> i32 {
        self.index - other.index
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}Q{}", self.year(), self.of_year())
    }
}

impl FromStr for Quarter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (year, quarter) = text.split_once(['Q', 'q'])?;
            let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
            let plain = year.len() == 4 && quarter.len() == 1 && digits(year) && digits(quarter);
            let numbers = plain.then(|| Some((year.parse().ok()?, quarter.parse().ok()?)))??;
            Quarter::new(numbers.0, numbers.1)
        };
        read().ok_or_else(|| "is no quarter".to_owned())
    }
}

impl Serialize for Quarter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quarter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|m| de::Error::custom(format!("`{text}` {m}")))
    }
}

impl JsonSchema for Quarter {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Quarter".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A calendar quarter, such as 2017Q4.",
            "pattern": "^[0-9]{4}Q[1-4]$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_are_read_and_written() {
        for text in ["1900Q1", "2017Q4", "2200Q4"] {
            assert_eq!(
                text.parse::<Quarter>().map(|q| q.to_string()),
                Ok(text.into())
            );
        }
        for text in [
            "", "2017", "2017Q5", "2017Q0", "17Q4", "2017Q44", "Q42017", "1899Q4", "2201Q1",
            "2017-Q4", "+017Q1", "2017Q4 ", "2017FY",
        ] {
            assert!(text.parse::<Quarter>().is_err(), "{text}");
        }
    }

    #[test]
    fn quarters_count_over_the_turn_of_years() {
        let quarter = Quarter::new(2017, 4).expect("a quarter");
        assert_eq!(quarter.plus(-4).to_string(), "2016Q4");
        assert_eq!(quarter.plus(-3).since(quarter), -3);
        assert!(quarter < quarter.plus(1));
    }
}
