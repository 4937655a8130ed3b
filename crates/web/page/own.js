// What waits for an operator's own word, at the bottom of the desk where it disturbs no call: how a test call was greeted (F61); and
// what firms say of the own calls (F63).
import { staying } from "/dom.js";
import { blocks } from "/form.js";
import { words } from "/own-words.js";

const WINDOW_MS = 8000;
const REFRESH_MS = 1000;
const KINDS = { praise: "ready", complaint: "missed", wish: "busy" };

/** `tools` are the page's own. */
export function ownWords(tools) {
  const { element, api, chip, filled, table, when, wrong } = tools;
  const O = () => words[tools.language()] ?? words.en;
  const build = blocks(element);
  const place = element("section", { id: "own-words", className: "panel", hidden: true });
  tools.$("quality").before(place);
  const state = { user: null, greetings: null, feedback: null, said: "", later: 0, stale: false };
  const written = new Map(); // by run: a note that nobody has sent yet

  async function load() {
    state.user = tools.me().name;
    state.stale = false;
    [state.greetings, state.feedback] = await Promise.all([api("/onboardings/mine"), api("/feedback/mine")]);
    draw();
    const fresh = state.feedback.filter((one) => one.fresh).map((one) => one.id);
    // What is not noted as read is shown as new once more.
    if (fresh.length) await api("/feedback/mine", { method: "POST", body: JSON.stringify({ ids: fresh }) }).catch(() => {});
  }

  async function say(one, right, note) {
    try {
      await api(`/onboardings/${one.onboarding}/greeting`, { method: "POST", body: JSON.stringify({ call: one.call, heard: "operator", right, from_ms: 0, until_ms: WINDOW_MS, note }) });
      written.delete(one.onboarding);
      state.said = O().thanks;
      await load();
    } catch (error) {
      state.said = [error.body?.what ?? wrong(error), error.body?.remedy].filter(Boolean).join(" — ");
      draw();
    }
  }

  function greeting(one) {
    const note = build.input(`own-note-${one.onboarding}`, written.get(one.onboarding), { maxLength: 500, oninput: () => { written.set(one.onboarding, note.value); } });
    return element("li", {}, element("p", {}, filled(O().greeted, { firm: one.customer_name, time: when(one.arrived_ms) })),
      element("blockquote", { textContent: one.greeting }), ...(one.reading ? [element("p", { className: "quiet", textContent: one.reading })] : []),
      build.row(build.labelled(O().note, note), element("div", { className: "acts" }, build.button(O().right, () => say(one, true, note.value), { ariaLabel: `${one.customer_name}: ${O().right}` }), build.button(O().notRight, () => say(one, false, note.value), { className: "link", ariaLabel: `${one.customer_name}: ${O().notRight}` }))));
  }

  function said(was) {
    const list = element("table", { id: "own-feedback", ariaLabel: O().mine });
    table(list, [O().time, O().firm, "", O().said, O().reply, ""], state.feedback.map((one) => [when(one.said_ms), { text: one.customer_name, kind: "firm" }, chip(O().kinds[one.kind], KINDS[one.kind]), one.words, one.answer, one.fresh ? chip(O().fresh, "busy") : ""]), O().none);
    return element("details", { open: was ?? state.feedback.some((one) => one.fresh) }, element("summary", { textContent: O().mine }), element("div", { className: "wide", tabIndex: 0, role: "region", ariaLabel: O().mine }, list));
  }

  function draw() {
    const { greetings, feedback } = state;
    const status = element("p", { id: "own-said", role: "status", textContent: state.said, tabIndex: -1 });
    place.hidden = !greetings?.length && !feedback?.length && !state.said;
    const asks = greetings?.length || state.said ? [element("h2", { textContent: O().title }), status, element("ul", { className: "lines", id: "own-greetings" }, ...(greetings ?? []).map(greeting))] : [];
    const was = place.querySelector("details")?.open;
    staying(place, () => place.replaceChildren(...asks, ...(feedback?.length ? [said(was)] : [])), () => status);
  }

  /** Nothing moves under somebody's hands: what is new waits until they leave. */
  function soon() {
    clearTimeout(state.later);
    state.later = setTimeout(() => {
      state.stale = place.contains(document.activeElement);
      if (!state.stale) load().catch(() => {});
    }, REFRESH_MS);
  }
  place.addEventListener("focusout", () => { if (state.stale) soon(); });

  return {
    load,
    hears({ event }) {
      if ((event.kind === "firm_changed" && event.what === "onboarding") || (event.kind === "task" && event.sort === "feedback")) soon();
    },
    redraw: draw,
    /** Nothing is shown to whoever comes next; a note waits for its writer, until somebody else comes. */
    forget(next = null) {
      clearTimeout(state.later);
      if (next != null && next !== state.user) written.clear();
      Object.assign(state, { greetings: null, feedback: null, said: "", stale: false });
      place.replaceChildren();
      place.hidden = true;
    },
  };
}
