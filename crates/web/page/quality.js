// Listening for quality (F62): calls of a week are drawn, nobody chooses them; each is heard and scored beside its waveform; results by
// operator. For supervisors and administrators.
import { blocks } from "/form.js";
import { waveform } from "/wave.js";
import { toJapan } from "/profile-day.js";
import { words } from "/quality-words.js";

const DAY_MS = 86_400_000;
const POINTS_MAX = 5;

/** `tools` are the page's own. */
export function qualityDesk(tools) {
  const { $, element, table, chip, filled, when, api, wrong } = tools;
  const Q = () => words[tools.language()] ?? words.en;
  const build = blocks(element);
  const place = $("quality");
  const state = { user: null, week: "", count: 3, samples: null, seed: "", of: 0, criteria: [], one: null, wave: null, sheet: null, left: null }; // `left`: the sheet that was open when somebody was logged out
  const sheets = new Map(); // by sample: what somebody has begun to write
  const shell = {};
  const minutes = (ms) => `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;
  const name = (one) => one[tools.language()] ?? one.en;

  /** The Monday of last week in Japan. */
  function lastWeek() {
    const now = Date.now();
    const day = (new Date(now + 9 * 3_600_000).getUTCDay() + 6) % 7;
    return toJapan(now - (day + 7) * DAY_MS).slice(0, 10);
  }

  async function load() {
    state.user = tools.me().name;
    state.week ||= lastWeek();
    state.criteria = await api("/quality/criteria");
    // Whoever comes back finds the sheet in which they were writing.
    const { left } = state;
    Object.assign(state, { left: null, ...left });
    draw();
    if (left) place.querySelector("details").open = true;
  }

  const tries = (work) => {
    shell.error.textContent = "";
    return work().catch((error) => { shell.error.textContent = [error.body?.what ?? wrong(error), error.body?.remedy].filter(Boolean).join(" — "); });
  };
  const look = () => tries(async () => { state.samples = await api(`/quality/samples?week=${state.week}`); Object.assign(state, { seed: "", of: 0 }); drawList(); });
  const lots = () => tries(async () => {
    const drawn = await api("/quality/draws", { method: "POST", body: JSON.stringify({ week: state.week, per_operator: Number(state.count) }) });
    Object.assign(state, drawn);
    drawList();
  });

  function draw() {
    Object.assign(shell, { error: element("p", { className: "error", id: "quality-error", role: "alert" }), list: element("table", { id: "quality-samples", ariaLabel: Q().samples }),
      results: element("table", { id: "quality-results", ariaLabel: Q().results }), said: element("p", { id: "quality-said", role: "status", className: "quiet" }), one: element("section", { id: "quality-one", hidden: true }) });
    const week = build.input("quality-week", state.week, { type: "date", step: 7, onchange: () => { state.week = week.value; look(); } });
    const count = build.input("quality-count", String(state.count), { type: "number", min: 1, max: 50, onchange: () => { state.count = count.value; } });
    const was = place.querySelector("details")?.open ?? false;
    place.replaceChildren(element("details", { open: was, ontoggle: (event) => { if (event.target.open && !state.samples) look(); } }, element("summary", { textContent: Q().title }), element("p", { className: "quiet", textContent: Q().hint }), shell.error,
      build.row(build.labelled(Q().week, week), build.labelled(Q().perOperator, count)), element("div", { className: "acts" }, build.button(Q().draw, lots, { id: "quality-draw", className: "main" })), shell.said,
      element("div", { className: "wide" }, shell.list), shell.one, element("h3", { textContent: Q().results }), element("div", { className: "wide", tabIndex: 0, role: "region", ariaLabel: Q().results }, shell.results)));
    place.hidden = false;
    drawList();
    if (state.one) open(state.one);
  }

  function drawList() {
    const samples = state.samples ?? [];
    shell.said.textContent = state.seed ? filled(Q().drawn, { seed: state.seed, of: state.of }) : "";
    table(shell.list, [Q().operator, Q().call, Q().why, Q().score, Q().by, ""], samples.map((one) => {
      const why = one.by_hand ? filled(Q().byHand, { by: one.drawn_by, why: one.why }) : one.why.split(" ").filter(Boolean).map((word) => Q().reasons[word] ?? word).join("、");
      const text = one.scored_ms ? Q().again : Q().listen;
      const hear = build.button(text, () => open(one), { ariaLabel: filled(Q().listenOf, { text, operator: tools.name(one.operator), call: one.call }) });
      hear.dataset.sample = one.id;
      return [tools.name(one.operator), { text: one.call, kind: "code" }, one.by_hand ? chip(why, "busy") : why, one.percent == null ? "" : { text: `${one.percent} %`, kind: "number" }, one.scored_ms ? `${one.scored_by} ${when(one.scored_ms)}` : "", hear];
    }), Q().none);
    const by = new Map();
    for (const one of samples) if (one.percent != null) by.set(one.operator, [...by.get(one.operator) ?? [], one.percent]);
    table(shell.results, [Q().operator, Q().scored, Q().mean], [...by].map(([operator, all]) => [tools.name(operator), { text: String(all.length), kind: "number" }, { text: `${Math.round(all.reduce((sum, one) => sum + one, 0) / all.length)} %`, kind: "number" }]), Q().none);
  }

  /** A call beside its sheet. It is not fetched before somebody plays it: each playback is a line in the audit log. */
  async function open(one) {
    state.wave?.forget();
    const fresh = state.one?.id !== one.id;
    Object.assign(state, { one, wave: waveform(tools, { label: Q().wave, hint: Q().waveKeys }) });
    if (fresh) state.sheet = sheets.get(one.id) ?? { comment: one.sheet?.comment ?? "", marks: new Map((one.sheet?.marks ?? []).map((mark) => [mark.code, { ...mark }])) };
    drawOne();
    if (fresh) shell.one.querySelector("h3").focus();
    const [call, whole] = await Promise.all([api(`/calls/${one.call}`).catch(() => null), one.report ? api(`/reports/${one.report}`).catch(() => null) : null]);
    if (state.one?.id !== one.id || !call?.recording) return;
    state.wave.shows(one.call, call.recording.samples / 8, Object.entries(whole?.evidence ?? {}).map(([key, { spans }]) => ({ key, spans })));
  }

  function drawOne() {
    const { one, sheet } = state;
    const touched = () => { sheets.set(one.id, sheet); };
    const lines = state.criteria.map((criterion) => {
      const mark = sheet.marks.get(criterion.code) ?? { points: "", comment: "", at_ms: null };
      const keep = () => { sheet.marks.set(criterion.code, mark); touched(); };
      const points = build.select(`points-${criterion.code}`, [["", "–"], ...Array.from({ length: POINTS_MAX + 1 }, (_, at) => [String(at), String(at)])], String(mark.points));
      points.ariaLabel = filled(Q().pointsOf, { name: name(criterion) });
      points.onchange = () => { mark.points = points.value === "" ? "" : Number(points.value); keep(); };
      const comment = build.input(`comment-${criterion.code}`, mark.comment, { maxLength: 500, ariaLabel: filled(Q().commentOf, { name: name(criterion) }), oninput: () => { mark.comment = comment.value; keep(); } });
      const at = build.button("", () => { mark.at_ms = state.wave.at(); says(); keep(); });
      const says = () => {
        at.textContent = mark.at_ms == null ? Q().here : minutes(mark.at_ms);
        at.ariaLabel = filled(Q().hereOf, { text: at.textContent, name: name(criterion) });
      };
      says();
      const play = build.button(Q().play, () => { if (mark.at_ms != null) state.wave.plays(mark.at_ms); }, { className: "link", ariaLabel: filled(Q().playOf, { name: name(criterion) }) });
      return [name(criterion), points, comment, element("span", {}, at, " ", play)];
    });
    const list = element("table", { id: "quality-sheet", ariaLabel: Q().sheet });
    table(list, [Q().criterion, Q().points, Q().comment, Q().second], lines, Q().none);
    const whole = build.input("quality-comment", sheet.comment, { maxLength: 500, oninput: () => { sheet.comment = whole.value; touched(); } });
    shell.one.hidden = false;
    shell.one.replaceChildren(element("h3", { textContent: filled(Q().sheetOf, { operator: tools.name(one.operator), call: one.call }), tabIndex: -1 }), state.wave.place, element("div", { className: "wide" }, list),
      build.row(build.labelled(Q().whole, whole)), element("div", { className: "acts" }, build.button(Q().save, save, { className: "main", id: "quality-save" }), build.button(Q().close, close)));
  }

  const save = () => tries(async () => {
    const pointless = ({ code }) => { const mark = state.sheet.marks.get(code); return mark?.points === "" && (mark.comment?.trim() || mark.at_ms != null); };
    const bare = state.criteria.find(pointless);
    if (bare) {
      shell.one.querySelector(`select[name="points-${bare.code}"]`)?.focus();
      shell.error.textContent = filled(Q().needsPoints, { name: name(bare) });
      return;
    }
    // Of an older sheet: marks of criteria that are no more are left out.
    const marks = state.criteria.filter(({ code }) => (state.sheet.marks.get(code)?.points ?? "") !== "").map(({ code }) => {
      const { points, comment, at_ms } = state.sheet.marks.get(code);
      return { code, points, comment, at_ms };
    });
    const { one, sheet } = state;
    const scored = await api(`/quality/samples/${one.id}/sheet`, { method: "PUT", body: JSON.stringify({ marks, comment: sheet.comment }) });
    sheets.delete(one.id);
    state.samples = (state.samples ?? []).map((other) => other.id === scored.id ? scored : other);
    if (state.one?.id === one.id) close();
    drawList();
    shell.list.querySelector(`[data-sample="${one.id}"]`)?.focus();
    shell.said.textContent = filled(Q().saved, { percent: scored.percent });
  });

  function close() {
    state.wave?.forget();
    Object.assign(state, { one: null, wave: null, sheet: null });
    shell.one?.replaceChildren();
    if (shell.one) shell.one.hidden = true;
  }

  return {
    load,
    redraw() { if (state.week) draw(); },
    /** Nothing is shown to whoever comes next; a sheet waits for its writer, until somebody else comes. */
    forget(next = null) {
      const isOther = next != null && next !== state.user;
      const left = sheets.has(state.one?.id) ? { week: state.week, one: state.one, sheet: state.sheet } : state.left;
      if (isOther) sheets.clear();
      close();
      Object.assign(state, { week: "", samples: null, seed: "", criteria: [], left: isOther ? null : left });
      place.replaceChildren();
      place.hidden = true;
    },
  };
}
