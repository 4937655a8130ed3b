//! What `denwaban check` says.

use super::Words;

words! {
    CHECK_CONFIGURATION = "configuration", "設定";
    CHECK_FOLDER = "folder", "フォルダー";
    CHECK_OPEN_FILES = "open files", "ファイル数";
    CHECK_DISK = "disk", "ディスク";
    CHECK_ADDRESS = "address", "アドレス";
    CHECK_CERTIFICATES = "certificate", "証明書";
    CHECK_PORT = "port", "ポート";
    CHECK_SPEECH = "speech", "音声合成";
    CHECK_DATABASE = "database", "データベース";
    CHECK_DIRECTORY = "directory", "登録";
    CHECK_TRUNK = "trunk", "回線";
    CHECK_SIP = "sip", "SIP";
    CHECK_WEB = "web", "Web";
    CHECKS_FAILED = "{} of {} checks failed", "{} 件の問題があります (全 {} 項目)";
    DEFAULTS = "no file: built-in defaults", "ファイルなし (既定値)";

    // This machine.
    CHECK_FREE = "{} % free, room for {} hours of recording", "空き {} %、録音 {} 時間分";
    CHECK_FREE_REMEDY = "make room, or lower recordings.free_percent_min",
        "空きを増やすか、recordings.free_percent_min を下げてください";
    CHECK_FILES = "{} open files and sockets at most, {} for sip.connections_max and sip.calls_max", "同時に開けるファイルとソケット {} 個 (sip.connections_max と sip.calls_max に必要な数 {} 個)";
    CHECK_FILES_REMEDY = "raise the hard limit (LimitNOFILE= of the systemd unit, `docker run --ulimit nofile=`), or lower these settings",
        "ハードリミット (systemd の LimitNOFILE=、`docker run --ulimit nofile=`) を上げるか、この 2 つの設定を下げてください";
    CHECK_TOLD = "{} is told to peers as {}", "{} は相手に {} と伝わります";
    CHECK_LOOPBACK_REMEDY = "only phones on this machine can call: set sip.public to reach others",
        "このマシン内の電話機しか使えません。外とつなぐには sip.public を設定してください";
    CHECK_NO_SUCH_ADDRESS = "{}: this machine has no such address", "{}: このマシンにないアドレスです";
    CHECK_VOICE = "voice on {} ports {}, told to peers as {}: {} legs at once", "音声 {} ポート {} (相手には {})、同時に {} 通話端まで";
    CHECK_NOT_OURS = "voice cannot be bound to {}: it is no address of this machine", "{} はこのマシンのアドレスではなく、音声に使えません";
    CHECK_NOT_OURS_REMEDY = "name an address of this machine in media.address, and the one that peers see in media.public",
        "media.address にはこのマシンのアドレスを、相手から見えるアドレスは media.public に書いてください";
    CHECK_VOICE_NAT_REMEDY = "sip.public is no address of this machine (NAT?): set media.public, too, or nothing will be heard",
        "sip.public はこのマシンのアドレスではありません (NAT?)。media.public も設定しないと声が届きません";
    CHECK_CERTIFICATE = "{} for {}, good for {} days, SHA-256 {}", "{} 名前 {}、有効期限まで {} 日、SHA-256 {}";
    CHECK_CERTIFICATE_TO_COME = "none is configured: a self-signed one will be made in {}", "指定がないため、自己署名証明書を {} に作ります";
    CHECK_CERTIFICATE_OVER_REMEDY = "it is not good now: renew it (`certbot renew`); the switch reads the new one by itself",
        "有効期間外です。`certbot renew` などで更新してください。交換機は自動で読み直します";
    CHECK_CERTIFICATE_SOON_REMEDY = "it ends soon and nobody has renewed it: does certbot run?", "まもなく期限が切れます。certbot は動いていますか";
    CHECK_CERTIFICATE_NAMES = "the certificate is for {}; phones reach this machine as {}", "証明書の名前は {} ですが、電話機は {} に接続します";
    CHECK_CERTIFICATE_NAMES_REMEDY = "let phones use a name of the certificate (DNS), or get one for the name or address that they use",
        "証明書の名前で電話機から接続できるように DNS を設定するか、接続先の名前・アドレスを含む証明書を用意してください";
    CHECK_PORT_FREE = "{} {} is free", "{} {} は空いています";
    CHECK_PORT_OURS = "{} {}: the switch is running there ({})", "{} {}: 交換機が動いています ({})";
    CHECK_PORT_TAKEN = "{} {} is taken by another program ({})", "{} {} は別のプログラム ({}) が使っています";
    CHECK_SPEAKS = "{} said “{}”: {} s of speech in {} ms", "{} が「{}」と話しました: {} 秒の音声を {} ms で合成";
    CHECK_NO_SPEECH = "no speech command: firms' names are not spoken", "音声合成のコマンドがなく、企業名は読み上げられません";
    CHECK_NO_SPEECH_REMEDY = "set speech.command", "speech.command を設定してください";
    CHECK_SPEECH_MISSING = "{} cannot be run: {}; firms' names are not spoken", "{} を実行できません: {}。企業名は読み上げられません";
    CHECK_SPEECH_MISSING_REMEDY = "apt-get install open-jtalk open-jtalk-mecab-naist-jdic, or set speech.command",
        "apt-get install open-jtalk open-jtalk-mecab-naist-jdic を実行するか、speech.command を設定してください";
    CHECK_SPEECH_FAILED = "{} does not speak: {}", "{} が音声を作れません: {}";
    CHECK_SPEECH_FAILED_REMEDY = "are the dictionary and the voice where speech.command and speech.voice say?",
        "辞書と声のファイルは speech.command と speech.voice の示す場所にありますか";

    // The database and the trunks.
    CLIENT_FIRMS = "client firms", "契約企業";
    NUMBERS = "numbers", "着信番号";
    OPERATORS = "operators", "オペレーター";
    TRUNKS = "trunks", "回線";
    CHECK_NONE = "no {}", "{}: なし";
    CHECK_COUNT = "{} {}", "{} 件の{}";
    UNRESOLVED = "{} cannot be resolved", "{} の名前を解決できません";
    CHECK_UNRESOLVED = "{}: {}", "{}: 名前を解決できません ({})";
    CHECK_UNRESOLVED_REMEDY = "is the name right, and does DNS work here?", "名前は正しいですか。このマシンで DNS は使えますか";
    CHECK_TRUNK_ANSWER = "{}: {} {} in {} ms", "{}: {} {} ({} ms)";
    CHECK_SILENCE = "no answer within {} s", "{} 秒以内に応答がありません";
    CHECK_TRUNK_SILENT_REMEDY = "is the host right, and do firewalls let SIP pass both ways? A carrier that answers no OPTIONS at \
        all needs a trunk with --probe-seconds 0",
        "ホスト名は正しいですか。ファイアウォールは SIP を両方向に通しますか。OPTIONS に答えない電話会社なら、回線を \
        --probe-seconds 0 で登録してください";
    CHECK_TRUNK_BUSY_REMEDY = "the carrier says that it cannot work now: calls go over its other trunks; ask the carrier if it lasts",
        "電話会社側が一時的に使えません。通話は別の回線に回ります。続くなら電話会社に問い合わせてください";
    CHECK_TRUNK_FORBIDDEN_REMEDY = "the carrier does not know us: does it have this machine's address on its list, and are user and \
        domain right?",
        "電話会社に認識されていません。このマシンのアドレスは登録済みですか。ユーザー名とドメインは正しいですか";
    CHECK_TRUNK_NAT = "{} at {} is on the Internet, and is told our private address {}", "{} ({}) はインターネット上ですが、こちらのアドレスとしてプライベートな {} が伝わります";
    CHECK_TRUNK_NAT_REMEDY = "behind NAT set sip.public and media.public to the address that the Internet sees",
        "NAT の内側なら、外から見えるアドレスを sip.public と media.public に書いてください";
    CHECK_RUNNING_REMEDY = "is `denwaban serve` running with this configuration?", "この設定で `denwaban serve` は動いていますか";
}
