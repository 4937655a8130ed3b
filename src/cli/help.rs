//! Help in the reader's language, completions, the manual page.

use clap::{Command, CommandFactory};

use super::{Arguments, Output};
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words::Language;

const EXAMPLES: &str = "\
Examples:
  denwaban check
  denwaban client add --code sakura-dental --name さくら歯科 --did 0312345678
  denwaban operator add --login 101 --name 山田花子
  denwaban trunk add --name hikari --host 192.0.2.1
  denwaban serve
  denwaban call list --text さくら
  denwaban call trace 01K3ABCDEFGHJ";

/// What each verb does, in Japanese; the English is beside the verb itself.
const JAPANESE: &[(&str, &str)] = &[
    ("", "電話代行のための交換機"),
    ("serve", "交換機を動かす"),
    ("demo", "このパソコンだけで試す"),
    ("check", "設定・フォルダー・データベース・アドレス・ポートを調べ、直し方を示す"),
    ("client", "電話を受けるクライアント企業"),
    ("did", "クライアント企業の転送先番号"),
    ("operator", "オペレーターとソフトフォン"),
    ("trunk", "電話会社への回線"),
    ("ban", "パスワードの総当たりなどで遮断した接続元を見る・解除する"),
    ("call", "通話の検索・経過・SIP の記録"),
    ("rec", "録音の検索・検証・取り出し"),
    ("backup", "バックアップの作成・検証・一覧・復元"),
    ("report", "受電報告の検索・送信・照合・集計"),
    ("dispute", "クライアントからの「報告が違う」というご指摘への対応"),
    ("feedback", "お客様の声 (お褒め・ご不満・ご要望) の確認と回答"),
    ("quality", "通話を聞いて採点する"),
    ("promise", "本日の応答状況 (全体・時間帯・チーム・企業ごと)"),
    ("alarm", "警報の一覧"),
    ("audit", "操作履歴 (いつ・誰が・何をしたか)"),
    ("certificate", "ひと月の応答率の証明 (発信者の耳元で測った値)"),
    ("staffing", "今日・明日、または一週間に必要なオペレーターの数 (過去の通話から)"),
    ("wall", "壁掛け画面のリンクの発行・一覧・取消"),
    ("prompt", "保留音や音声案内の登録・削除"),
    ("settings", "全社共通の設定を見る・変える"),
    ("user", "Web 画面にログインする人"),
    ("bounce", "メールサーバーから戻りメールを受け取り、どの報告のものかを調べる"),
    ("api", "動いている交換機の API を呼び出す (スクリプト用)"),
    ("bench", "このマシンの能力を測る"),
    ("completions", "シェルの補完"),
    ("man", "マニュアルページ"),
];

/// The command with help in the language of the environment, and examples.
pub fn localised(command: Command) -> Command {
    let mut command = command.after_help(EXAMPLES);
    if Language::current() == Language::Japanese {
        for (verb, about) in JAPANESE {
            if verb.is_empty() {
                command = command.about(*about);
            } else if command.find_subcommand(verb).is_some() {
                command = command.mut_subcommand(*verb, |subcommand| subcommand.about(*about));
            }
        }
    }
    command
}

/// Prints the completions of a shell.
pub fn completions(shell: clap_complete::Shell, out: Output) -> Result<(), Troubles> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "denwaban", &mut text);
    out.bytes(&text);
    Ok(())
}

/// Prints the manual page.
pub fn manual(out: Output) -> Result<(), Troubles> {
    let mut text = Vec::new();
    let page = clap_mangen::Man::new(localised(Arguments::command()));
    page.render(&mut text).map_err(|error| Trouble::new(Exit::Software, "", error.to_string(), ""))?;
    out.bytes(&text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_is_described_in_both_languages() {
        let command = Arguments::command();
        command.clone().debug_assert();
        for verb in command.get_subcommands() {
            assert!(verb.get_about().is_some(), "{}", verb.get_name());
            assert!(JAPANESE.iter().any(|(name, _)| *name == verb.get_name()), "{}", verb.get_name());
        }
    }
}
