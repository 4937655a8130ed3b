//! Files that verbs read and write.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use serde_json::Value;

use crate::trouble::{Exit, Trouble};
use crate::words;

/// Ten thousand firms with long manuals; more is another file by mistake.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// A file's bytes; `-` is standard input.
pub fn read(file: &Path) -> Result<Vec<u8>, Trouble> {
    let reading = |source: &mut dyn Read| {
        let mut bytes = Vec::new();
        source.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map(|_| bytes)
    };
    let bytes = if file.as_os_str() == "-" {
        reading(&mut io::stdin().lock())
    } else {
        File::open(file).and_then(|mut source| reading(&mut source))
    };
    bytes.map_err(|error| {
        let place = file.display().to_string();
        Trouble::new(Exit::Missing, place, error.to_string(), words::READABLE_REMEDY.text())
    })
}

/// The JSON of a file; `-` is standard input.
pub fn document(file: &Path) -> Result<Value, Trouble> {
    serde_json::from_slice(&read(file)?).map_err(|error| {
        let place = format!("{}:{}", file.display(), error.line());
        Trouble::new(Exit::Data, place, error.to_string(), words::JSON_REMEDY.text())
    })
}

/// Writes a file that did not exist.
pub fn into_file(file: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    let writing = || {
        let mut new = File::options().write(true).create_new(true).open(file)?;
        new.write_all(bytes)?;
        new.sync_all()
    };
    writing().map_err(|error| {
        let place = file.display().to_string();
        Trouble::new(Exit::Data, place, error.to_string(), words::NEW_FILE_REMEDY.text())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_file_is_told_with_its_place_and_nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sheet.json");
        assert_eq!(document(&file).unwrap_err().exit, Exit::Missing);
        into_file(&file, b"{\n\"marks\": nothing\n}").unwrap();
        let odd = document(&file).unwrap_err();
        assert!(odd.exit == Exit::Data && odd.place.ends_with("sheet.json:2"), "{odd:?}");
        assert_eq!(into_file(&file, b"{}").unwrap_err().exit, Exit::Data);
        assert!(read(&file).unwrap().starts_with(b"{\n\"marks\""), "as it was");
    }
}
