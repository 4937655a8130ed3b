// What supervisors keep an eye on: who waits and for how many rings, operators with their timers, today's promise.
// Drawn from `/now` and `/promise`; between two looks the timers run on by this browser's own clock.

export const RING_MS = 3000;
const AMBER = 2; // two rings: what the best firms keep to
const RED = 3; // three: the promise is broken
const TICK_MS = 500;

/** How bad a wait of so many rings is: a class of the style sheet. */
export const alertness = (rings) => rings >= RED ? "missed" : rings >= AMBER ? "busy" : "ready";
const percent = (value) => value == null ? "–" : `${(Math.floor(value * 10) / 10).toFixed(1)} %`;
const share = (value, good) => ({ text: percent(value), kind: value != null && value < good ? "number missed" : "number" });
const count = (value) => ({ text: String(value), kind: "number" });

/** `tools` are the page's own: `$`, `element`, `table`, `chip`, `filled`, `seconds`, `duration`, `W()`, `name(operator)`, and
 * `widened(call)`, words for whom it was widened to. */
export function wallboard(tools) {
  const { $, element, table, chip, filled, seconds, duration } = tools;
  let now = null;
  let promise = null;
  let seen = 0; // when `now` was true, by performance.now()

  const since = () => performance.now() - seen;

  /** Who waits, in order of service. */
  function drawWaiting() {
    const W = tools.W();
    const heard = new Map(now.calls.map((call) => [call.call, call.waiting]));
    const rows = now.waiting.map((call) => {
      const ms = call.waiting_ms + since();
      const rings = Math.floor(ms / RING_MS);
      const wait = chip(filled(W.rings, { rings, seconds: seconds(ms) }), call.away ? "" : alertness(rings));
      const state = call.away ? W.calledBack : call.again ? W.waitsAgain : W.waitings[heard.get(call.call)] ?? "";
      const wider = tools.widened(call.call).map((words) => chip(words, "busy"));
      return [count(call.position), { text: call.customer_name || W.unknown, kind: "firm" },
        W.withheld[call.caller_display] ?? call.caller_display, wait, state, element("span", {}, call.ringing.map(tools.name).join("、") || W.nobodyRings, ...wider)];
    });
    table($("waiting-calls"), ["#", W.firm, W.caller, W.waits, W.state, W.ringsAt], rows, W.nobodyWaits);
  }

  /** The figures that are read from across the room. */
  function drawFigures() {
    const W = tools.W();
    const { total } = now.today;
    const first = now.waiting.reduce((most, call) => call.away ? most : Math.max(most, call.waiting_ms + since()), 0);
    const rings = Math.floor(first / RING_MS);
    const kept = total.three_rings_percent;
    const figures = [
      [W.threeRings, percent(kept), kept == null ? "" : kept < 90 ? "missed" : "ready"],
      [W.twoRings, percent(total.two_rings_percent), ""],
      [W.waitingNow, now.today.waiting, now.today.waiting ? alertness(rings) : ""],
      [W.longest, now.today.waiting ? filled(W.rings, { rings, seconds: seconds(first) }) : "–", now.today.waiting ? alertness(rings) : ""],
      [W.offered, total.offered, ""],
      [W.abandonedToday, `${total.abandoned} (${percent(total.abandoned_percent)})`, total.abandoned ? "busy" : ""],
      [W.meanAnswer, total.answered ? seconds(total.mean_ms) : "–", ""],
      [W.p95Answer, total.answered ? seconds(total.p95_ms) : "–", ""],
    ];
    $("figures").replaceChildren(...figures.map(([name, value, kind]) => element("div", { className: kind },
      element("dt", { textContent: name }), element("dd", { textContent: String(value) }))));
  }

  /** The timers in the table of operators: how long it has been so, and what is left. */
  function drawTimers() {
    for (const place of document.querySelectorAll("[data-for-ms]")) {
      place.textContent = duration(Number(place.dataset.forMs) + since()) || "0:00";
    }
    for (const place of document.querySelectorAll("[data-left-ms]")) {
      place.textContent = duration(Math.max(0, Number(place.dataset.leftMs) - since())) || "0:00";
    }
  }

  /** Today by hour, team and firm. */
  function drawPromise() {
    if (!promise) return;
    const W = tools.W();
    const heads = (first) => [first, W.offered, W.answeredToday, W.abandonedToday, W.abandonedRate, W.twoRings, W.threeRings, W.meanAnswer, W.p95Answer];
    const cells = (first, figures) => [first, count(figures.offered), count(figures.answered), count(figures.abandoned), share(figures.abandoned_percent, 0),
      share(figures.two_rings_percent, 0), share(figures.three_rings_percent, 90),
      { text: figures.answered ? seconds(figures.mean_ms) : "", kind: "number" }, { text: figures.answered ? seconds(figures.p95_ms) : "", kind: "number" }];
    table($("promise-hours"), heads(W.hour), promise.hours.map((hour) => cells(filled(W.hourOf, hour), hour)), W.quietToday);
    $("promise-teams").hidden = !promise.teams.length;
    table($("promise-teams"), heads(W.team), promise.teams.map((team) => cells(team.team, team)), "");
    $("promise-firms").hidden = !promise.firms.length;
    table($("promise-firms"), heads(W.firm), promise.firms.map((firm) => cells({ text: firm.name || W.unknown, kind: "firm" }, firm)), "");
  }

  function draw() {
    if (!now) return;
    drawFigures();
    drawWaiting();
    drawTimers();
  }

  setInterval(() => { if (!now) return; if ($("wallboard").hidden) drawTimers(); else draw(); }, TICK_MS);
  return {
    /** What is so now. */
    shows(present) { now = present; seen = performance.now(); draw(); },
    /** Today's figures in their parts. */
    counts(figures) { promise = figures; drawPromise(); },
    /** Everything again, in another language. */
    redraw() { draw(); drawPromise(); },
    /** Nothing is left for whoever comes next. */
    forget() {
      now = promise = null;
      for (const id of ["figures", "waiting-calls", "promise-hours", "promise-teams", "promise-firms"]) $(id).replaceChildren();
    },
  };
}
