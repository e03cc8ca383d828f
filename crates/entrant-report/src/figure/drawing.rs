//! A chart as marks on a sheet of paper, which every format can draw.

/// Marks within a width and a height, in points, from the upper left corner down.
#[derive(Debug)]
pub(crate) struct Drawing {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// Marks, the later over the earlier.
    pub marks: Vec<Mark>,
}

/// Something drawn.
#[derive(Debug)]
pub(crate) enum Mark {
    /// A straight line from one point to another.
    Line {
        /// Where it starts.
        from: (f64, f64),
        /// Where it ends.
        to: (f64, f64),
        /// How wide it is.
        width: f64,
        /// Its colour.
        ink: Ink,
    },
    /// A disc, or a ring on white.
    Dot {
        /// Its middle.
        at: (f64, f64),
        /// Its radius.
        radius: f64,
        /// Its colour.
        ink: Ink,
        /// Whether it is a ring.
        hollow: bool,
    },
    /// A line of text.
    Text {
        /// Its anchor on the base line.
        at: (f64, f64),
        /// Size of the type.
        size: f64,
        /// What of it stands at the anchor.
        anchor: Anchor,
        /// Its colour.
        ink: Ink,
        /// What it says.
        text: String,
    },
}

/// Which end of a text stands where it is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

/// A colour of the page in daylight: red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ink(pub u8, pub u8, pub u8);

impl Ink {
    /// Text.
    pub(crate) const TEXT: Ink = Ink(0x16, 0x20, 0x2c);
    /// Remarks and axes.
    pub(crate) const QUIET: Ink = Ink(0x56, 0x61, 0x6f);
    /// Lines of the grid.
    pub(crate) const GRID: Ink = Ink(0xdf, 0xe3, 0xe8);

    /// The colour of a class of the style sheet.
    pub(crate) fn of(tone: &str) -> Ink {
        match tone {
            "f0" => Ink(0xd5, 0x5e, 0x00),
            "f1" => Ink(0x3b, 0x3f, 0xa0),
            "f2" => Ink(0x00, 0x77, 0xbb),
            "f3" => Ink(0x11, 0x77, 0x33),
            "f4" => Ink(0xaa, 0x44, 0x99),
            "f5" => Ink(0x2a, 0x9d, 0x8f),
            "f6" => Ink(0x8a, 0x84, 0x22),
            "f7" => Ink(0x88, 0x22, 0x55),
            "f8" => Ink(0x4b, 0xa3, 0xc7),
            "f9" => Ink(0x7d, 0x87, 0x93),
            "fx" => Ink(0xaa, 0xb2, 0xbd),
            _ => Ink::QUIET,
        }
    }

    /// As `#rrggbb`.
    pub(crate) fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}
