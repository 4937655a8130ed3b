// The dispute desk (F49, F50, X04): what firms say is wrong, oldest first; one click opens the report and plays the seconds in which the
// field was spoken; another one answers.
import { blocks } from "/form.js";
import { words } from "/disputes-words.js";

const MINUTE_MS = 60000;
const STATISTICS_MS = 30 * 86400000;
const REFRESH_MS = 500;

/** `tools` are the page's own; `past` shows a report. */
export function disputeDesk(tools, past) {
  const { $, element, table, filled, when, api, wrong } = tools;
  const D = () => words[tools.language()] ?? words.en;
  const build = blocks(element);
  const place = $("disputes");
  const state = { open: [], counts: [], firms: new Map(), later: null, written: new Map() };

  async function load() {
    const now = Date.now();
    const [open, counts, firms] = await Promise.all([
      api("/disputes?open=true"), api(`/disputes/counts?from_ms=${now - STATISTICS_MS}&to_ms=${now + MINUTE_MS}`), api("/customers"),
    ]);
    Object.assign(state, { open: open.reverse(), counts, firms: new Map(firms.map((firm) => [firm.id, firm.name])) });
    draw();
  }

  function draw() {
    const list = element("table", { id: "disputes-open", ariaLabel: D().title });
    table(list, [D().time, D().firm, D().field, D().words, D().by, D().operator, ""], state.open.map(line), D().none);
    const error = element("p", { className: "error", id: "disputes-error", role: "alert" });
    const counts = element("table", { ariaLabel: D().statistics });
    const minutes = (ms) => filled(D().minutes, { minutes: Math.round(ms / MINUTE_MS) });
    table(counts, [D().cause, D().firm, D().operator, D().count, D().mean], state.counts.map((one) => [
      D().causes[one.cause], state.firms.get(one.customer), tools.name(one.operator), String(one.count), minutes(one.mean_answer_ms)]), D().none);
    const was = place.querySelector("details")?.open ?? false;
    place.replaceChildren(element("h2", { textContent: D().title }), error, element("div", { className: "wide" }, list), ...state.open.map(answering),
      element("details", { open: was }, element("summary", { textContent: D().statistics }), element("div", { className: "wide" }, counts)));
    place.hidden = false;
  }

  const field = (dispute) => D().fields[dispute.field] ?? dispute.field;
  const firm = (dispute) => dispute.about.customer_name;
  function line(dispute) {
    const names = { firm: firm(dispute), field: field(dispute) };
    const listen = build.button(D().listen, () => past.show(dispute.report, dispute.field), { ariaLabel: filled(D().listenOf, names) });
    listen.dataset.dispute = dispute.id;
    const waits = filled(D().waits, { minutes: Math.max(0, Math.floor((Date.now() - dispute.opened_ms) / MINUTE_MS)) });
    return [`${when(dispute.opened_ms)} (${waits})`, { text: firm(dispute), kind: "firm" }, field(dispute), dispute.words, dispute.opened_by, dispute.about.operator_name, listen];
  }

  /** The answer to one; what is written stays while the list is drawn anew. */
  function answering(dispute) {
    const written = state.written.get(dispute.id) ?? { cause: "", answer: "", follow_up: "" };
    state.written.set(dispute.id, written);
    const error = element("p", { className: "error", role: "alert" });
    const cause = build.select("cause", [["", D().choose], ...Object.entries(D().causes)], written.cause);
    const answer = build.input("answer", written.answer, { maxLength: 500 });
    const followUp = build.select("follow_up", [["", D().noFollowUp]], "");
    cause.onchange = () => { written.cause = cause.value; };
    answer.oninput = () => { written.answer = answer.value; };
    followUp.onchange = () => { written.follow_up = followUp.value; };
    // Corrections that were sent meanwhile.
    followUp.onfocus = async () => {
      const whole = await api(`/reports/${dispute.report}`).catch(() => null);
      const known = new Set([...followUp.options].map((option) => option.value));
      for (const id of whole?.follow_ups ?? []) if (!known.has(id)) followUp.append(new Option(id.slice(-8), id));
    };
    const send = element("button", { className: "main", textContent: D().decide, ariaLabel: filled(D().decideOf, { firm: firm(dispute), field: field(dispute) }) });
    const form = element("form", { className: "dispute", noValidate: true }, build.row(build.labelled(D().cause, cause), build.labelled(D().answer, answer), build.labelled(D().followUp, followUp)), error, element("div", { className: "acts" }, send));
    form.dataset.dispute = dispute.id;
    form.onsubmit = async (event) => {
      event.preventDefault();
      if (!cause.value) { error.textContent = D().needsCause; return cause.focus(); }
      send.disabled = true;
      try {
        await api(`/disputes/${dispute.id}`, { method: "POST", body: JSON.stringify({ cause: cause.value, answer: answer.value, follow_up: followUp.value || null }) });
        state.written.delete(dispute.id);
        await load();
      } catch (why) {
        error.textContent = wrong(why);
        send.disabled = false;
      }
    };
    return form;
  }

  return {
    load,
    hears({ event }) {
      if (event.kind !== "task" || event.sort !== "disputed") return;
      clearTimeout(state.later);
      state.later = setTimeout(() => { if (!place.contains(document.activeElement)) load().catch(() => {}); }, REFRESH_MS);
    },
    redraw: draw,
    forget() {
      clearTimeout(state.later);
      Object.assign(state, { open: [], counts: [] });
      state.written.clear();
      place.replaceChildren();
      place.hidden = true;
    },
  };
}
