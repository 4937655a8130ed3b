//! What the command line says, in English and Japanese. The language is that of the environment (`LC_ALL`, `LC_MESSAGES`, `LANG`).
//!
//! A text is a constant; `{}` in it are filled in order by [`Words::with`]. A test keeps both languages alike.

use std::fmt;
use std::sync::OnceLock;

/// The two languages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// English.
    English,
    /// 日本語.
    Japanese,
}

impl Language {
    /// That of this process.
    pub fn current() -> Self {
        static CURRENT: OnceLock<Language> = OnceLock::new();
        *CURRENT.get_or_init(|| Self::of(|name| std::env::var(name).ok()))
    }

    /// As HTTP names it (RFC 9110 section 12.5.4).
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Japanese => "ja",
        }
    }

    /// That of an environment: the first variable that says anything decides, as POSIX has it.
    fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let chosen = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
        if chosen.is_some_and(|value| value.starts_with("ja")) { Self::Japanese } else { Self::English }
    }
}

/// One text in both languages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Words {
    english: &'static str,
    japanese: &'static str,
}

impl Words {
    /// In the language of this process.
    pub fn text(self) -> &'static str {
        match Language::current() {
            Language::English => self.english,
            Language::Japanese => self.japanese,
        }
    }

    /// With its `{}` filled in, in order.
    pub fn with(self, values: &[&dyn fmt::Display]) -> String {
        let mut pieces = self.text().split("{}");
        let mut text = pieces.next().unwrap_or_default().to_owned();
        let mut values = values.iter();
        for piece in pieces {
            if let Some(value) = values.next() {
                text.push_str(&value.to_string());
            }
            text.push_str(piece);
        }
        text
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

macro_rules! words {
    ($($(#[$meta:meta])* $name:ident = $english:literal, $japanese:literal;)*) => {
        $($(#[$meta])* pub const $name: Words = Words { english: $english, japanese: $japanese };)*
        #[cfg(test)]
        pub(super) const ALL: &[(&str, Words)] = &[$((stringify!($name), $name)),*];
    };
}

mod bench;
mod check;
mod desk;
mod keeping;
mod mail;
mod onboard;
mod queue;
mod report;
mod ring;
mod verbs;

pub use bench::*;
pub use check::*;
pub use desk::*;
pub use keeping::*;
pub use mail::*;
pub use onboard::*;
pub use queue::*;
pub use report::*;
pub use ring::*;
pub use verbs::*;

words! {
    /// Before a remedy.
    REMEDY = "→", "→";
    /// A place that is no file.
    ENVIRONMENT = "environment", "環境変数";
    /// Headline of any failure.
    ERROR = "error", "エラー";

    // Configuration.
    CONFIG_UNREADABLE = "the configuration cannot be read: {}", "設定ファイルを読めません: {}";
    CONFIG_UNREADABLE_REMEDY = "name an existing file with --config FILE, or leave --config away to use the defaults",
        "--config で存在するファイルを指定するか、--config を省いて既定値で動かしてください";
    SYNTAX = "not valid TOML: {}", "TOML の文法に合いません: {}";
    SYNTAX_REMEDY = "settings are written as name = value, text in \"quotes\"; see config/denwaban.toml",
        "設定は 名前 = 値 と書き、文字列は \"引用符\" で囲みます。config/denwaban.toml を参照してください";
    UNKNOWN_TABLE = "there is no table [{}]", "[{}] という表はありません";
    UNKNOWN_SETTING = "there is no setting of this name", "この名前の設定はありません";
    DID_YOU_MEAN = "did you mean {}?", "{} のことですか?";
    KNOWN_NAMES = "known here: {}", "ここに書ける名前: {}";
    NO_TABLE = "settings stand in tables; this one is in none, or its table is written as a value",
        "設定は表([sip] など)の中に書きます";
    WRONG_VALUE = "{}", "{}";
    WRONG_VALUE_REMEDY = "the default is {}; see config/denwaban.toml", "既定値は {} です。config/denwaban.toml を参照してください";
    NO_LISTENER = "no SIP socket is configured", "SIP の待ち受けアドレスがありません";
    HALF_AN_IDENTITY = "{} is given, {} is not", "{} だけがあり、{} がありません";
    HALF_AN_IDENTITY_REMEDY = "a certificate and its private key belong together: give {}, too", "証明書と秘密鍵は組で必要です。{} も書いてください";
    BAD_ORIGIN = "`{}` is no origin of web pages", "`{}` は Web ページのオリジンではありません";
    BAD_ORIGIN_REMEDY = "write it as browsers do: \"https://desk.example.jp\" or \"http://127.0.0.1:8080\", in small letters, without a path",
        "ブラウザーの書き方に合わせて \"https://desk.example.jp\" や \"http://127.0.0.1:8080\" と小文字で、パスなしで書いてください";
    BAD_PROXY = "`{}` is neither an address nor a network", "`{}` はアドレスでもネットワークでもありません";
    BAD_PROXY_REMEDY = "write \"10.0.0.5\" or \"10.0.0.0/8\"", "\"10.0.0.5\" や \"10.0.0.0/8\" のように書いてください";
    NO_HOUSE_KEY = "the house's key cannot be used: nobody can set up a second factor or use codes", "鍵ファイルを使えません。二段階認証の設定とコードの確認ができません";
    NO_LISTENER_REMEDY = "give sip.udp or sip.tcp at least one address, such as \"0.0.0.0:5060\"",
        "sip.udp か sip.tcp に \"0.0.0.0:5060\" のようなアドレスを一つ以上書いてください";
    TWICE = "{} is there twice", "{} が重複しています";
    TWICE_REMEDY = "remove one of them", "どちらかを消してください";
    ONE_PER_FAMILY = "two addresses of the same family", "同じ種類 (IPv4/IPv6) のアドレスが二つあります";
    ONE_PER_FAMILY_REMEDY = "name one IPv4 and at most one IPv6 address", "IPv4 と IPv6 をそれぞれ一つまでにしてください";
    NOT_AN_OUTER_ADDRESS = "{} cannot be reached from outside: it means \"any address\"", "{} は「すべてのアドレス」を表し、相手から届きません";
    NOT_AN_OUTER_ADDRESS_REMEDY = "write the address under which this machine is reached, or leave the list empty",
        "このマシンに届くアドレスを書くか、空の配列のままにしてください";
    PUBLIC_UNBOUND = "{} has no address of its family in media.address", "{} と同じ種類 (IPv4/IPv6) のアドレスが media.address にありません";
    PUBLIC_UNBOUND_REMEDY = "name this machine's own address of that family in media.address, too, or leave that list empty",
        "このマシン自身のアドレスを media.address にも書くか、そちらを空の配列にしてください";
    EMPTY = "must not be empty", "空にはできません";
    EMPTY_REMEDY = "the default is {}", "既定値は {} です";
    BAD_REALM = "a realm is a name such as \"denwaban\" or \"pbx.example.jp\": no spaces, quotes or control characters",
        "realm は \"denwaban\" や \"pbx.example.jp\" のような名前です。空白や引用符は使えません";
    OUT_OF_RANGE = "{} is out of range", "{} は範囲外です";
    OUT_OF_RANGE_REMEDY = "write a number from {} to {}", "{} から {} までの数を書いてください";
    REGISTER_ORDER = "register_seconds_min ≤ register_seconds ≤ register_seconds_max does not hold",
        "register_seconds_min ≤ register_seconds ≤ register_seconds_max になっていません";
    REGISTER_ORDER_REMEDY = "the defaults are 30, 600 and 3600", "既定値は順に 30、600、3600 です";
    BAD_DATABASE_URL = "`{}` is no database we know", "`{}` は使えるデータベースではありません";
    BAD_DATABASE_URL_REMEDY = "write sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME",
        "sqlite:パス か postgres://ユーザー:パスワード@ホスト/名前 と書いてください";
    BAD_TOKEN = "it is too short, or has letters that no header can hold", "短すぎるか、ヘッダーに書けない文字があります";
    BAD_TOKEN_REMEDY = "write 16 letters and digits or more, as from `openssl rand -hex 24`, or leave it empty",
        "`openssl rand -hex 24` などで作った 16 文字以上の英数字を書くか、空にしてください";
    BAD_LOG_LEVEL = "`{}` is no log level: {}", "`{}` はログの水準ではありません: {}";
    BAD_LOG_LEVEL_REMEDY = "write error, warn, info, debug or trace", "error、warn、info、debug、trace のいずれかを書いてください";
    PORT_CLASH = "SIP port {} lies inside media.ports {}", "SIP のポート {} が media.ports {} の中にあります";
    PORT_CLASH_REMEDY = "move one of them", "どちらかを変えてください";
    NOT_WRITABLE = "{} cannot be written: {}", "{} に書き込めません: {}";
    NOT_WRITABLE_REMEDY = "create the folder and give it to the user that runs denwaban, or name another one",
        "フォルダーを作って denwaban を動かすユーザーに書き込み権限を与えるか、別の場所を指定してください";
    CERTIFICATE_UNREADABLE = "{} cannot be read: {}", "{} を読めません: {}";
    CERTIFICATE_UNREADABLE_REMEDY = "is the path right, and may the user that runs denwaban read the file and its folders? \
        certbot's are for root alone: copy them by a deploy hook, or give that user's group access",
        "パスは正しいですか。denwaban を動かすユーザーはファイルとフォルダーを読めますか。certbot のファイルは root 専用なので、\
        deploy hook でコピーするか、グループに読み取りを許可してください";
    CERTIFICATE_NO_KEY_REMEDY = "give the private key as PEM, not encrypted by a passphrase",
        "パスフレーズなしの PEM 形式の秘密鍵を指定してください";
    CERTIFICATE_OTHER_KEY_REMEDY = "give the key with which this certificate was made", "この証明書を作ったときの秘密鍵を指定してください";
    CERTIFICATE_BAD_REMEDY = "give certificates as PEM: -----BEGIN CERTIFICATE-----", "PEM 形式 (-----BEGIN CERTIFICATE-----) の証明書を指定してください";
    NOTHING = "", "";

    // The database and the start.
    MISSING_REMEDY = "`list` shows what there is", "`list` で一覧を表示できます";
    DATABASE_AWAY_REMEDY = "is the database running, and is database.url right?", "データベースは動いていますか。database.url は正しいですか";
    CANNOT_LISTEN_REMEDY = "is another program on this port, and is the address one of this machine?",
        "同じポートを使うプログラムがないか、アドレスがこのマシンのものかを確かめてください";
    JOURNAL_REMEDY = "only one switch may use it at a time; is another one running?",
        "同時に使えるのは一つの交換機だけです。ほかに動いていませんか";
    NO_THREAD = "the system refuses a thread: {}", "スレッドを作れません: {}";
    NO_MEDIA = "the voice path cannot start: {}", "音声の処理を始められません: {}";
    NO_WEB = "cannot listen for HTTP: {}", "HTTP を待ち受けられません: {}";
    NO_ADDRESS = "this machine has no network address", "このマシンにネットワークのアドレスがありません";
    NO_ADDRESS_REMEDY = "name one in sip.udp and media.address (127.0.0.1 for trying out)",
        "sip.udp と media.address にアドレスを書いてください (試すだけなら 127.0.0.1)";
    UNKNOWN_VARIABLE = "{} names no setting and is ignored{}", "{} に当たる設定はなく、無視します{}";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_take_the_same_values() {
        let all = [
            ALL,
            bench::ALL,
            check::ALL,
            desk::ALL,
            mail::ALL,
            onboard::ALL,
            queue::ALL,
            report::ALL,
            ring::ALL,
            keeping::ALL,
            verbs::ALL,
        ];
        for (name, words) in all.into_iter().flatten() {
            let holes = |text: &str| text.matches("{}").count();
            assert_eq!(holes(words.english), holes(words.japanese), "{name}");
            assert_eq!(words.english.is_empty(), words.japanese.is_empty(), "{name}");
        }
    }

    #[test]
    fn the_first_variable_that_says_anything_decides() {
        let language = |variables: &'static [(&str, &str)]| {
            Language::of(|name| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(language(&[]), Language::English);
        assert_eq!(language(&[("LANG", "ja_JP.UTF-8")]), Language::Japanese);
        assert_eq!(language(&[("LANG", "ja_JP.UTF-8"), ("LC_ALL", "C")]), Language::English);
        assert_eq!(language(&[("LANG", "ja_JP.UTF-8"), ("LC_ALL", "")]), Language::Japanese);
    }

    #[test]
    fn holes_are_filled_in_order() {
        let words = Words { english: "{} of {}", japanese: "{}/{}" };
        let text = words.with(&[&1, &"two"]);
        assert!(text == "1 of two" || text == "1/two", "{text}");
    }
}
