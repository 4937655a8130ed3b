// The dispute desk (F49, F50, X04): what firms say is wrong, oldest first, with the time that is left to answer; one click opens one
// and plays the seconds in which the field was spoken, another one answers and sends.
import { blocks } from "/form.js";
import { disputeCase } from "/disputes-case.js";
import { words } from "/disputes-words.js";

const MINUTE_MS = 60000;
const STATISTICS_MS = 30 * 86400000;
const REFRESH_MS = 500;
const TICK_MS = 15000;
const SOON_MS = 10 * MINUTE_MS;

/** `tools` are the page's own; `past` shows a report. */
export function disputeDesk(tools, past) {
  const { $, element, table, chip, filled, when, api, wrong } = tools;
  const D = () => words[tools.language()] ?? words.en;
  const build = blocks(element);
  const place = $("disputes");
  const state = { open: [], counts: [], firms: new Map(), later: null, span: null, stale: false };
  const one = disputeCase(tools, past, async (isOpen) => isOpen ? load() : freshen());

  async function load() {
    const now = Date.now();
    state.stale = false;
    state.span = `from_ms=${now - STATISTICS_MS}&to_ms=${now + MINUTE_MS}`;
    const [open, counts, firms] = await Promise.all([api("/disputes?open=true"), api(`/disputes/counts?${state.span}`), api("/customers")]);
    Object.assign(state, { open: open.reverse(), counts, firms: new Map(firms.map((firm) => [firm.id, firm.name])) });
    draw();
    await one.resumes(tools.me().name).catch(() => {});
  }

  function draw() {
    const list = element("table", { id: "disputes-open", ariaLabel: D().title });
    table(list, [D().time, D().left, D().firm, D().field, D().words, D().by, D().operator, ""], state.open.map(line), D().none);
    const error = element("p", { className: "error", id: "disputes-error", role: "alert" });
    const counts = element("table", { id: "disputes-counts", ariaLabel: D().statistics });
    const number = (text) => ({ text: String(text), kind: "number" });
    table(counts, [D().cause, D().firm, D().operator, D().count, D().mean, D().late], state.counts.map((row) => [
      D().causes[row.cause], state.firms.get(row.customer), tools.name(row.operator), number(row.count), number(filled(D().minutes, { minutes: Math.round(row.mean_answer_ms / MINUTE_MS) })), number(row.late)]), D().none);
    const was = place.querySelector("details")?.open ?? false;
    const csv = element("a", { href: `/api/v1/disputes/counts/export?${state.span}`, textContent: D().csv, download: "", id: "disputes-csv" });
    place.replaceChildren(element("h2", { textContent: D().title }), error, element("div", { className: "wide" }, list), one.place,
      element("details", { open: was }, element("summary", { textContent: D().statistics }), element("p", {}, csv), element("div", { className: "wide", tabIndex: 0, role: "region", ariaLabel: D().statistics }, counts)));
    place.hidden = false;
    clocks();
  }

  const field = (dispute) => D().fields[dispute.field] ?? dispute.field;
  const firm = (dispute) => dispute.about.customer_name;
  function line(dispute) {
    const opens = async () => { await one.show(dispute.id).catch((why) => { $("disputes-error").textContent = wrong(why); }); };
    const listen = build.button(D().listen, opens, { ariaLabel: filled(D().listenOf, { firm: firm(dispute), field: field(dispute) }), className: "main" });
    listen.dataset.dispute = dispute.id;
    const clock = element("span", { className: "chip" });
    clock.dataset.due = dispute.due_ms;
    return [when(dispute.opened_ms), clock, { text: firm(dispute), kind: "firm" }, field(dispute), dispute.words, dispute.opened_by, dispute.about.operator_name, listen];
  }

  /** What the house has promised: an answer within half an hour. */
  function clocks() {
    for (const clock of place.querySelectorAll("[data-due]")) {
      const left = Number(clock.dataset.due) - Date.now();
      clock.className = `chip ${left < 0 ? "missed" : left < SOON_MS ? "busy" : "ready"}`;
      clock.textContent = filled(left < 0 ? D().over : D().remains, { minutes: Math.ceil(Math.abs(left) / MINUTE_MS) });
    }
  }

  /** Nothing is drawn anew under somebody's hands: what is new waits until they leave. */
  function freshen() {
    state.stale = place.contains(document.activeElement);
    if (!state.stale) load().catch(() => {});
  }
  function soon() {
    clearTimeout(state.later);
    state.later = setTimeout(freshen, REFRESH_MS);
  }
  place.addEventListener("focusout", () => { if (state.stale) soon(); });
  setInterval(() => { clocks(); if (state.stale) freshen(); }, TICK_MS);

  return {
    load,
    /** One that a firm has told by telephone: it is in the list from now on. Nothing plays, for whoever took it is on the telephone. */
    async opens(id) {
      await load().catch(() => {});
      await one.show(id, false);
    },
    hears({ event }) {
      if (event.kind !== "task" || event.sort !== "disputed") return;
      soon();
    },
    redraw() { if (!state.span) return; draw(); one.redraw(); },
    forget(next) {
      clearTimeout(state.later);
      Object.assign(state, { open: [], counts: [], span: null, stale: false });
      one.forget(next);
      place.replaceChildren();
      place.hidden = true;
    },
  };
}
