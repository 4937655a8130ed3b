// The queue for those who watch it: operators with tier, team, state and timers; whom waiting calls were widened to; the notices
// of before this page was opened.
import { words } from "/queue-words.js";

// Calls of which it is remembered to whom they were widened; more ring on no wall.
const WIDENED_MAX = 500;
const NOTICES_MAX = 100;
// Notices that are put on top of the page when it is opened.
const RECENT_MS = 3_600_000;

const key = (notice) => `${notice.unix_ms}:${notice.seq}`;

/** `tools` are the page's own: `$`, `element`, `table`, `chip`, `filled`, `when`, `duration`, `api`, `language()`, `standing(operator)`,
 * `notice(alarm)` (its words), `lasts(notice)`, `mayOpen()`, `open(call)`. */
export function queue(tools) {
  const { $, element, table, chip, filled, duration } = tools;
  const W = () => words[tools.language()] ?? words.en;
  const widened = new Map();
  let operators = [];
  let notices = [];
  // What was closed on this page stays closed when it is loaded again.
  let closed = new Set();
  // Whose they are: what one has closed, another who logs in here has not seen.
  let place = null;

  /** A timer that runs on by the browser's clock between two looks; see the wallboard. */
  function timer(ms, direction = "forMs") {
    const place = element("span", { textContent: duration(ms) });
    place.dataset[direction] = ms;
    return place;
  }

  function standing(operator) {
    const gone = !operator.reachable && operator.state !== "logged_out";
    const text = gone ? `${tools.standing(operator)} · ${W().phoneGone}` : tools.standing(operator);
    const parts = [chip(text, gone ? "missed" : operator.state)];
    if (operator.report_open) parts.push(chip(W().reportOpen, "busy"));
    if (operator.reports_open > 0) parts.push(chip(filled(W().reportsOpen, { count: operator.reports_open }), operator.reason === "reports_open" ? "missed" : ""));
    return element("span", {}, ...parts);
  }

  /** To whom a call was widened, and why. */
  function said(detail) {
    const words = W();
    const [who, why] = detail.split(" ");
    const best = /^best_(\d+)$/.exec(who);
    const whom = best ? filled(words.widenedBest, { count: best[1] }) : words.widenedTo[who] ?? who;
    return filled(words.widened, { whom, why: words.widening[why] ?? why ?? "" });
  }

  function drawOperators() {
    const words = W();
    const left = ({ wrap_up_left_ms: ms }) => ms == null ? "" : timer(ms, "leftMs");
    const rows = operators.map((operator) => [
      operator.name, operator.tier === "operator" ? words.tiers.operator : chip(words.tiers[operator.tier] ?? operator.tier, "busy"), operator.teams.join("、"),
      standing(operator), timer(operator.for_ms), left(operator), { text: String(operator.calls_today), kind: "number" }, { text: duration(operator.talk_today_ms), kind: "number" },
    ]);
    table($("now-operators"), [words.operator, words.tier, words.team, words.state, words.since, words.left, words.callsToday, words.talkToday], rows, words.nobody);
  }

  function drawNotices() {
    const words = W();
    const rows = notices.map((notice) => [tools.when(notice.unix_ms), tools.notice(notice.event), notice.event.call && tools.mayOpen()
      ? element("button", { type: "button", className: "link", textContent: words.openCall, onclick: () => tools.open(notice.event.call) }) : ""]);
    table($("notices"), [words.time, words.notice, ""], rows, words.noNotices);
    $("notices-title").textContent = filled(words.notices, { count: notices.length });
  }

  /** One more, unless it is known: notices come from the stream and from the list, in any order. */
  function keep(notice) {
    if (notices.some((known) => key(known) === key(notice))) return false;
    notices = [notice, ...notices].sort((one, other) => other.unix_ms - one.unix_ms || other.seq - one.seq).slice(0, NOTICES_MAX);
    return true;
  }

  return {
    /** The operators as they are now. */
    shows(present) { operators = present; drawOperators(); },
    /** An event of the stream. */
    hears(stamped) {
      const { event } = stamped;
      if (event.kind === "alarm" && keep(stamped)) drawNotices();
      if (event.kind === "call_changed" && event.what === "widened") {
        const list = widened.get(event.call) ?? [];
        widened.set(event.call, [...list.filter((detail) => detail !== event.detail), event.detail]);
        if (widened.size > WIDENED_MAX) widened.delete(widened.keys().next().value);
      }
      if (event.kind === "call_answered" || event.kind === "call_ended") widened.delete(event.call);
    },
    /** To whom this call was widened, and why: in words. */
    widened: (call) => (widened.get(call) ?? []).map(said),
    said,
    /** The notices of before: all go to the list; gives those of the last hour, and those that last, that nobody has closed here, newest first. */
    async recalls(who) {
      place = `closed-notices:${who}`;
      closed = new Set(JSON.parse(sessionStorage.getItem(place) ?? "[]"));
      const before = await tools.api("/alarms");
      for (const { seq, unix_ms, ...alarm } of before) keep({ seq, unix_ms, event: { kind: "alarm", ...alarm } });
      drawNotices();
      return notices.filter((notice) => (notice.unix_ms > Date.now() - RECENT_MS || tools.lasts(notice)) && !closed.has(key(notice)));
    },
    /** Whether somebody has closed this one here: the stream may tell it again after a break. */
    isClosed: (notice) => closed.has(key(notice)),
    /** Somebody has closed this one. */
    closes(notice) {
      closed.add(key(notice));
      if (place) sessionStorage.setItem(place, JSON.stringify([...closed].slice(-NOTICES_MAX)));
    },
    /** Everything again, in another language. */
    redraw() { drawOperators(); drawNotices(); },
    /** Nothing is left for whoever comes next. */
    forget() {
      [operators, notices] = [[], []];
      widened.clear();
      [closed, place] = [new Set(), null];
      for (const id of ["now-operators", "notices", "notices-title"]) $(id).replaceChildren();
    },
  };
}
