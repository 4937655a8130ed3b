// Words of the telephone in the page, in both languages. What stands between the braces is JSON, so that a test can read it.
export const words = {
  "ja": {
    "phone": "電話機", "places": { "beside": "別のSIP電話で話す", "page": "この画面で話す" },
    "starting": "電話を準備中", "ready": "電話 待機中", "ringing": "着信中", "talking": "通話中", "lost": "電話の接続が切れました（再接続中）", "refused": "電話を登録できません（{why}）",
    "insecure": "この画面では電話を使えません", "elsewhere": "電話は別のタブで使用中", "silent": "マイクがないため着信しません", "listenOnly": "マイクなし（聞くだけ）", "lapsed": "ログイン切れ",
    "hints": { "asks": "ブラウザの確認画面で、マイクの使用を許可してください。", "insecure": "マイクは HTTPS（または localhost）で開いた画面でだけ使えます。管理者に HTTPS の設定を依頼してください。", "elsewhere": "別のタブを閉じるか、そのタブで「別のSIP電話で話す」を選ぶと、この画面で使えるようになります。", "lapsed": "ログインの有効期限が切れましたが、この通話はそのまま続けられます。入力を続けるには、もう一度ログインしてください。" },
    "noMicrophone": "マイクを使えません：{why}。{so}", "unheard": { "silent": "つなぐか許可すると、すぐに使えます。", "talking": "相手の声は聞こえますが、こちらの声は届いていません。" },
    "faults": { "NotAllowedError": "ブラウザで許可されていません（アドレスバーのマイクのアイコンから許可できます）", "NotFoundError": "マイクが接続されていません", "NotReadableError": "ほかのアプリが使用中です", "other": "ブラウザのエラーです（{name}）" },
    "answer": "応答", "hangUp": "切る", "takeOver": "この画面で使う", "again": "もう一度試す", "listen": "聞くだけで使う", "devices": "音声の設定", "microphone": "マイク", "speaker": "スピーカー（相手の声）", "ringer": "呼出音を鳴らす場所", "beside": "声と同じ", "bell": "呼出音をもう1か所で鳴らす", "level": "マイクの音量",
    "usual": "既定のデバイス", "none": "なし", "headset": "ヘッドセットのボタンを使う", "headsetIs": "ヘッドセット：{name}", "test": "呼出音を試す", "rings": "着信：{firm}"
  },
  "en": {
    "phone": "Telephone", "places": { "beside": "SIP phone beside it", "page": "Talk in this page" },
    "starting": "telephone is starting", "ready": "telephone ready", "ringing": "it rings", "talking": "in a call", "lost": "telephone has lost its connection (trying again)", "refused": "the telephone was refused ({why})",
    "insecure": "no telephone in this page", "elsewhere": "another tab has the telephone", "silent": "no microphone, no calls", "listenOnly": "no microphone (listening only)", "lapsed": "logged out by time",
    "hints": { "asks": "The browser asks whether this page may use the microphone: please allow it.", "insecure": "Browsers give a microphone only to pages that were opened by HTTPS (or on localhost). Ask your administrator to set up HTTPS.", "elsewhere": "When the other tab is closed, or “SIP phone beside it” is chosen there, this page has it.", "lapsed": "Your login's time is over. This call goes on; log in again to go on writing." },
    "noMicrophone": "No microphone: {why}. {so}", "unheard": { "silent": "As soon as one is connected or allowed, it is used.", "talking": "You hear the caller, the caller does not hear you." },
    "faults": { "NotAllowedError": "the browser does not allow it (the microphone's sign in the address bar changes that)", "NotFoundError": "none is connected", "NotReadableError": "another program is using it", "other": "the browser failed ({name})" },
    "answer": "Answer", "hangUp": "Hang up", "takeOver": "Use it here", "again": "Try again", "listen": "Listen only", "devices": "Sound", "microphone": "Microphone", "speaker": "Where the caller is heard", "ringer": "Where it rings", "beside": "where the caller is heard", "bell": "Ring at a second place", "level": "How loud the microphone is",
    "usual": "the usual device", "none": "none", "headset": "Use a headset's buttons", "headsetIs": "Headset: {name}", "test": "Try the bell", "rings": "Call for {firm}"
  }
};
