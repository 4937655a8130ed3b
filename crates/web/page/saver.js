// Keeps what is typed: collects the changes of a moment, sends them one request after the other, in the order in which they were
// made, and again for as long as the server does not answer. Nothing that was typed is ever dropped here.

const COLLECT_MS = 300; // so that a word is a few requests, not one for each letter; a change is on its way well within a second
const AGAIN_MS = 2000;

/**
 * `send(edits)` keeps a list of edits and gives a promise; `tell(state, error, answer)` hears "typed", "saving", "saved" (with the server's answer) or "failed".
 * An error whose `final` is set is not tried again: the edits stay, and `take()` gives them.
 */
export function saver({ send, tell }) {
  let waiting = new Map(); // key → edit; a later change of the same field replaces an earlier one that nobody has sent
  let underWay = null; // the request that is on its way: a promise of whether it was kept
  let timer = null;
  let stopped = false;

  function later(ms) {
    if (timer == null && !stopped) timer = setTimeout(() => { timer = null; go(); }, ms);
  }

  /** Sends what waits, or waits for what is on its way; was it kept? */
  function go() {
    if (underWay) return underWay;
    if (stopped || !waiting.size) return Promise.resolve(!waiting.size);
    const edits = [...waiting.values()];
    waiting = new Map();
    tell("saving");
    underWay = send(edits).then(
      (answer) => {
        underWay = null;
        tell(waiting.size ? "typed" : "saved", null, answer);
        if (waiting.size) later(COLLECT_MS);
        return true;
      },
      (error) => {
        underWay = null;
        // What has been typed since then is newer.
        waiting = new Map([...edits.map((edit) => [edit.key, edit]), ...waiting]);
        if (error.final) stopped = true;
        tell("failed", error);
        later(AGAIN_MS);
        return false;
      },
    );
    return underWay;
  }

  return {
    /** A field has another value. */
    changed(edit) {
      waiting.delete(edit.key); // it goes last, as it was made last
      waiting.set(edit.key, edit);
      tell("typed");
      later(COLLECT_MS);
    },
    /** Everything is kept when this promise is; it fails when something could not be. */
    async flush() {
      clearTimeout(timer);
      timer = null;
      while (underWay || waiting.size) {
        if (!await go()) throw new Error("not saved");
      }
    },
    /** What nobody has kept yet. */
    take: () => [...waiting.values()],
    /** Is everything kept? */
    isClean: () => !waiting.size && !underWay,
    /** The page goes away: no more. */
    stop() { stopped = true; clearTimeout(timer); timer = null; },
  };
}
