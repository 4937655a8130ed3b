//! Digest authentication (being written).
