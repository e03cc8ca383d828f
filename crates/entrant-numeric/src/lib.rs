//! entrant-numeric
