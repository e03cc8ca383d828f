//! entrant-io
