//! The file of the house's own key: 32 random bytes in hexadecimal letters, made at the first start, for our own eyes alone.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use web::HouseKey;

use crate::words;

/// Bytes of the key.
const KEY_BYTES: usize = 32;

/// The key of this file, made if there is none. Without it nobody can set up a second factor, and calls go on.
pub fn open(path: &Path) -> HouseKey {
    match read_or_make(path) {
        Ok(bytes) => HouseKey::new(&bytes),
        Err(error) => {
            tracing::error!(file = %path.display(), %error, "{}", words::NO_HOUSE_KEY);
            HouseKey::none()
        }
    }
}

fn read_or_make(path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    match fs::read_to_string(path) {
        Ok(text) => read(&text).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it is no key of 64 letters")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(path),
        Err(error) => Err(error),
    }
}

fn make(path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let bytes: [u8; KEY_BYTES] = rand::random();
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    // Nobody else may ever have been able to read it, and half a key is none.
    let new = path.with_extension("new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    Ok(bytes)
}

fn read(text: &str) -> Option<[u8; KEY_BYTES]> {
    let text = text.trim();
    if text.len() != 2 * KEY_BYTES || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; KEY_BYTES];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_for_our_eyes_alone_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data").join("denwaban.key");
        let made = read_or_make(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read_or_make(&path).unwrap(), made);
        assert_ne!(made, [0; KEY_BYTES]);
        fs::write(&path, "not a key").unwrap();
        assert!(read_or_make(&path).is_err(), "a key that was there is never overwritten");
        assert_eq!(fs::read_to_string(&path).unwrap(), "not a key");
    }
}
