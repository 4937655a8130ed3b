//! Offers and answers as real phones make them.
