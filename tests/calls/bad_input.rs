//! Bad input disturbs nobody and is told where it is wrong.

use std::net::UdpSocket;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::support::audio::{CALLER_HZ, OPERATOR_HZ, seconds_of};
use crate::support::house::House;
use crate::support::pause;

#[test]
fn r05_malformed_sip_never_disturbs_a_call() {
    let (house, operator, trunk) = House::small();
    let mut phone = house.phone(&operator, OPERATOR_HZ, true);
    let mut caller = house.outside("09011112222", trunk, CALLER_HZ, true);
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    phone.wait("CALL_ESTABLISHED");
    let stranger = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/rfc4475");
    for round in 0..3 {
        for entry in std::fs::read_dir(&corpus).expect("the corpus").flatten() {
            let bytes = std::fs::read(entry.path()).expect("a message");
            let _ = stranger.send_to(&bytes, &house.sip);
            let _ = stranger.send_to(&bytes[..bytes.len() * (round + 1) / 4], &house.sip);
        }
        pause(Duration::from_millis(700));
    }
    caller.command("hangup", "");
    phone.wait("CALL_CLOSED");
    let record = house.finished(1);
    assert!(seconds_of(&caller.heard()[0], OPERATOR_HZ) > 1.5, "{record}");
    house.assert_idle();
}

#[test]
fn a_wrong_configuration_names_file_line_and_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("denwaban.toml");
    for (text, line, word) in [
        ("[sip]\nudp = [\"127.0.0.1:5060\"]\nrealmm = \"x\"\n", 3, "realm"),
        ("[media]\nports = \"20001-20100\"\n", 2, "even"),
        ("[web]\n\nlisten = [\"nowhere\"]\n", 3, "web.listen"),
        ("[log\n", 1, "toml"),
    ] {
        std::fs::write(&file, text).expect("a file");
        let output = Command::new(env!("CARGO_BIN_EXE_denwaban"))
            .args(["--config", "denwaban.toml", "check"])
            .current_dir(folder.path())
            .env("LANG", "C.UTF-8")
            .output()
            .expect("denwaban");
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success(), "{text} was taken");
        assert!(said.contains(&format!("denwaban.toml:{line}")), "the place is missing in: {said}");
        assert!(said.to_lowercase().contains(word), "{word} is missing in: {said}");
    }
}

#[test]
fn a_wrong_csv_row_names_its_line_and_nothing_is_half_written() {
    let house = House::start();
    let file = house.root.path().join("firms.csv");
    std::fs::write(&file, "code,name,dids\nsakura,さくら歯科,0355500101\naoba,青葉法律事務所,12345\n").expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_denwaban"))
        .args(["--config", "denwaban.toml", "client", "import", "firms.csv"])
        .current_dir(house.root.path())
        .env("LANG", "C.UTF-8")
        .output()
        .expect("denwaban");
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success());
    assert!(said.contains('3') && said.contains("dids") && said.contains("12345"), "{said}");
    assert_eq!(house.get("/customers"), json!([]), "nothing is half written");
}
