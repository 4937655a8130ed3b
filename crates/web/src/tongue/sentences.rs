//! What the API says that is written in English where it is found (by the store's checks of a form, by whoever reads a body), in
//! Japanese. A sentence that is not here stays as it is: it is for programmers, or has both languages where it is said.

mod desks;

/// English, with `{}` for what changes, and Japanese, with `{0}`, `{1}` for the same. The first that fits is taken.
const SENTENCES: &[(&str, &str)] = &[
    // Who asks, and what for.
    ("nobody is logged in, or not any more", "ログインしていないか、ログインの有効期限が切れています"),
    ("log in at /api/v1/login", "ログインしてください"),
    (
        "the name or the password is wrong, or the link is used up",
        "ログイン名かパスワードが違うか、リンクが使用済みです",
    ),
    (
        "try again, or ask an administrator for a new password",
        "もう一度入力するか、管理者に新しいパスワードを依頼してください",
    ),
    ("a code is needed besides the password", "パスワードのほかにコードが必要です"),
    (
        "send `code` too: the six digits that your program shows, or a recovery code",
        "認証アプリに表示された6桁のコードか、予備コードを入力してください",
    ),
    ("your role needs a second factor to log in", "あなたの役割では二段階認証が必要です"),
    (
        "log in with your passkey, or set up codes or a passkey at /account",
        "パスキーでログインするか、アカウントのページで認証アプリかパスキーを設定してください",
    ),
    ("your role does not allow this", "あなたの役割ではこの操作はできません"),
    ("ask a supervisor or an administrator", "スーパーバイザーか管理者に依頼してください"),
    ("this came from a page of another site", "ほかのサイトのページからの操作です"),
    (
        "use this site's own page; a program sends no Origin header",
        "このサイトのページから操作してください（プログラムは Origin ヘッダーを付けません）",
    ),
    ("this address does not know that method", "このアドレスではこのメソッドを使えません"),
    ("/api/v1/openapi.json lists what it knows", "使えるものは /api/v1/openapi.json にあります"),
    ("there is nothing at this address: {}", "このアドレスには何もありません。一覧は /api/v1/openapi.json にあります"),
    ("there is nothing at this address", "このアドレスには何もありません"),
    ("the body is too large", "送信する内容が大きすぎます"),
    ("send less: divide a file into several", "ファイルを分割するなどして小さくしてください"),
    ("the body is not said to be JSON", "本文が JSON ではありません"),
    ("send it with `Content-Type: application/json`", "`Content-Type: application/json` を付けて送信してください"),
    ("the body broke off", "送信が途中で切れました"),
    ("send it again", "もう一度送信してください"),
    ("the body is a list", "本文がリストになっています"),
    ("send an object: {…}", "オブジェクト {…} を送信してください"),
    ("the body is not JSON: {}", "本文を JSON として読めません：{0}"),
    ("mend it at the line and column that are named", "示された行と桁を直してください"),
    ("unknown field `{}`{}", "「{0}」という項目はありません"),
    (
        "leave it out, or spell it as in /api/v1/openapi.json",
        "取り除くか、/api/v1/openapi.json のとおりに書いてください",
    ),
    ("give a value of the kind that /api/v1/openapi.json tells", "/api/v1/openapi.json にある種類の値にしてください"),
    ("give it a value", "値を入力してください"),
    ("the form is wrong", "入力に誤りがあります"),
    ("check its fields", "各項目を確認してください"),
    (
        "nothing was imported: these places of the file are wrong",
        "何も取り込んでいません。ファイルの次の場所に誤りがあります",
    ),
    ("mend them and send the whole file again", "直してから、ファイル全体をもう一度送信してください"),
    ("too many tries", "試行回数が多すぎます"),
    ("wait {} seconds", "{0}秒ほど待ってから、もう一度お試しください"),
    ("these are no credentials", "ログインに必要な内容がありません"),
    ("give name and password, or a ticket alone", "ログイン名とパスワードを入力してください"),
    ("the command line has no account", "コマンドにはアカウントがありません"),
    ("no secret can be made now", "いまは秘密の値を作れません"),
    ("no challenge can be made now", "いまはパスキーの確認を始められません"),
    ("nothing was begun that could be confirmed", "二段階認証の設定が始まっていません。最初からやり直してください"),
    (
        "codes are not set up, so there is nothing to recover",
        "認証アプリが設定されていないため、予備コードはありません",
    ),
    ("the passkey cannot be taken", "このパスキーは使えません"),
    (
        "begin again, with a device that verifies its owner",
        "画面ロックで本人を確認できる端末で、もう一度始めてください",
    ),
    ("nobody knows from where this came", "接続元がわかりません"),
    // Calls in hand.
    ("there is no such call", "この通話はありません"),
    (
        "this login has no phone: it is no operator's",
        "このログインには電話機がありません（オペレーターではありません）",
    ),
    (
        "an administrator can give it one: the account of the phone that is to be called",
        "管理者が、呼び出す電話機のオペレーターをこのログインに設定できます",
    ),
    ("nobody supervises such a call now", "この通話は、いま誰も聴取していません"),
    ("it is too long, or more than a line", "長すぎるか、2行以上あります"),
    ("write one line of at most {} characters", "{0}文字以内の1行で入力してください"),
    ("the switch gave n{}", "交換機が応答しません"),
    ("no source of this address is banned: it is no address", "IPアドレスではないため、遮断されていません"),
    ("this source is listened to", "この接続元は遮断されていません"),
    ("this recording has no waveform", "この録音には波形がありません"),
    ("there is no such prompt", "この音声はありません"),
    ("there is no library of prompts here", "音声案内の保存先がありません"),
    ("the work on the prompts broke off", "音声案内の処理が途中で終わりました"),
    ("a backup is being made already", "すでにバックアップを作成しています"),
    ("the file could not be written", "ファイルを書き出せませんでした"),
    ("this call has no recording", "この通話には録音がありません"),
    // Rows and their fields.
    ("there is no user {}", "{0} というログインはありません"),
    (
        "this is your own login: another administrator can end it",
        "自分自身のログインです。停止はほかの管理者に依頼してください",
    ),
    (
        "this is your own login: another administrator can change its role",
        "自分自身のログインです。役割の変更はほかの管理者に依頼してください",
    ),
    ("this house has no address for telephones", "電話機用のアドレスが設定されていません（denwaban.toml の [sip]）"),
    ("it is empty", "空欄です"),
    ("it is missing", "入力がありません"),
    ("it is not set", "設定がありません"),
    ("it is too short", "短すぎます"),
    ("it is easily guessed", "推測されやすいものです"),
    ("it is one of those that everybody tries first", "真っ先に試される、よくあるものです"),
    (
        "take several words that have nothing to do with each other",
        "互いに関係のない単語をいくつか組み合わせてください",
    ),
    (
        "take at least {} characters that are not the login and not one letter again and again",
        "{0}文字以上で、ログイン名を含まず、同じ文字の繰り返しでないものにしてください",
    ),
    ("write something", "入力してください"),
    ("there is a line break or another control character in it", "改行などの制御文字が入っています"),
    ("write it in one line", "1行で入力してください"),
    ("there is a control character in it", "制御文字が入っています"),
    ("remove it; line breaks and tabs are fine", "取り除いてください（改行とタブは使えます）"),
    ("{} characters are too many", "{0}文字は長すぎます"),
    ("shorten it to {}", "{0}文字以内にしてください"),
    ("{} entries are too many", "{0}件は多すぎます"),
    ("give at most {}", "{0}件以内にしてください"),
    ("{} is out of range", "{0} は範囲外です"),
    ("give points to at least one criterion", "少なくとも1つの項目に点数を付けてください"),
    ("give {} to {}", "{0}～{1}にしてください"),
    (
        "use letters a-z, digits, - and _, beginning with a letter or a digit: sakura-dental",
        "半角の英小文字・数字・ハイフン・アンダースコアを使い、英数字で始めてください（例：sakura-dental）",
    ),
    (
        "use letters, digits, - _ and . alone: 101, hanako",
        "半角の英数字と - _ . だけを使ってください（例：101、hanako）",
    ),
    ("write it as 03-1234-5678 or +81312345678", "03-1234-5678 や +81312345678 のように入力してください"),
    ("give an ordinary Japanese number", "国内の一般の電話番号を入力してください"),
    ("give each number once", "同じ番号は1回だけ入力してください"),
    ("take it away from that customer first", "先にその契約企業から外してください"),
    ("choose another code, or change that customer", "別のコードにするか、その契約企業を変更してください"),
    ("choose another login", "別のログイン名にしてください"),
    ("choose another name, or change that trunk", "別の名前にするか、その回線を変更してください"),
    ("choose another name", "別の名前にしてください"),
    ("choose another one", "別のものにしてください"),
    ("choose codes of which none begins another", "どの番号も、ほかの番号の先頭と同じにならないようにしてください"),
    ("create the operator first", "先にオペレーターを登録してください"),
    ("say which operator this user is", "どのオペレーターのログインかを選んでください"),
    ("end some of them", "使っていないものを停止してください"),
    ("make a new operator, and end this one", "新しいオペレーターを登録し、このオペレーターは終了してください"),
    ("make a new user, and end this one", "新しいログインを追加し、このログインは停止してください"),
    ("make a new one, and end this one", "新しく追加し、これは停止してください"),
    ("make another one the owner first", "先にほかの人を管理者にしてください"),
    ("the firm would have nobody who can manage its logins", "ログインを管理できる人が、この企業に1人もいなくなります"),
    ("the firm has {} logins already", "この企業にはすでに{0}件のログインがあります"),
    ("the login {} is taken", "ログイン名 {0} は使われています"),
    ("the login {} cannot be changed", "ログイン名 {0} は変更できません"),
    ("the name {} cannot be changed", "ログイン名 {0} は変更できません"),
    ("there is an operator {} already", "{0} というオペレーターがすでにいます"),
    ("there is a user {} already", "{0} というログインがすでにあります"),
    ("{} is trunk {} already", "{0} は、すでに回線{1}の名前です"),
    ("there is no operator {}", "{0} というオペレーターはいません"),
    ("there is no firm {}", "{0} という契約企業はありません"),
    ("give the codes of firms, as in their list", "登録されている契約企業のコードを入力してください"),
    ("there is a user but no password", "認証ユーザーがありますが、パスワードがありません"),
    ("give the password that the carrier gave you", "通信事業者から受け取ったパスワードを入力してください"),
    ("copy it from the carrier's letter", "通信事業者の案内のとおりに入力してください"),
    ("give udp, tcp, tls or auto", "udp、tcp、tls、auto のいずれかにしてください"),
    (
        "give sip.example.jp, 203.0.113.5:5060 or [2001:db8::1]:5060",
        "sip.example.jp、203.0.113.5:5060、[2001:db8::1]:5060 のように入力してください",
    ),
    ("give 203.0.113.0/24 or a single address", "203.0.113.0/24 か、1つのアドレスを入力してください"),
    (
        "give a name of the carrier's certificate, such as sbc.example.jp",
        "通信事業者の証明書にある名前を入力してください（例：sbc.example.jp）",
    ),
    ("give at least request_uri", "少なくとも request_uri を入力してください"),
    ("give some of {}", "次の中から選んでください：{0}"),
    ("give one of {}", "次のいずれかにしてください：{0}"),
    ("write it as sip:user@example.jp", "sip:user@example.jp のように入力してください"),
    ("give off, preferred or required", "off、preferred、required のいずれかにしてください"),
    ("give md5, sha256 or both", "md5、sha256、both のいずれかにしてください"),
    ("give operator, supervisor or manager", "operator、supervisor、manager のいずれかにしてください"),
    ("write it as lang:en, lang:zh, lang:ko", "lang:en、lang:zh、lang:ko のように入力してください"),
    (
        "write it as hanako@sakura.example, or use a short name",
        "hanako@sakura.example のような形か、短い名前にしてください",
    ),
    ("use 1 to 6 of the keys 0-9, * and #", "0～9、*、# を1～6個使ってください"),
    ("write it in small letters: lunch", "半角の小文字にしてください（例：lunch）"),
    ("give each reason a code of its own", "コードは理由ごとに別のものにしてください"),
    ("give the `next` of the page before", "前のページの `next` を指定してください"),
    ("write it as 2026-11", "2026-11 のように入力してください"),
    ("begin with 0:best1, 0:suited or 0:everyone", "0:best1、0:suited、0:everyone のいずれかで始めてください"),
    ("give them in the order of their times", "時間の順に並べてください"),
    ("no operator rings at the beginning", "最初に呼び出すオペレーターがいません"),
    ("a step is earlier than the one before", "前の段階より早い段階があります"),
    // A CSV file.
    ("the column is missing", "この列がありません"),
    ("nobody reads this column", "使われない列です"),
    ("the first line names the columns: code,name,…", "1行目に列の名前を書いてください（code,name,…）"),
    ("there are more than {} rows", "{0}行を超えています"),
    ("split the file", "ファイルを分けてください"),
    ("write yes or no", "yes か no にしてください"),
    ("write 0 to 9", "0～9にしてください"),
    ("write one of {}", "次のいずれかにしてください：{0}"),
    ("write report, call_back or ignore", "report、call_back、ignore のいずれかにしてください"),
    (
        "write answer_as_usual, announce or message_box",
        "answer_as_usual、announce、message_box のいずれかにしてください",
    ),
    ("write nothing, position or expected_wait", "nothing、position、expected_wait のいずれかにしてください"),
    ("write name:number:seconds, several with ; between", "名前:番号:秒数 の形にし、複数は ; で区切ってください"),
    (
        "write never, urgent_only, always or listed:number;number",
        "never、urgent_only、always か、listed:番号;番号 の形にしてください",
    ),
    ("use some of {}", "使える列：{0}"),
    ("there is no column {}", "{0} という列はありません"),
    ("column {} is there twice", "{0} という列が2つあります"),
    ("there are {} cells, the header has {}", "セルが{0}個ありますが、見出しは{1}個です"),
    ("check the quotes", "引用符を確認してください"),
    ("the file is empty", "ファイルが空です"),
    ("begin it with a line of column names", "1行目に列の名前を書いてください"),
    ("the file is not UTF-8", "ファイルが UTF-8 ではありません"),
    (
        "save it as \"CSV UTF-8\" (Shift_JIS is not read)",
        "「CSV UTF-8」の形式で保存してください（Shift_JIS は読めません）",
    ),
    ("the file has {} bytes", "ファイルが{0}バイトあります"),
    ("split it into files of 16 MB", "16 MB以内のファイルに分けてください"),
    // Hours and days.
    (
        "write 9:00 or 18:30; after midnight 25:00 to 30:00",
        "9:00 や 18:30 のように入力してください（深夜は 25:00～30:00）",
    ),
    (
        "write 9:00-18:00; past midnight 18:00-26:00",
        "9:00-18:00 のように入力してください（深夜をまたぐ場合は 18:00-26:00）",
    ),
    (
        "write 2026-12-29, 2026-12-29 17:00, or every year 12-29",
        "2026-12-29、2026-12-29 17:00、毎年なら 12-29 のように入力してください",
    ),
    (
        "write mon-fri 9:00-12:00,13:00-18:00; sat 9:00-12:00",
        "mon-fri 9:00-12:00,13:00-18:00; sat 9:00-12:00 のように入力してください",
    ),
    (
        "write 2026-12-29..2027-01-03 and the wording; {}",
        "2026-12-29..2027-01-03 に続けて文面を書いてください（間に [announce] [message_box] [answer_as_usual] を書けます）",
    ),
    (
        "write 2026-12-26 9:00-15:00, or 2026-12-26..2026-12-27 9:00-15:00",
        "2026-12-26 9:00-15:00 か 2026-12-26..2026-12-27 9:00-15:00 のように入力してください",
    ),
    (
        "give their hours; days when nobody is there are closed days",
        "営業時間を入力してください（誰もいない日は休業期間です）",
    ),
    ("give days without times, and their hours", "時刻のない日付と、その営業時間を入力してください"),
    ("give times of a day that do not overlap", "重ならない時間を入力してください"),
    ("{} times on one day are too many", "1日に{0}個の時間帯は多すぎます"),
    ("{} and {} overlap", "{0} と {1} が重なっています"),
    ("{} to {} ends before it begins", "{0}～{1} は、始まりより前に終わっています"),
    ("{} to {} is no time at all", "{0}～{1} は長さがありません"),
    ("{} has no hours", "{0} に時間がありません"),
    ("{} is no whole day", "{0} は1日ではありません"),
    ("{} is no time", "{0} は時刻ではありません"),
    ("{} are no hours of a week", "{0} は1週間の営業時間ではありません"),
    ("{} are no hours", "{0} は営業時間ではありません"),
    ("{} is no day", "{0} は日付ではありません"),
    ("{} is no closed period", "{0} は休業期間ではありません"),
    ("{} are no days with hours", "{0} は営業日と時間ではありません"),
    ("write a number of seconds, or never", "秒数か never にしてください"),
    ("write a number of seconds", "秒数にしてください"),
    // Ends that many have.
    ("take a number that is no firm's", "契約企業のものではない番号にしてください"),
    ("+{} belongs to {} already", "+{0} は、すでに {1} の番号です"),
    ("+{} belongs to {}", "+{0} は {1} の番号です"),
    ("{} belongs to customer {} already", "{0} は、すでに契約企業{1}のコードです"),
    ("{} begins like that of {}", "{0} は {1} と同じ番号で始まっています"),
    ("{} may not be dialled: {}", "{0} には発信できません"),
    ("{} is no telephone number: {}", "{0} は電話番号ではありません"),
    ("{} has characters that no SIP address has", "{0} に、SIPアドレスに使えない文字があります"),
    ("{} cannot be keyed", "{0} は電話機で押せません"),
    ("{} cannot be read", "{0} は読めません"),
    ("{} is there twice", "{0} が2回あります"),
    ("{} is no code", "{0} はコードとして使えません"),
    ("{} is no login", "{0} はログイン名として使えません"),
    ("{} is no host name", "{0} はホスト名ではありません"),
    ("{} is no host", "{0} はホストではありません"),
    ("{} is no mail address", "{0} はメールアドレスではありません"),
    ("{} is no protocol for a trunk", "{0} は回線に使えません"),
    ("{} is no address block", "{0} はアドレスの範囲ではありません"),
    ("{} is no address", "{0} はIPアドレスではありません"),
    ("{} is no SIP address", "{0} はSIPアドレスではありません"),
    ("{} is no tier", "{0} という役割はありません"),
    ("{} is no policy", "{0} という方針はありません"),
    ("{} is no language", "{0} は言語ではありません"),
    ("{} is no month", "{0} は月ではありません"),
    // How a way to a carrier is.
    ("registration lapsed", "登録の有効期限が切れました"),
    ("registration not answered", "登録に応答がありません"),
    ("registration refused with {}", "登録を断られました（{0}）"),
    ("registered for {} s", "登録済み（{0}秒間有効）"),
    ("OPTIONS answered {}", "OPTIONS に応答あり（{0}）"),
    ("OPTIONS not answered", "OPTIONS に応答がありません"),
    ("no address", "アドレスがありません"),
    ("configured", "設定どおりです"),
    ("there is none, or it is too long", "ないか、長すぎます"),
    ("there is none", "1つもありません"),
    ("{} is none: {}", "{0} は使えません"),
    ("{} is none", "{0} は使えません"),
];

/// The Japanese of one of our English sentences; `None`: it is none of them.
pub(crate) fn japanese(english: &str) -> Option<String> {
    all().find_map(|(pattern, ja)| {
        let holes = fits(pattern, english)?;
        let filled = holes.iter().enumerate();
        Some(filled.fold((*ja).to_owned(), |text, (at, hole)| text.replace(&format!("{{{at}}}"), hole)))
    })
}

fn all() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    desks::SENTENCES.iter().chain(SENTENCES)
}

/// What stands in the pattern's holes; `None`: the text is no such sentence.
fn fits<'a>(pattern: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut parts = pattern.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut holes = Vec::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        // The last part ends the text; any other is looked for from the left.
        let at = if parts.peek().is_none() { rest.len().checked_sub(part.len())? } else { rest.find(part)? };
        let (hole, after) = rest.split_at_checked(at)?;
        rest = after.strip_prefix(part)?;
        holes.push(hole);
    }
    rest.is_empty().then_some(holes)
}

#[cfg(test)]
mod tests;
