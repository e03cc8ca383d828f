//! entrant
