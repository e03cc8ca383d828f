//! entrant-estimate
