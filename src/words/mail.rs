//! Reports on their way: settings, `check`, `bounce`, the bench.

use super::Words;

words! {
    // Settings.
    BAD_MAIL_ADDRESS = "`{}` is no mail address: {}", "`{}` はメールアドレスではありません: {}";
    BAD_MAIL_ADDRESS_REMEDY = "write it as report@denwaban.example.jp", "report@denwaban.example.jp のように書いてください";
    NO_MAIL_FROM = "a mail server is given, but no address to write from", "メールサーバーがありますが、差出人のアドレスがありません";
    NO_PASSWORD = "a user is given, but no password", "ユーザー名がありますが、パスワードがありません";
    NO_PASSWORD_REMEDY = "give it, best as the environment variable {}", "環境変数 {} などで指定してください";
    PASSWORD_IN_THE_CLEAR = "with this setting a password could be sent in the clear", "この設定ではパスワードが暗号化されずに流れる恐れがあります";
    PASSWORD_IN_THE_CLEAR_REMEDY = "write \"required\" or \"implicit\"; \"none\" is for a server on this machine (127.0.0.1)",
        "\"required\" か \"implicit\" にしてください。\"none\" はこのマシンのサーバー (127.0.0.1) 専用です";
    LONG_BOUNCE = "`{}` is too long: 37 characters are put before its @", "`{}` は長すぎます。@ の前に 37 文字が付きます";
    NO_BOUNCE = "bounces cannot be read without an address for them", "戻りメールのアドレスがないと、戻りメールを読めません";
    NO_IMAP_USER = "the bounce mailbox has no user", "戻りメール用メールボックスのユーザー名がありません";
    IMAP_TLS_REMEDY = "write \"implicit\" (port 993), \"required\" (port 143), or \"none\" for a server on this machine",
        "\"implicit\" (ポート 993)、\"required\" (ポート 143)、このマシンのサーバーなら \"none\" にしてください";
    BAD_SERVICE = "`{}` is no address of a service", "`{}` はサービスのアドレスではありません";
    BAD_SERVICE_REMEDY = "write it as \"https://api.example.com\", in small letters, without a slash at the end",
        "\"https://api.example.com\" のように小文字で、末尾の / なしで書いてください";
    BAD_ALLOWED = "`{}` is no origin with a port", "`{}` はポート付きのオリジンではありません";
    BAD_ALLOWED_REMEDY = "write scheme, host and port: \"http://10.0.0.5:8080\"", "\"http://10.0.0.5:8080\" のように、スキーム・ホスト・ポートを書いてください";

    // Check.
    CHECK_MAIL = "mail", "メール";
    CHECK_BOUNCES = "bounces", "戻りメール";
    CHECK_NO_MAIL = "no mail server: reports to mail addresses wait", "メールサーバーがなく、メール宛ての報告は送信待ちになります";
    CHECK_NO_MAIL_REMEDY = "set mail.server and mail.from", "mail.server と mail.from を設定してください";
    CHECK_MAIL_READY = "{} takes our mails ({})", "{} がメールを受け付けます ({})";
    CHECK_MAIL_FAILED = "{}: {}", "{}: {}";
    CHECK_MAIL_REMEDY = "are server, port, encryption, user and password in [mail] right, and does a firewall let us out?",
        "[mail] のサーバー、ポート、暗号化、ユーザー名、パスワードは正しいですか。ファイアウォールは通しますか";
    CHECK_NO_BOUNCES = "bounces are not read from here", "戻りメールを読む設定がありません";
    CHECK_NO_BOUNCES_REMEDY = "set mail.bounce and mail.imap_server, or let the mail server hand them to `denwaban bounce`",
        "mail.bounce と mail.imap_server を設定するか、メールサーバーから `denwaban bounce` に渡してください";
    CHECK_BOUNCES_READY = "{}: {} mails in {}", "{}: {} 通 ({})";

    // The start.
    MAIL_NOT_READY = "mails cannot be sent: {}", "メールを送れません: {}";
    CHATS_NOT_READY = "chats cannot be reached: {}", "チャットに接続できません: {}";
    ROOTS_REMEDY = "give certificates as PEM in mail.roots, or leave it empty for the system's", "mail.roots には PEM 形式の証明書を指定するか、空にしてください";

    // `denwaban bounce`.
    BOUNCE_FAILED = "delivery {} did not arrive: {}", "送信 {} は届きませんでした: {}";
    BOUNCE_DELAYED = "delivery {} is delayed: {}", "送信 {} は遅れています: {}";
    BOUNCE_OTHER = "about delivery {}, and nothing is wrong with it", "送信 {} に関するメールですが、問題ではありません";
    BOUNCE_UNKNOWN = "not about any mail of ours", "こちらの送ったメールに関するものではありません";
    BOUNCE_NO_ADDRESS = "mail.from is not set: no mail can have been sent from here", "mail.from がありません。ここから送ったメールはないはずです";
}
