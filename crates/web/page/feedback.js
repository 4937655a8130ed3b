// What firms say of reports and of whoever took them (F63): praise, complaints, wishes; a supervisor answers, and the firm reads it.
import { staying } from "/dom.js";
import { blocks } from "/form.js";
import { words } from "/own-words.js";

const KINDS = { praise: "ready", complaint: "missed", wish: "busy" };
const REFRESH_MS = 500;

/** `tools` are the page's own; `past` shows a report. */
export function feedbackDesk(tools) {
  const { element, api, chip, filled, when, wrong } = tools;
  const O = () => words[tools.language()] ?? words.en;
  const build = blocks(element);
  const place = element("section", { id: "feedback", className: "panel", hidden: true });
  tools.$("disputes").after(place);
  const state = { user: null, open: null, written: {}, said: "", later: 0, stale: false };

  async function load() {
    state.user = tools.me().name;
    state.stale = false;
    state.open = await api("/feedback?open=true");
    draw();
  }

  async function answer(one) {
    try {
      await api(`/feedback/${one.id}`, { method: "POST", body: JSON.stringify({ answer: state.written[one.id] ?? "" }) });
      delete state.written[one.id];
      state.said = O().answered;
      await load();
    } catch (error) {
      state.said = [error.body?.what ?? wrong(error), error.body?.remedy].filter(Boolean).join(" — ");
      draw();
    }
  }

  function line(one) {
    const text = element("textarea", { name: `feedback-${one.id}`, rows: 2, maxLength: 500, value: state.written[one.id] ?? "" });
    text.oninput = () => { state.written[one.id] = text.value; };
    const head = filled(O().saidOf, { firm: one.about.customer_name, who: one.said_by, time: when(one.said_ms), operator: one.about.operator_name });
    const send = build.button(O().answer, () => answer(one), { className: "main", ariaLabel: `${O().answer}: ${head}` });
    send.dataset.feedback = one.id;
    return element("li", {}, element("p", {}, chip(O().kinds[one.kind], KINDS[one.kind]), ` ${head}`), ...(one.words ? [element("blockquote", { textContent: one.words })] : []),
      build.row(build.labelled(O().toFirm, text), element("div", { className: "acts" }, send)));
  }

  function draw() {
    if (!state.open) return;
    place.hidden = !state.open.length && !state.said;
    const parts = [element("h2", { textContent: O().desk }), element("p", { id: "feedback-said", role: "status", textContent: state.said, tabIndex: -1 }),
      element("ul", { className: "lines", id: "feedback-open" }, ...state.open.map(line))];
    staying(place, () => place.replaceChildren(...parts), () => parts[1]);
  }

  /** Nothing is drawn anew under somebody's hands: what is new waits until they leave. */
  function soon() {
    clearTimeout(state.later);
    state.later = setTimeout(() => {
      state.stale = place.contains(document.activeElement) && document.activeElement.matches("textarea");
      if (!state.stale) load().catch(() => {});
    }, REFRESH_MS);
  }
  place.addEventListener("focusout", () => { if (state.stale) soon(); });

  return {
    load,
    hears({ event }) { if (event.kind === "task" && event.sort === "feedback") soon(); },
    redraw: draw,
    /** Nothing is shown to whoever comes next; what was typed waits for its writer, until somebody else comes. */
    forget(next = null) {
      clearTimeout(state.later);
      if (next != null && next !== state.user) state.written = {};
      Object.assign(state, { open: null, said: "", stale: false });
      place.replaceChildren();
      place.hidden = true;
    },
  };
}
