// Keeps what is typed: collects the changes of a moment, sends them one request after the other, in the order in which they were
// made, and again for as long as the server does not answer. Nothing that was typed is ever dropped here.

const COLLECT_MS = 300; // so that a word is a few requests, not one for each letter; a change is on its way well within a second
const AGAIN_MS = 2000;
const AT_ONCE_MAX = 200; // as many as the server takes in one request

/**
 * `send(edits)` keeps a list of edits and gives a promise; `tell(state, error, answer)` hears "typed", "saving", "saved" (with the
 * server's answer), "refused" (all but what the server will not take) or "failed". An error with status 404 or 409 ends the sending:
 * the draft is not there, or not ours; the edits stay. With 422 the edit that its `body.field` names is set aside until that field
 * changes, and the others go on. `clock` gives milliseconds: how long ago an edit was made goes with it.
 */
export function saver({ send, tell, clock = () => performance.now() }) {
  let waiting = new Map(); // key → edit; a later change of the same field replaces an earlier one that nobody has sent
  let sent = []; // what is on its way
  let underWay = null; // its request: a promise of whether it may go on
  const aside = new Map(); // key → { edit, error }: what the server will not take
  let alone = false; // something that the server does not name is wrong: one by one
  let timer = null;
  let stopped = false;

  const aged = ({ at, ...edit }) => ({ ...edit, ago_ms: Math.max(0, Math.round(clock() - at)) });

  function later(ms) {
    if (timer == null && !stopped) timer = setTimeout(() => { timer = null; go(); }, ms);
  }

  /** Sends what waits, or waits for what is on its way. */
  function go() {
    if (underWay) return underWay;
    if (stopped || !waiting.size) return Promise.resolve(!waiting.size);
    sent = [...waiting.values()].slice(0, alone ? 1 : AT_ONCE_MAX);
    for (const { key } of sent) waiting.delete(key);
    tell("saving");
    underWay = send(sent.map(aged)).then(kept, failed);
    return underWay;
  }

  function kept(answer) {
    underWay = null;
    sent = [];
    if (!waiting.size) alone = false;
    const [refused] = aside.values();
    tell(waiting.size ? "typed" : refused ? "refused" : "saved", refused?.error, answer);
    if (waiting.size) later(COLLECT_MS);
    return true;
  }

  function failed(error) {
    const batch = sent;
    underWay = null;
    sent = [];
    // What has been typed since then is newer, and goes last: a number's tick must not come after another number.
    const old = batch.filter(({ key }) => !waiting.has(key));
    if (error.status === 422) {
      const wrong = batch.length === 1 ? batch[0] : batch.find(({ key }) => key === error.body?.field);
      alone ||= !wrong;
      if (old.includes(wrong)) aside.set(wrong.key, { edit: wrong, error });
    }
    waiting = new Map([...old.filter(({ key }) => !aside.has(key)).map((edit) => [edit.key, edit]), ...waiting]);
    if (error.status === 422) {
      tell("refused", error);
      if (waiting.size) later(COLLECT_MS);
      return true;
    }
    if (error.status === 404 || error.status === 409) stopped = true;
    tell("failed", error);
    later(AGAIN_MS);
    return false;
  }

  const unsaved = () => [...[...aside.values()].map(({ edit }) => edit), ...sent, ...waiting.values()];

  return {
    /** A field has another value. */
    changed(edit) {
      const { key } = edit;
      aside.delete(key);
      waiting.delete(key); // it goes last, as it was made last
      waiting.set(key, { ...edit, at: clock() });
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
      for (const { error } of aside.values()) throw error;
    },
    /** What the server may not have yet, for a last request: also what is on its way, because to say it twice does no harm. */
    take: () => stopped ? [] : [...sent.filter(({ key }) => !waiting.has(key)), ...waiting.values()].map(aged),
    /** Everything that nobody has kept, as `{ key, value }`, oldest first. */
    unsaved: () => unsaved().map(({ key, value }) => ({ key, value })),
    /** Is everything kept? */
    isClean: () => !unsaved().length,
    /** No more for now; what is there stays. */
    stop() { stopped = true; clearTimeout(timer); timer = null; },
    /** Go on. */
    resume() { stopped = false; if (waiting.size) later(COLLECT_MS); },
    /** What is there is given up. */
    clear() { waiting = new Map(); aside.clear(); },
  };
}
