//! What `denwaban call ring` says.

use super::Words;

words! {
    RING_NO_NUMBER = "`{}` is no number that can be called", "`{}` にはかけられません";
    RING_NO_NUMBER_REMEDY = "write digits, such as 0312345678; `denwaban did list` shows those that are known",
        "0312345678 のように数字で書いてください。登録済みの番号は `denwaban did list` で見られます";
    RING_NO_SWITCH = "no switch answers at {}", "{} で交換機が応答しません";
    RING_NO_TRUNK = "no trunk brings calls from {}: the switch would refuse a caller from there as a stranger",
        "{} からの着信を受ける回線がなく、交換機に拒否されます";
    RING_NO_TRUNK_REMEDY = "make one for tests: denwaban trunk add --name test --host {}:5099 --match-port --probe-seconds 0 \
        --priority 999 --calls-max 1",
        "試験用の回線を作ってください: denwaban trunk add --name test --host {}:5099 --match-port --probe-seconds 0 --priority 999 \
        --calls-max 1";
    RING_WAV_REMEDY = "name a WAV file", "WAV ファイルを指定してください";
    RING_CALLING = "calling {} as {}, by trunk {}", "{} に発信します (発信者番号 {}、回線 {})";
    RING_RINGING = "ringing after {} ms", "{} ms で呼び出し";
    RING_ANSWERED = "answered after {} ms", "{} ms で応答";
    RING_ANSWERED_BY = "answered by {} after {} ms (denwaban call show {})", "{}が {} ms で応答 (denwaban call show {})";
    RING_HEARD = "heard {} s of sound", "{} 秒の音が聞こえました";
    RING_THEY_HUNG_UP = "they hung up after {} ms", "{} ms で相手が切りました";
    RING_WE_HUNG_UP = "we hung up after {} ms", "{} ms でこちらから切りました";
    RING_REFUSED = "the switch refused the call with status {}", "交換機が着信を拒否しました (状態 {})";
    RING_NOT_ANSWERED = "nobody answered within {} s", "{} 秒以内に誰も応答しませんでした";
    RING_FAILED_REMEDY = "is an operator registered and ready? `denwaban call list` and the log of the switch tell what happened",
        "オペレーターは登録済みで受付可能ですか。経過は `denwaban call list` と交換機のログで分かります";
}
