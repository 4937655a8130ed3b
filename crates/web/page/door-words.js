// Words at the door, in both languages; what stands between the braces is JSON, as in words.js.
export const words = {
  "ja": {
    "code": "確認コード（アプリの6桁、または予備コード）", "codeNeeded": "認証アプリに表示されている6桁のコードを入力してください。", "passkey": "パスキーでログイン",
    "passkeyNot": "パスキーを使えませんでした。もう一度試すか、パスワードでログインしてください。", "wrong": "ログインできません。入力内容をもう一度確かめてください。",
    "slow": "試行回数が多いため、{seconds}秒ほど待ってからもう一度試してください。", "failed": "サーバーに接続できません。"
  },
  "en": {
    "code": "Code (the six digits of your app, or a recovery code)", "codeNeeded": "Type the six digits that your authenticator app shows.", "passkey": "Log in with a passkey",
    "passkeyNot": "No passkey was used. Try again, or log in with your password.", "wrong": "This does not open the door. Look at what you typed.",
    "slow": "Too many tries: wait about {seconds} seconds, then try again.", "failed": "The server cannot be reached."
  }
};
