//! entrant-report
