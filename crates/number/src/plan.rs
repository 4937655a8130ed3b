//! The numbering plan library, behind three functions so that it can be swapped.
