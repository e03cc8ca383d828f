//! entrant-scenario
