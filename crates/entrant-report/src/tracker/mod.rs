//! A market tracker for a terminal and as tables.

mod companies;
mod tables;
mod text;
mod view;
mod words;

pub(crate) use self::tables::sheets;
pub use self::tables::tables;
pub(crate) use self::text::brief;
pub use self::text::{Filter, text};
pub(crate) use self::view::{CountryView, countries};
pub(crate) use self::words::{apart, fact, heading, multiple, said, sure};
