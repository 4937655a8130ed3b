//! What the verbs answer: heads of columns, confirmations, troubles.

use super::Words;

words! {
    // Heads and fields.
    ID = "id", "ID";
    CODE = "code", "コード";
    NAME = "name", "名前";
    READING = "reading", "読み";
    GREETING = "greeting", "第一声";
    MANUAL = "manual", "対応方法";
    NEEDS = "needs", "必要な技能";
    PLAN = "plan", "呼び出し方";
    RING = "ring", "呼出時間";
    PRIORITY = "priority", "優先度";
    TRANSFER = "transfer", "取次";
    TARGETS = "targets", "取次先";
    ACTIVE = "active", "有効";
    LOGIN = "login", "ログイン名";
    SKILLS = "skills", "技能";
    WRAP_UP = "wrap-up", "後処理";
    SRTP = "encrypted voice (SRTP)", "音声の暗号化 (SRTP)";
    PASSWORD = "password", "パスワード";
    ROLE = "role", "役割";
    NUMBER = "number", "番号";
    PROVIDER = "provider", "電話会社";
    HOST = "host", "ホスト";
    PROTOCOL = "protocol", "プロトコル";
    DOMAIN = "domain", "ドメイン";
    SOURCES = "sources", "着信元";
    USER = "user", "ユーザー";
    REGISTER = "register", "登録先";
    CALLER_ID = "caller id", "発信者番号";
    EXTRACTORS = "extractors", "着信番号の場所";
    CALLS_MAX = "calls", "同時発信数";
    SPACING = "spacing", "発信の間隔";
    MILLISECONDS = "{} ms", "{} ミリ秒";
    CERTIFICATE_NAMES = "certificate", "証明書の名前";
    NUMBER_FORM = "numbers", "番号の形式";
    IDENTITY_HEADER = "identity", "発信回線の表示";
    SHOWN_NUMBER = "shows", "取次時の発信番号";
    REDIRECTION = "redirection", "転送の表示";
    CALL = "call", "通話";
    ARRIVED = "arrived", "着信";
    FIRM = "firm", "契約企業";
    CALLER = "caller", "発信者";
    OPERATOR = "operator", "オペレーター";
    STATE = "state", "状態";
    WAIT = "wait", "待ち";
    TALK = "talk", "通話時間";
    ENDING = "ending", "終わり方";
    RECORDING = "recording", "録音";
    LEGS = "legs", "通話端";
    TIMELINE = "timeline", "経過";
    PLACE = "#", "#";
    PARTY = "party", "相手";
    BEGUN = "begun", "開始";
    ANSWERED = "answered", "応答";
    ENDED = "ended", "終了";
    VOICE = "voice", "音声";
    LENGTH = "length", "長さ";
    FILE = "file", "ファイル";
    VERDICT = "verdict", "判定";
    YES = "yes", "はい";
    NO = "no", "いいえ";
    SECONDS = "{} s", "{} 秒";
    SET = "(set)", "(設定済み)";

    // Client firms.
    IMPORTED = "{} new, {} changed", "新規 {} 件、変更 {} 件";
    FIRM_ENDED = "{} has ended", "{} を終了しました";
    CALLERS_LISTED = "callers: {}", "発信者: {}";
    NO_PLAN = "`{}` is no plan", "`{}` という呼び出し方はありません";
    NO_PLAN_REMEDY = "write one of {}", "{} のいずれかを書いてください";
    NO_TARGET = "`{}` names no number", "`{}` に番号がありません";
    NO_TARGET_REMEDY = "write NAME=NUMBER", "名前=番号 と書いてください";
    NO_POLICY = "`{}` is no policy", "`{}` という取次方法はありません";
    NO_POLICY_REMEDY = "write never, urgent_only or always", "never、urgent_only、always のいずれかを書いてください";

    // Numbers.
    NOBODYS = "{} is nobody's now", "{} の割り当てを外しました";
    RECORDINGS_LINE = "recordings line", "録音の電話番号";
    IS_RECORDINGS_LINE = "the recordings line: firms' people hear their calls here, with code and PIN",
        "録音の電話番号です。契約企業の方が会社番号と暗証番号で録音をお聞きになれます";
    DIAL_IN_CODE = "company code", "会社番号";
    PIN = "PIN", "暗証番号";
    PIN_SINCE = "PIN since", "暗証番号の設定";
    PIN_REMOVED = "{}: there is no PIN any more", "{} の暗証番号を削除しました";
    LOCKED_UNTIL = "locked until", "停止の期限";
    NOTHING_SET = "none", "なし";
    UNKNOWN_NUMBER = "in no table: the call is answered with “{}”, and an alarm is raised",
        "登録されていません。「{}」で応答し、警報を出します";

    // Operators and users.
    SHOWN_ONCE = "It is shown this once.", "表示されるのはこの一度だけです。";
    OTHER_SETTINGS = "`denwaban operator softphone {}` shows the other settings.",
        "ほかの設定は `denwaban operator softphone {}` で見られます。";
    OPERATOR_ENDED = "{} cannot register any more", "{} は登録できなくなりました";
    OPERATOR_IS_ENDED = "the operator {} was removed: nothing is changed", "オペレーター {} は削除済みです。変更していません";
    OPERATOR_IS_ENDED_REMEDY = "make a new operator, with another login: `denwaban operator add`", "`denwaban operator add` で、別のログイン名のオペレーターを登録してください";
    MEMBER_IS = "{}: {}, {}", "{}: {}、{}";
    USER_CHANGED = "{} is {} from now on", "{} の役割: {}";
    USER_IS_ENDED = "the login {} has ended: nothing is changed", "{} は停止済みです。変更していません";
    USER_IS_ENDED_REMEDY = "a new password brings it back", "新しいパスワードを設定すると、もう一度使えます";
    USER_ENDED = "{} cannot log in any more", "{} はログインできなくなりました";
    FIRST_LINK = "There is no administrator yet. Open this link within 30 minutes to become the first one; it works once:", "管理者がまだいません。30分以内に次のリンクを開き、最初の管理者になってください（1回だけ使えます）:";
    FIRST_LINK_AGAIN = "(`denwaban user first` prints another one)", "（`denwaban user first` で新しいリンクを表示できます）";
    USER_LINK = "By this link {} sets a new password, once and within 30 minutes:", "次のリンクで {} さんが新しいパスワードを設定できます（30分以内、1回だけ）:";
    HAS_ADMINISTRATOR = "there is an administrator already", "管理者はすでにいます";
    HAS_ADMINISTRATOR_REMEDY = "for a new password: `denwaban user link NAME`", "パスワードを設定し直すには `denwaban user link 名前` を使ってください";
    FACTOR_RESET = "{} has no second factor and no session any more; the password stays", "{} さんの二段階認証・パスキー・ログイン中の端末をすべて解除しました（パスワードはそのままです）";
    CODES = "codes", "二段階認証";
    PASSKEYS = "passkeys", "パスキー";
    SESSION_DEVICE = "device", "端末";
    SESSION_ADDRESS = "address", "接続元";
    SESSION_SEEN = "last seen", "最終利用";
    SESSIONS_ENDED = "{} is logged out everywhere", "{} さんのすべての端末をログアウトしました";
    NO_LEVEL = "`{}` is no level", "`{}` は技能の水準ではありません";
    NO_LEVEL_REMEDY = "write SKILL=LEVEL with a level from 1 to 100", "技能=水準 (1 から 100) と書いてください";
    WALL_LINK = "link", "リンク";
    WALL_REVOKED = "{} shows nothing any more", "{} は何も表示しなくなりました";
    NO_USER = "there is no user {}", "{} というユーザーはいません";
    NO_USER_REMEDY = "`denwaban user list` shows all", "`denwaban user list` で一覧を表示できます";
    NO_ROLE = "`{}` is no role", "`{}` という役割はありません";
    NO_ROLE_REMEDY = "write admin, supervisor or operator", "admin、supervisor、operator のいずれかを書いてください";
    NO_MEMBER_ROLE_REMEDY = "write owner, member or reader", "owner、member、reader のいずれかを書いてください";
    NO_MEMBER_REMEDY = "`denwaban client member list {}` shows all", "`denwaban client member list {}` で一覧を表示できます";
    NO_PHONE_SOCKET = "there is no SIP socket that a phone could reach", "電話機から届く SIP の待ち受けがありません";
    PHONE_USER = "user name", "ユーザー名";
    PHONE_PASSWORD_ONCE = "(shown once by `denwaban operator add` or `password`)",
        "(`denwaban operator add` か `password` で一度だけ表示)";
    REALM = "realm", "レルム";
    DTMF = "DTMF", "DTMF";
    PHONE_PORT = "port", "ポート";
    PHONE_TRANSPORT = "transport", "トランスポート";
    PHONE_WEBSOCKET = "WebSocket", "WebSocket";
    PHONE_CODECS = "codecs", "コーデック";
    PHONE_REGISTRATION = "registration", "登録の間隔";
    PHONE_EVERY = "every {} s", "{} 秒ごと";

    // Trunks.
    TRUNK_ENDED = "{} is used no more", "{} を使用停止にしました";
    NO_TRUNK = "there is no trunk {}", "{} という回線はありません";
    NO_TRUNK_REMEDY = "`denwaban trunk list` shows all", "`denwaban trunk list` で一覧を表示できます";
    READABLE_REMEDY = "name a file that can be read", "読めるファイルを指定してください";
    REGISTERED_AT = "{} at {}", "{} ({} に登録)";

    // Bans, and the running switch.
    BAN_SOURCE = "address", "接続元";
    BAN_REASON = "why", "理由";
    BAN_FAILURES = "times", "回数";
    BAN_UNTIL = "until", "解除の予定";
    BAN_PASSWORDS = "guessed passwords", "パスワードの総当たり";
    BAN_SCANNING = "asked for odd things", "不審な要求の繰り返し";
    BAN_MALFORMED = "sent what is no SIP", "不正な形式のデータ";
    BAN_ADDED = "{} is not listened to any more", "{} からの受信を止めました";
    BAN_CLEARED = "{} is listened to again", "{} の遮断を解除しました";
    BAN_NONE = "nobody was banned", "遮断中の接続元はありません";
    BAN_UNKNOWN = "this address is listened to", "この接続元は遮断されていません";
    BAN_UNKNOWN_REMEDY = "`denwaban ban list` shows all that are not", "`denwaban ban list` で一覧を表示できます";
    NO_SOCKET = "no socket for the command line is configured", "コマンドライン用のソケットが設定されていません";
    NO_SOCKET_REMEDY = "set web.socket, such as \"data/denwaban.sock\", and start the switch again",
        "web.socket に \"data/denwaban.sock\" などを設定し、交換機を再起動してください";
    SOCKET_SILENT = "the running switch does not answer at {}: {}", "{} で交換機が応答しません: {}";
    SOCKET_SILENT_REMEDY = "is `denwaban serve` running with this configuration and in this folder, and are you the user that runs it?",
        "この設定とフォルダーで `denwaban serve` は動いていますか。それを動かすユーザーで実行していますか";
    SOCKET_NOT_OPEN = "the command line's socket cannot be opened, `denwaban ban` will not work", "コマンドライン用のソケットを開けず、`denwaban ban` は使えません";

    // Calls and recordings.
    SUPERVISED = "the phone of {} is called to call {}: {}", "{} の電話を呼び出します (通話 {}、{})";
    SUPERVISED_NO_MORE = "nobody supervises call {} any more", "通話 {} の聴取を終えました";
    NO_TRACE = "call {} has no SIP messages on record", "通話 {} には SIP の記録がありません";
    NO_TRACE_REMEDY = "set sip.trace = true, for calls from then on", "sip.trace = true にすると、以後の通話が記録されます";
    NO_TIME = "`{}` is no time", "`{}` は日時ではありません";
    NO_TIME_REMEDY = "write 2026-11-21 or 2026-11-21T18:00", "2026-11-21 か 2026-11-21T18:00 のように書いてください";
    PACKETS = "{} in, {} out, {} lost, jitter {} ms", "受信 {}、送信 {}、欠落 {}、ゆらぎ {} ms";
    HEARD = "heard: {}", "相手の声: {}";
    WORST = "worst 5 s: {}", "最も悪い 5 秒: {}";
    HEARD_US = "heard us: {}", "こちらの声: {}";
    ROUND_TRIP = "round trip {} ms", "往復 {} ms";
    LINE_GOOD = "good", "良好";
    LINE_FAIR = "fair", "やや不良";
    LINE_BAD = "bad", "不良";
    GAPS = "{} gaps, {}", "欠落 {} か所、{}";
    PAUSES = "{} pauses, {}", "一時停止 {} か所、{}";
    PAUSED = "{}: nothing is kept in the recording until `--off`, for five minutes at most", "{}: 録音を一時停止しました (`--off` で再開、最長 5 分)";
    PAUSE_OVER = "{}: the recording goes on", "{}: 録音を再開しました";
    BYTES_DIFFER = "{} bytes instead of {}", "{} バイトあります ({} バイトのはず)";
    HASH_DIFFERS = "its SHA-256 is another", "SHA-256 が一致しません";
    RECORDINGS_DIFFER = "{} of {} recordings are not as they were recorded", "{} 件の録音が録音時と異なります (全 {} 件)";
    RECORDINGS_DIFFER_REMEDY = "restore these files from the backup", "バックアップから復元してください";
    NEW_FILE_REMEDY = "name a file that does not exist yet", "まだないファイル名を指定してください";

    // The promise.
    MONTH = "month", "月";
    NO_MONTH = "`{}` is no month", "`{}` は月ではありません";
    NO_MONTH_REMEDY = "write 2026-11", "2026-11 のように書いてください";
    OFFERED = "calls", "着信";
    LOST = "lost", "取りこぼし";
    OTHERWISE = "served without a person", "人の応答なしで対応";
    MEASURED_AT = "measured", "測定点";
    MEASURED = "calls", "件数";
    TWO_RINGS = "within 2 rings (6.0 s)", "2コール以内 (6.0 秒)";
    THREE_RINGS = "within 3 rings (9.0 s)", "3コール以内 (9.0 秒)";
    MEAN = "mean", "平均";
    NINETY_FIVE = "95 % within", "95%値";
    AT_THE_EAR = "at the caller's ear", "発信者の耳元";
    AT_THE_ANSWER = "at our answer", "当方の応答";
    CERTIFICATE_MEANS = "From the first ringing to the operator's first words, and to our answer. Lost callers count as not answered in time.",
        "呼出音の始まりからオペレーターの第一声まで、および応答まで。取りこぼしは時間内の応答に数えません。";
    CERTIFICATE_CUT = "There are more calls than are counted: the figures are of the first ones.",
        "件数の上限を超えたため、初めの分だけの値です。";

    // Staffing.
    NO_SHARE = "write a share from 1 to 99.9 percent", "1 から 99.9 までの割合 (%) を書いてください";
    STAFFING_LEARNED = "From {} calls of the past half year; callers wait {} s before they give up; wanted: {} within three rings.",
        "過去半年の {} 件から。発信者が待つ時間は平均 {} 秒。目標は3コール以内に {}。";
    STAFFING_NOTHING = "no calls are to be expected, as far as the past tells", "過去の記録からは着信の見込みがありません";
    FROM_TIME = "from", "時刻";
    HANDLING = "a call takes", "1件の処理時間";
    OPERATORS_WANTED = "operators", "必要人数";
    OPERATORS_HIGH = "on a busy day", "多い日の人数";
    GIVE_UP = "give up", "取りこぼし";
    MONDAY = "Mon", "月";
    TUESDAY = "Tue", "火";
    WEDNESDAY = "Wed", "水";
    THURSDAY = "Thu", "木";
    FRIDAY = "Fri", "金";
    SATURDAY = "Sat", "土";
    SUNDAY = "Sun", "日";
    HOLIDAY = "holiday", "祝日";

    // Benchmarks.
    RAMP_CAPACITY = "ramp   this machine carries {} recorded calls with their callers and phones ({})",
        "ramp   このマシンは発信者・電話機込みで {} 通話を録音しながら運べます ({})";
    RAMP_STEP = "ramp   {} times: {} callers, {} on the line; {} dialled, {} answered, {} got 503 (Retry-After {}), {} failed otherwise; established calls: loss {} %, delay {} ms median and {} ms p99; voice path {} % busy, {} % at most, {} ms late (the generator {} ms)",
        "ramp   {} 倍: 発信者 {}、通話中 {}。発信 {}、応答 {}、503 {} (Retry-After {})、その他の失敗 {}。通話中の音声: 損失 {} %、遅延 中央値 {} ms・p99 {} ms。音声部の使用率 平均 {} %・最大 {} %、遅れ {} ms (負荷側 {} ms)";
    RAMP_RECORDINGS = "ramp   recordings of {} calls: {} whole, {} missing, {} with gaps ({} ms), {} faulty; {} s recorded",
        "ramp   {} 通話の録音: 完全 {}、なし {}、欠落あり {} ({} ms)、異常 {}。録音 {} 秒";
}
