// For whoever may look for calls: what is asked for and what was found, one of them, and the sources that are not listened to. Whatever
// comes from outside is put on the page as text.
import { $, element, filled } from "/dom.js";

/** `tools` are the page's own; `firm` and `caller` put a call's words on the page, `said` those of its timeline. */
export function finder(tools) {
  const { api, table, keyed, chip, when, seconds, duration, wrong, W, firm, caller, mayOpen } = tools;
  const state = { calls: [], bans: [], cursor: null, further: false, asked: 0, shown: null };
  const ending = (call) => W().endings[call.ending] ?? call.ending;

  /** The panel of these sources is there only when there are some. */
  async function refreshBans() {
    const bans = await api("/bans");
    if (!mayOpen()) return;
    state.bans = bans;
    drawBans();
  }

  function drawBans() {
    $("banned").hidden = !state.bans.length;
    table($("bans"), [W().banSource, W().banReason, W().banFailures, W().banUntil, ""], state.bans.map((ban) => [
      ban.source, W().banReasons[ban.reason] ?? ban.reason, { text: String(ban.failures), kind: "number" }, when(ban.until_ms),
      keyed(ban.source, element("button", { type: "button", className: "link", textContent: W().banClear,
        ariaLabel: filled(W().banClearOf, ban), onclick: () => clearBans(`/bans/${encodeURIComponent(ban.source)}`) })),
    ]), "");
  }

  async function clearBans(path) {
    await api(path, { method: "DELETE" }).catch(() => {}); // one that has ended meanwhile is well, too
    await refreshBans().catch(() => {});
  }

  function query() {
    const form = new FormData($("find"));
    const asked = new URLSearchParams();
    for (const key of ["customer", "operator", "answered", "caller"]) if (form.get(key).trim()) asked.set(key, form.get(key).trim());
    // Times on this page are Japanese, wherever the browser is.
    for (const key of ["from", "to"]) if (form.get(key)) asked.set(`${key}_ms`, new Date(form.get(key) + "+09:00").getTime());
    return asked;
  }

  async function find(further = false) {
    const asked = query();
    $("csv").href = `/api/v1/calls/export?${asked}`;
    if (further && state.cursor) asked.set("cursor", state.cursor);
    const turn = ++state.asked;
    $("find-error").textContent = "";
    try {
      const page = await api(`/calls?${asked}`);
      if (turn !== state.asked) return;
      state.further = further;
      state.calls = further ? state.calls.concat(page.calls) : page.calls;
      state.cursor = page.next;
      drawCalls();
    } catch (error) { if (turn === state.asked) $("find-error").textContent = wrong(error); }
  }

  function drawCalls() {
    const focused = document.activeElement?.dataset?.call;
    const rows = state.calls.map((call) => {
      const open = element("button", { type: "button", className: "link", textContent: when(call.arrived_ms), onclick: () => show(call.call) });
      open.dataset.call = call.call;
      if (call.call === state.shown) open.ariaCurrent = "true";
      const missed = call.answered_ms == null && call.state === "cleared";
      return [open, { text: firm(call), kind: "firm" }, caller(call), call.operator_name,
        missed ? { text: ending(call) || W().abandoned, kind: "missed" } : call.answered_ms == null ? "" : seconds(call.wait_ms),
        { text: duration(call.talk_ms), kind: "number" }, chip(W().states[call.state], call.state)];
    });
    const lines = table($("calls"), [W().time, W().firm, W().caller, W().operator, W().wait, W().talk, W().state], rows, W().none);
    state.calls.forEach((call, place) => {
      lines[place].className = call.call === state.shown ? "call shown" : "call";
      lines[place].onclick = (event) => { if (!event.target.closest("button") && !getSelection().toString()) show(call.call); };
    });
    if (focused) document.querySelector(`[data-call="${CSS.escape(focused)}"]`)?.focus();
    $("count").textContent = filled(state.cursor ? W().countMore : W().count, { count: state.calls.length });
    $("more").hidden = !state.cursor;
  }

  /** `again`: it is there already, and whoever reads or types elsewhere is not called to it. */
  async function show(id, again = false) {
    state.shown = id;
    drawCalls();
    try {
      const call = await api(`/calls/${id}`);
      const ladder = await api(`/calls/${id}/trace`).catch(() => "");
      // Fetched with the first call that is opened.
      const panel = await tools.once("/call.js", (all) => all.callPanel({ ...tools, shown: () => state.shown, ending }));
      if (state.shown === id) panel(call, ladder, again);
    } catch (error) { if (state.shown === id) $("find-error").textContent = wrong(error); }
  }

  $("bans-clear").onclick = () => clearBans("/bans");
  $("find").onsubmit = (event) => { event.preventDefault(); find(); };
  $("find").onreset = () => setTimeout(() => { if (mayOpen()) find(); });
  $("more").onclick = () => find(true);

  return {
    show,
    /** What has happened since; whoever looks at older ones is left there. */
    refresh: () => Promise.all([refreshBans().catch(() => {}), state.further ? null : find()]),
    redraw() {
      drawBans();
      drawCalls();
      if (state.shown) show(state.shown, true);
    },
    /** Nothing is left for whoever comes next. */
    forget() {
      Object.assign(state, { calls: [], bans: [], cursor: null, further: false, asked: state.asked + 1, shown: null });
      for (const id of ["calls", "bans", "timeline", "facts", "lines", "sha", "count", "ladder", "one-title"]) $(id).replaceChildren();
      $("one").hidden = $("banned").hidden = true;
      $("player").removeAttribute("src");
      $("player").load(); // until then it plays on
    },
  };
}
