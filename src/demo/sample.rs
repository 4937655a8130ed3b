//! Sample firms, operators and sentences. Invented; the numbers are not in use.

/// A client firm of the demo.
pub struct Firm {
    /// Short name.
    pub code: &'static str,
    /// Name, as the operator says it.
    pub name: &'static str,
    /// Reading.
    pub reading: &'static str,
    /// How the operator answers.
    pub greeting: &'static str,
    /// How its calls are handled.
    pub manual: &'static str,
    /// The number that it forwards to.
    pub did: &'static str,
    /// Person and mobile.
    pub target: (&'static str, &'static str),
    /// `never`, `urgent_only` or `always`.
    pub transfer: &'static str,
}

macro_rules! firm {
    ($code:literal, $name:literal, $reading:literal, $did:literal, $person:literal, $mobile:literal, $transfer:literal, $manual:literal) => {
        Firm {
            code: $code,
            name: $name,
            reading: $reading,
            greeting: concat!("お電話ありがとうございます。", $name, "でございます。"),
            manual: $manual,
            did: $did,
            target: ($person, $mobile),
            transfer: $transfer,
        }
    };
}

/// Twelve client firms.
pub const FIRMS: [Firm; 12] = [
    firm!(
        "sakura-dental",
        "さくら歯科",
        "さくらしか",
        "0355500101",
        "院長 佐藤",
        "09055500101",
        "always",
        "予約は氏名・希望日時・症状・連絡先を伺う。急患（強い痛み、出血）は院長の携帯へ取次。"
    ),
    firm!(
        "aoba-law",
        "青葉法律事務所",
        "あおばほうりつじむしょ",
        "0355500102",
        "弁護士 青葉",
        "09055500102",
        "urgent_only",
        "相談内容は概要のみ伺い、折り返しとする。逮捕・期日に関わるものは緊急。"
    ),
    firm!(
        "midori-pm",
        "みどり不動産管理",
        "みどりふどうさんかんり",
        "0355500103",
        "夜間担当 緑川",
        "09055500103",
        "always",
        "水漏れ・鍵・停電は物件名と部屋番号を伺い、夜間担当へ取次。"
    ),
    firm!(
        "kaede-salon",
        "美容室かえで",
        "びようしつかえで",
        "0355500104",
        "店長 楓",
        "09055500104",
        "never",
        "予約の新規・変更・取消を承る。メニュー、担当、希望日時、連絡先。"
    ),
    firm!(
        "tsubame-courier",
        "つばめ急便",
        "つばめきゅうびん",
        "0355500105",
        "配車 燕",
        "09055500105",
        "urgent_only",
        "問い合わせ番号（12桁）を必ず復唱。再配達は希望の時間帯を伺う。"
    ),
    firm!(
        "fuji-elevator",
        "富士エレベーター保守",
        "ふじえれべーたーほしゅ",
        "0355500106",
        "当直 富士",
        "09055500106",
        "always",
        "閉じ込めは最優先。建物名・号機・人数を伺い、ただちに当直へ取次。"
    ),
    firm!(
        "hinata-clinic",
        "ひなた内科",
        "ひなたないか",
        "0355500107",
        "看護師 日向",
        "09055500107",
        "urgent_only",
        "診療時間の案内。発熱は来院前の電話として症状を伺う。救急は一一九番を案内。"
    ),
    firm!(
        "yamabiko-it",
        "やまびこシステム",
        "やまびこしすてむ",
        "0355500108",
        "運用 山彦",
        "09055500108",
        "urgent_only",
        "契約番号と製品名、症状を伺う。全停止は緊急。"
    ),
    firm!(
        "mikasa-tax",
        "三笠税理士事務所",
        "みかさぜいりしじむしょ",
        "0355500109",
        "税理士 三笠",
        "09055500109",
        "never",
        "お名前、会社名、ご用件、折り返し先。営業電話は報告不要。"
    ),
    firm!(
        "shirakaba-inn",
        "白樺旅館",
        "しらかばりょかん",
        "0355500110",
        "女将 白樺",
        "09055500110",
        "always",
        "予約は日程・人数・部屋・お食事・連絡先。当日の到着の遅れは女将へ取次。"
    ),
    firm!(
        "nagi-marine",
        "なぎマリン",
        "なぎまりん",
        "0355500111",
        "船長 凪",
        "09055500111",
        "never",
        "出船の有無は前日十八時に決まることをご案内。予約は人数と釣り物。"
    ),
    firm!(
        "tonbo-school",
        "とんぼ学習塾",
        "とんぼがくしゅうじゅく",
        "0355500112",
        "教室長 田辺",
        "09055500112",
        "urgent_only",
        "体験入塾の申込は学年・教科・希望日。欠席連絡は生徒名のみ。"
    ),
];

/// Operators: account, name.
pub const OPERATORS: [(&str, &str); 3] = [("101", "山本 花子"), ("102", "鈴木 一郎"), ("103", "高橋 美咲")];

/// The caller of the story: number, then what is said.
pub const CALLER: &str = "09012345678";
/// The caller's first words.
pub const CALLER_SAYS: &str = "やまだです。歯が痛くて、きょう診ていただけますか。";
/// Number and name, as dictated.
pub const CALLER_NUMBER: &str = "番号は、ゼロきゅうゼロ、いちにさんよん、ごーろくななはち。";
/// The caller to the person of the firm.
pub const CALLER_THANKS: &str = "すぐに伺います。";
/// The operator's greeting.
pub const OPERATOR_SAYS: &str = "お電話ありがとうございます。さくら歯科でございます。";
/// Before hold.
pub const OPERATOR_HOLDS: &str = "少々お待ちください。";
/// To the person of the firm.
pub const OPERATOR_ANNOUNCES: &str = "やまだ様から、お電話です。";
/// Back with the caller.
pub const OPERATOR_RETURNS: &str = "院長におつなぎいたします。";
/// The person of the firm.
pub const MOBILE_SAYS: &str = "はい、さとうです。";
/// To the caller.
pub const MOBILE_HELPS: &str = "いまからいらしてください。";

/// What the operator writes down of the story's call: field and answer.
pub const REPORT: &[(&str, &str)] = &[
    ("company", "個人のお客様"),
    ("name", "やまだ"),
    ("business", "歯が痛いので、きょう診てほしい。\n院長におつなぎし、すぐに来院されることになりました。"),
    ("desired", "bridged"),
    ("callback", "090-1234-5678"),
    ("urgency", "high"),
    ("person", "person"),
];
