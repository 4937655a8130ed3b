// Words of the telephone in the page, in both languages. What stands between the braces is JSON, so that a test can read it.
export const words = {
  "ja": {
    "phone": "電話機", "places": { "beside": "別のSIP電話で話す", "page": "この画面で話す" },
    "starting": "電話を準備中", "ready": "電話 待機中", "ringing": "着信中", "talking": "通話中", "lost": "電話の接続が切れました（再接続中）", "refused": "電話を登録できません（{why}）",
    "insecure": "この画面では電話を使えません", "elsewhere": "電話は別のタブで使用中", "listenOnly": "マイクなし（聞くだけ）",
    "hints": { "insecure": "マイクは HTTPS（または localhost）で開いた画面でだけ使えます。管理者に HTTPS の設定を依頼してください。", "elsewhere": "別のタブの電話を切ると、この画面で使えるようになります。" },
    "noMicrophone": "マイクを使えません：{why}。相手の声は聞こえますが、こちらの声は届きません。",
    "faults": { "NotAllowedError": "ブラウザで許可されていません", "NotFoundError": "マイクが接続されていません", "NotReadableError": "ほかのアプリが使用中です" },
    "answer": "応答", "takeOver": "この画面で使う", "devices": "音声の設定", "microphone": "マイク", "speaker": "スピーカー", "bell": "呼出音をもう1か所で鳴らす", "level": "マイクの音量",
    "usual": "既定のデバイス", "none": "なし", "headset": "ヘッドセットのボタンを使う", "headsetIs": "ヘッドセット：{name}", "test": "呼出音を試す", "rings": "着信：{firm}"
  },
  "en": {
    "phone": "Telephone", "places": { "beside": "SIP phone beside it", "page": "Talk in this page" },
    "starting": "telephone is starting", "ready": "telephone ready", "ringing": "it rings", "talking": "in a call", "lost": "telephone has lost its connection (trying again)", "refused": "the telephone was refused ({why})",
    "insecure": "no telephone in this page", "elsewhere": "another tab has the telephone", "listenOnly": "no microphone (listening only)",
    "hints": { "insecure": "Browsers give a microphone only to pages that were opened by HTTPS (or on localhost). Ask your administrator to set up HTTPS.", "elsewhere": "When the other tab's telephone is switched off, this page has it." },
    "noMicrophone": "No microphone: {why}. You hear the caller, the caller does not hear you.",
    "faults": { "NotAllowedError": "the browser does not allow it", "NotFoundError": "none is connected", "NotReadableError": "another program is using it" },
    "answer": "Answer", "takeOver": "Use it here", "devices": "Sound", "microphone": "Microphone", "speaker": "Loudspeaker", "bell": "Ring at a second place", "level": "How loud the microphone is",
    "usual": "the usual device", "none": "none", "headset": "Use a headset's buttons", "headsetIs": "Headset: {name}", "test": "Try the bell", "rings": "Call for {firm}"
  }
};
