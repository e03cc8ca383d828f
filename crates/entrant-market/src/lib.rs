//! entrant-market
