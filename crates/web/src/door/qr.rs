//! A text as a QR code, for a page that may load nothing from anywhere: an SVG path, which the page draws.

use std::fmt::Write;

use qrcode::{Color, EcLevel, QrCode};
use serde::Serialize;
use utoipa::ToSchema;

/// A QR code as one path of dark squares.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct Picture {
    /// Squares of a side, without the quiet border of four.
    pub(crate) size: usize,
    /// `d` of an SVG path in a view box of that size.
    pub(crate) path: String,
}

/// `None`: the text is too long.
pub(super) fn picture(text: &str) -> Option<Picture> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let size = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(size).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, next| one == next) {
            if run.first() == Some(&Color::Dark) {
                let _written = write!(path, "M{x} {y}h{length}v1h-{length}z", length = run.len());
            }
            x += run.len();
        }
    }
    Some(Picture { size, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_has_a_finder_in_three_corners_and_fits_its_box() {
        let Picture { size, path } = picture("otpauth://totp/Denwaban:hanako?secret=GEZDGNBVGY3TQOJQ").unwrap();
        assert!((21..=57).contains(&size));
        for corner in
            ["M0 0h7v1h-7z".to_owned(), format!("M{} 0h7v1h-7z", size - 7), format!("M0 {}h7v1h-7z", size - 1)]
        {
            assert!(path.contains(&corner), "{corner}");
        }
        assert_eq!(picture(&"x".repeat(5000)), None);
    }
}
