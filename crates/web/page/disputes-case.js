// One dispute, decided: the recording where the field was said, what the report has beside everything that it can be compared with,
// the verdict, and the corrected report with ten seconds of the call to those who had the first.
import { blocks } from "/form.js";
import { waveform, LEAD_MS } from "/wave.js";
import { words } from "/disputes-words.js";

const CLIP_MS = 10000;
const CAUSES = ["misheard", "misspoken", "mistyped", "correct"];

/** `tools` are the page's own; `past` shows a report; `done` is called when it is answered, with whether it is still open. */
export function disputeCase(tools, past, done) {
  const { $, element, table, chip, filled, when, api, wrong } = tools;
  const D = () => words[tools.language()] ?? words.en;
  const build = blocks(element);
  const place = element("section", { id: "dispute-case", hidden: true });
  const state = { id: null, found: null, wave: null, user: null, left: null, turn: 0, written: new Map() };
  const minutes = (ms) => `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;
  const name = (field) => field[tools.language()] ?? field.en;
  const answerOf = (field) => field.said == null ? D().unheard : field.input === "tick" ? D().yes : field.input?.choice?.find(({ value }) => value === field.said)?.[tools.language()] ?? field.said;

  /** Opens it, and plays the seconds in which the field was said. */
  async function show(id, plays = true) {
    const turn = ++state.turn;
    const found = await api(`/disputes/${id}`);
    // Another one has been opened since, or this one closed.
    if (turn !== state.turn) return;
    state.wave?.forget();
    Object.assign(state, { id, found });
    draw();
    place.querySelector("h3").focus();
    place.scrollIntoView({ block: "nearest" });
    if (plays) state.wave?.field(found.dispute.field);
  }

  function draw() {
    const { found } = state;
    const { dispute } = found;
    const field = found.fields.find((one) => one.key === dispute.field);
    const title = filled(D().caseTitle, { firm: found.about.customer_name, field: field ? name(field) : dispute.field });
    // What was drawn before may be playing: without its controls nobody could stop it.
    state.wave?.forget();
    state.wave = found.recording_ms ? waveform(tools, { label: D().wave, hint: D().waveKeys }) : null;
    const close = build.button(D().close, forget, { id: "dispute-close" });
    place.hidden = false;
    place.replaceChildren(element("h3", { textContent: title, tabIndex: -1 }),
      element("p", { className: "dispute-words", textContent: dispute.words || D().noWords }),
      ...(state.wave ? [state.wave.place] : [element("p", { className: "quiet", textContent: D().noRecording })]),
      element("div", { className: "dispute-two" },
        element("div", { className: "wide" }, fields(found)), element("div", { className: "wide", tabIndex: 0, role: "region", ariaLabel: D().compare }, compared(found))),
      dispute.cause ? decided(found) : answering(found), ...found.clips.map(sent),
      element("div", { className: "acts" }, build.button(D().whole, () => past.show(dispute.report, dispute.field)), close));
    state.wave?.shows(found.call, found.recording_ms, found.fields);
  }

  /** A click on a field plays it. */
  function fields(found) {
    const list = element("table", { id: "dispute-fields", ariaLabel: D().fieldsTitle });
    table(list, ["", D().field, D().answerOf, D().heardAt], found.fields.map((one, at) => {
      const span = one.spans.at(-1);
      const text = span ? minutes(span.from_ms) : D().nowhere;
      const play = state.wave && span ? build.button(text, () => state.wave.field(one.key), { className: "link", ariaLabel: filled(one.read_back ? D().playReadBack : D().playOf, { field: name(one), time: text }) }) : text;
      if (play.dataset) play.dataset.field = one.key;
      // Nobody typed the number that was there from the beginning: it is heard where it was read back.
      const how = one.read_back ? [" ", element("span", { className: "quiet", textContent: D().readBack })] : [];
      return [at < 9 ? String(at + 1) : "", name(one), { text: answerOf(one), kind: one.key === found.dispute.field ? "disputed" : "" }, element("span", {}, play, ...how, one.changed_later ? chip(D().changedLater, "busy") : "")];
    }), D().none);
    return list;
  }

  /** Each spelling; what is not in the report is marked. */
  function compared(found) {
    const list = element("table", { id: "dispute-compare", ariaLabel: D().compare });
    table(list, [D().source, D().value, D().difference], found.compare.map((one) => {
      const text = element("span", { className: "compared" }, ...[...one.text].map((c, at) => one.marked[at] ? element("mark", { textContent: c }) : c));
      const count = one.marked.filter(Boolean).length;
      const difference = one.what === "report" ? "" : count || one.missing ? filled(D().differs, { more: count, less: one.missing }) : D().same;
      const from = one.at_ms ? `${D().sources[one.what]} (${when(one.at_ms)})` : D().sources[one.what];
      return [from, text, difference && chip(difference, count || one.missing ? "busy" : "ready")];
    }), D().none);
    return list;
  }

  const decided = (found) => element("p", { id: "dispute-decided", role: "status", textContent: filled(D().decidedBy, { cause: D().causes[found.dispute.cause], by: found.dispute.decided_by, time: when(found.dispute.decided_ms) }) });

  /** What the field should be: of a choice one of its words, of anything else a text. */
  function valueOf(field, written) {
    const choices = field?.input?.choice;
    if (!choices) {
      const line = build.input("dispute-value", written.value, { maxLength: 500, spellcheck: false, oninput: () => { written.value = line.value; } });
      return line;
    }
    const offered = choices.map((one) => [one.value, name(one)]);
    // What an older form offered, or nobody heard, is no choice any more.
    if (!offered.some(([code]) => code === written.value)) offered.unshift([written.value, written.value || D().unheard]);
    const list = build.select("dispute-value", offered, written.value);
    list.onchange = () => { written.value = list.value; };
    return list;
  }

  /** What is written stays while the page is drawn anew. */
  function answering(found) {
    const { dispute } = found;
    const field = found.fields.find((one) => one.key === dispute.field);
    const written = state.written.get(dispute.id) ?? { value: found.proposed ?? field?.said ?? "", answer: "", clip: found.may_clip && Boolean(field?.spans.length), at_ms: null };
    state.written.set(dispute.id, written);
    written.clip &&= found.may_clip;
    const error = element("p", { className: "error", id: "dispute-error", role: "alert" });
    const value = valueOf(field, written);
    const answer = build.input("dispute-answer", written.answer, { maxLength: 500, oninput: () => { written.answer = answer.value; } });
    const clip = build.check("dispute-clip", D().clip, written.clip, found.may_clip ? D().clipHint : D().clipNot);
    const box = clip.querySelector("input");
    box.disabled = !found.may_clip;
    box.onchange = () => { written.clip = box.checked; };
    const from = element("span", { id: "dispute-clip-at", role: "status" });
    const says = () => { from.textContent = written.at_ms == null ? field?.read_back ? D().clipReadBack : D().clipSaid : filled(D().clipAt, { time: minutes(written.at_ms) }); };
    says();
    const here = build.button(D().clipHere, () => { written.at_ms = state.wave.at(); written.clip = box.checked = true; says(); }, { disabled: !found.may_clip });
    const hear = build.button(D().clipHear, () => {
      const start = written.at_ms ?? Math.max(0, (field?.spans.at(-1)?.from_ms ?? 0) - LEAD_MS);
      state.wave.plays(start, start + CLIP_MS);
    });
    // One click decides and sends: each verdict is a button of its own.
    const verdicts = CAUSES.map((cause) => {
      const button = build.button(filled(cause === "correct" ? D().sendCorrect : D().sendAs, { cause: D().causes[cause] }), () => send(cause, written), { className: cause === "correct" ? "" : "main" });
      button.dataset.cause = cause;
      return button;
    });
    const form = element("form", { id: "dispute-form", noValidate: true, onsubmit: (event) => event.preventDefault() },
      build.row(build.labelled(D().rightValue, value), build.labelled(D().answer, answer)),
      ...(state.wave ? [element("div", { className: "acts" }, clip, from, here, hear)] : []), error,
      element("p", { className: "quiet", textContent: D().sendHint }), element("div", { className: "acts" }, ...verdicts));
    return form;
  }

  async function send(cause, written) {
    if (written.isSending) return;
    written.isSending = true;
    $("dispute-error").textContent = "";
    const { turn, found } = state;
    const { dispute } = found;
    const said = found.fields.find((one) => one.key === dispute.field)?.said;
    const value = cause === "correct" || written.value.trim() === (said ?? "") ? null : written.value.trim() || null;
    try {
      const replied = await api(`/disputes/${dispute.id}/answer`, { method: "POST", body: JSON.stringify({ cause, answer: written.answer, value, clip: written.clip, clip_from_ms: written.clip ? written.at_ms : null }) });
      state.written.delete(dispute.id);
      // It is answered, whether it can be read anew now or not. And the next one may be open by then: it is not taken off the screen.
      found.dispute = replied.dispute;
      await done(turn === state.turn).catch(() => {});
      if (turn === state.turn) await show(dispute.id, false).catch(() => { if (state.found === found) draw(); });
    } catch (why) {
      const said = [why.body?.what ?? wrong(why), why.body?.remedy].filter(Boolean).join(" — ");
      if (turn === state.turn) $("dispute-error").textContent = said;
      else $("disputes-error")?.append(`${found.about.customer_name}: ${said} `);
    } finally {
      written.isSending = false;
    }
  }

  /** A clip that was sent: until when, how often it was heard, and an end to it. */
  function sent(clip) {
    const over = clip.revoked_ms ? filled(D().clipRevoked, { by: clip.revoked_by }) : clip.expires_ms < Date.now() ? D().clipOver : "";
    const text = filled(D().clipSent, { from: minutes(clip.from_ms), until: when(clip.expires_ms), plays: clip.plays });
    const end = build.button(D().clipRevoke, async () => { await api(`/reports/${clip.report}/clip`, { method: "DELETE" }).catch(() => {}); await show(state.id, false); });
    return element("p", { className: "dispute-clip" }, text, " ", over ? chip(over, "busy") : end);
  }

  function forget() {
    state.wave?.forget();
    state.turn += 1;
    Object.assign(state, { id: null, found: null, wave: null });
    place.replaceChildren();
    place.hidden = true;
  }

  /** Whoever comes back after a session that has ended finds the case in which something is written; nobody else does. */
  async function resumes(user) {
    const { left } = state;
    Object.assign(state, { user, left: null });
    if (left != null) await show(left, false);
  }

  /** Nothing is shown to whoever comes next; what is written waits for its writer, until somebody else, `next`, comes. */
  function leaves(next = null) {
    state.left ??= state.id;
    if (next != null && next !== state.user) {
      state.written.clear();
      state.left = null;
    }
    forget();
  }

  return { place, show, resumes, forget: leaves, redraw: () => { if (state.found) draw(); }, shown: () => state.id };
}
