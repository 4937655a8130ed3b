// Reports of the past: found by firm, time, kind, urgency, words, or a number in any spelling; and one of them with its text, everything
// that was changed in it, where in the recording each field was said, who got it and who did what to it.
import { staying } from "/dom.js";
import { blocks } from "/form.js";
import { fromJapan } from "/profile-day.js";
import { problemsOf } from "/bound.js";
import { words } from "/past-words.js";

const KINDS = ["message", "inquiry", "booking_new", "booking_change", "booking_cancel", "complaint", "sales", "wrong_number", "silent"];
const URGENCIES = ["normal", "high", "urgent"];
const STATES = ["draft", "sent", "waived"];
const OPEN = ["waiting", "leased", "retry"];
const LEAD_MS = 6000; // people speak before an operator types
const REFRESH_MS = 500;

/** `tools` are the page's own, with `desk`, the report's form. */
export function pastReports(tools) {
  const { $, element, table, chip, filled, when, api, wrong } = tools;
  const B = () => words[tools.language()] ?? words.en;
  const build = blocks(element);
  const place = $("past");
  const state = { user: null, firms: [], asked: {}, reports: [], cursor: null, turn: 0, opened: 0, one: null, later: null };
  const shell = {};
  const busy = new Set(); // reports with which something is being done

  // ---- Searching ----

  async function load() {
    const me = tools.me();
    state.user = me.name;
    state.firms = await api("/customers");
    draw();
  }

  function query() {
    const asked = new URLSearchParams();
    for (const key of ["customer", "number", "text", "kind", "urgency", "state", "seen"]) if (state.asked[key]) asked.set(key, state.asked[key].trim());
    for (const key of ["from", "to"]) if (state.asked[key]) asked.set(`${key}_ms`, fromJapan(state.asked[key]));
    return asked;
  }

  async function find(further = false) {
    const asked = query();
    shell.csv.href = `/api/v1/reports/export?${asked}`;
    if (further && state.cursor) asked.set("cursor", state.cursor);
    const turn = ++state.turn;
    complain([]);
    try {
      const page = await api(`/reports?${asked}`);
      if (turn !== state.turn) return;
      state.reports = further ? state.reports.concat(page.reports) : page.reports;
      Object.assign(state, { cursor: page.next, searched: true });
      drawList();
    } catch (error) {
      if (turn !== state.turn) return;
      const problems = problemsOf(error);
      complain(problems);
      if (!problems.length) shell.error.textContent = wrong(error);
    }
  }

  /** A report that no call has brought, of the firm that is chosen. */
  async function begin() {
    const { input, line } = shell.fields.get("customer");
    complain([]);
    if (!input.value) {
      line.textContent = B().beginWhose;
      input.setAttribute("aria-invalid", "true");
      return input.focus();
    }
    try {
      const draft = await api(`/customers/${input.value}/reports`, { method: "POST", body: "{}" });
      await tools.desk.openReport(draft.id, true);
      $("report").scrollIntoView({ block: "nearest" });
    } catch (error) { shell.error.textContent = [error.body?.what ?? wrong(error), error.body?.remedy].filter(Boolean).join(" — "); }
  }

  /** What is wrong with a condition stands beside it. */
  function complain(problems) {
    shell.error.textContent = "";
    for (const [name, { input, line }] of shell.fields) {
      const own = problems.filter(({ field }) => field === name || field === `${name}_ms`);
      line.textContent = own.map(({ what, remedy }) => B().remedies[name] ?? [what, remedy].filter(Boolean).join(" — ")).join(" / ");
      if (own.length) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
    const homeless = problems.filter(({ field }) => !shell.fields.has(field?.replace(/_ms$/, "")));
    if (homeless.length) shell.error.textContent = homeless.map(({ field, what }) => `${field}: ${what}`).join(" / ");
  }

  function draw() {
    shell.fields = new Map();
    const field = (name, label, input) => {
      const line = element("span", { className: "wrong", id: `past-${name}-wrong` });
      input.setAttribute("aria-describedby", line.id);
      if (state.asked[name]) input.value = state.asked[name];
      input.oninput = input.onchange = () => { state.asked[name] = input.value; };
      shell.fields.set(name, { input, line });
      return element("div", { className: "bound" }, build.labelled(label, input), line);
    };
    const select = (name, label, codes, texts) => field(name, label, build.select(name, [["", B().any], ...codes.map((code) => [code, texts[code] ?? code])], ""));
    const firm = build.select("customer", [["", B().any], ...state.firms.map((one) => [String(one.id), one.name])], "");
    Object.assign(shell, {
      error: element("p", { className: "error", id: "past-error", role: "alert" }), count: element("span", { id: "past-count", role: "status" }),
      csv: element("a", { href: "/api/v1/reports/export", textContent: B().csv, download: "" }), list: element("table", { id: "past-reports", ariaLabel: B().title }),
      more: build.button(B().more, () => find(true), { id: "past-more", hidden: true }), one: element("section", { id: "past-one", hidden: true }),
    });
    const form = element("form", { id: "past-find", noValidate: true, role: "search", ariaLabel: B().title, onsubmit: (event) => { event.preventDefault(); find(); } },
      build.row(field("customer", B().firm, firm), field("number", B().number, build.input("number", "", { inputMode: "tel", placeholder: "090-1234-5678", spellcheck: false })),
        field("text", B().text, build.input("text", "", { type: "search" })), select("kind", B().kind, KINDS, B().kinds), select("urgency", B().urgency, URGENCIES, B().urgencies),
        select("state", B().state, STATES, B().states), select("seen", B().seen, ["true", "false"], B().seenWords),
        field("from", B().from, build.input("from", "", { type: "datetime-local" })), field("to", B().to, build.input("to", "", { type: "datetime-local" }))),
      element("div", { className: "acts" }, element("button", { className: "main", textContent: B().search, id: "past-search" }), build.button(B().reset, () => { state.asked = {}; draw(); find(); }), build.button(B().begin, begin, { id: "past-begin" })));
    const was = place.querySelector("details")?.open ?? false;
    place.replaceChildren(element("details", { open: was, ontoggle: (event) => { if (event.target.open && !state.searched) find(); } }, element("summary", { textContent: B().title }),
      form, shell.error, element("p", { className: "result" }, shell.count, shell.csv), element("div", { className: "wide list" }, shell.list), shell.more, shell.one));
    place.hidden = false;
    drawList();
    if (state.one) drawOne();
  }

  const phone = (report) => report.draft.answers.callback?.said ?? report.caller_display;

  function drawList() {
    const heads = [B().time, B().firm, B().kind, B().who, B().number, B().operator, B().state];
    table(shell.list, heads, state.reports.map((report) => {
      const { answers } = report.draft;
      const open = element("button", { type: "button", className: "link", textContent: when(report.created_ms), onclick: () => show(report.id) });
      open.dataset.report = report.id;
      const urgency = answers.urgency?.said;
      return [open, { text: report.customer_name || tools.W().unknown, kind: "firm" },
        element("span", {}, B().kinds[report.draft.kind] ?? report.draft.kind, ...(urgency && urgency !== "normal" ? [" ", chip(B().urgencies[urgency] ?? urgency, "missed")] : [])),
        [answers.company?.said, answers.name?.said].filter(Boolean).join(" "), phone(report), report.operator_name,
        chip(report.seen_ms ? B().seenWords.true : B().states[report.state] ?? report.state, report.state === "sent" ? "ready" : "")];
    }), state.searched ? B().none : "");
    shell.count.textContent = state.searched ? filled(state.cursor ? B().countMore : B().count, { count: state.reports.length }) : "";
    shell.more.hidden = !state.cursor;
  }

  // ---- One report ----

  async function show(id, moves = true) {
    const turn = ++state.opened;
    try {
      const [whole, written] = await Promise.all([api(`/reports/${id}`), api(`/reports/${id}/written`)]);
      // Another one has been opened since.
      if (turn !== state.opened) return;
      state.one = { whole, written };
      staying(shell.one, drawOne, () => shell.one.querySelector("h3"));
      if (moves) {
        shell.one.querySelector("h3").focus();
        shell.one.scrollIntoView({ block: "nearest" });
      }
    } catch (error) { shell.error.textContent = wrong(error); }
  }

  const part = (title, ...inside) => [element("h4", { textContent: title }), ...inside];
  const filledTable = (id, heads, rows) => { const made = element("table", { id }); table(made, heads, rows, B().none); return element("div", { className: "wide" }, made); };
  const minutes = (ms) => `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;

  function drawOne() {
    const { whole, written } = state.one;
    const names = new Map(written.fields.map((field) => [field.key, field]));
    const label = (key) => key === "kind" ? B().kind : names.get(key)?.[tools.language()] ?? key;
    const player = whole.call ? element("audio", { id: "past-player", controls: true, preload: "none", ariaLabel: tools.W().recording, src: `/api/v1/calls/${whole.call}/recording` }) : null;
    const title = [whole.customer_name || tools.W().unknown, B().kinds[whole.draft.kind], when(whole.created_ms)].join(" — ");
    shell.one.hidden = false;
    shell.said = element("p", { id: "past-said", role: "status" });
    shell.one.replaceChildren(element("h3", { textContent: title, tabIndex: -1 }), facts(whole), acts(whole, written), shell.said,
      ...part(B().fields, filledTable("past-fields", [B().field, B().answer, B().heardAt], fields(whole, label, names, player))), ...(player ? [player] : []),
      ...part(B().sentText, element("p", {}, element("strong", { textContent: written.subject })), element("pre", { id: "past-text", textContent: written.text, tabIndex: 0 })),
      ...part(B().deliveries, filledTable("past-deliveries", [B().recipient, B().state, B().tries, B().accepted, B().serverId, B().why, ""], whole.deliveries.map(delivery))),
      ...(whole.tasks.length ? part(B().tasks, filledTable("past-tasks", [B().time, B().what, B().detail, B().result], whole.tasks.map(task))) : []),
      element("details", {}, element("summary", { textContent: B().edits }), filledTable("past-edits", [B().time, B().heardAt, B().writer, B().field, B().answer],
        whole.edits.map((edit) => [when(edit.at_ms), edit.offset_ms == null ? "" : minutes(edit.offset_ms), edit.who, label(edit.key), answer(edit.value, names.get(edit.key))]))),
      element("details", {}, element("summary", { textContent: B().audit }), filledTable("past-audit", [B().time, B().writer, B().what, B().detail],
        written.audit.map((entry) => [when(entry.at_ms), entry.who, B().acts[entry.what.replace(".", "_")] ?? entry.what, entry.detail]))));
  }

  function facts(whole) {
    const told = [[B().number, phone(whole)], [B().caller, whole.caller_display], [B().operator, whole.operator_name], [B().state, B().states[whole.state]], [B().sentAt, whole.sent_ms && `${when(whole.sent_ms)} (${whole.sent_by})`],
      [B().seen, whole.seen_ms && when(whole.seen_ms)], [B().waiver, whole.waiver], [B().billing, B().classes[whole.class] ?? whole.class]];
    return element("dl", { className: "facts" }, ...told.filter(([, text]) => text).map(([name, text]) => element("div", {}, element("dt", { textContent: name }), element("dd", { textContent: text }))));
  }

  /** What can be done with it: correct it, hear its call, look at what it follows. */
  function acts(whole, written) {
    const to = build.select("past-to", written.places.map((one) => [one.id, `${one.label} · ${tools.channel(one.channel)}`]), "");
    const also = written.places.length && whole.state === "sent" ? [build.labelled(B().sendTo, to), build.button(B().send, () => doing(() => api(`/reports/${whole.id}/deliveries`, { method: "POST", body: JSON.stringify({ recipient: to.value }) }), B().sentAlso), { id: "past-send-also" })] : [];
    const open = (id, text) => build.button(text, () => show(id), { className: "link" });
    return element("div", { className: "acts" }, ...also,
      ...(whole.state === "sent" ? [build.button(B().correct, () => doing(correct), { id: "past-correct" })] : []),
      ...(whole.state === "draft" ? [build.button(B().goOn, () => tools.desk.openReport(whole.id, true))] : []),
      ...(whole.call ? [build.button(B().openCall, () => tools.open(whole.call))] : []),
      ...(whole.follows ? [open(whole.follows, B().follows)] : []), ...whole.follow_ups.map((id) => open(id, B().followUp)));
    async function correct() {
      const draft = await api(`/reports/${whole.id}/correct`, { method: "POST" });
      await tools.desk.openReport(draft.id, true);
    }
  }

  /** A button's work: once, and what came of it is said. The button is not disabled: whoever stands there would be lost. */
  async function doing(work, done = "") {
    const { id } = state.one.whole;
    if (busy.has(id)) return;
    busy.add(id);
    shell.said.textContent = "";
    let said = done;
    await work().catch((error) => { said = [error.body?.what ?? wrong(error), error.body?.remedy].filter(Boolean).join(" — "); });
    if (state.one?.whole.id === id) await show(id, false);
    busy.delete(id);
    if (state.one?.whole.id === id) shell.said.textContent = said;
  }

  const person = (id) => state.one.written.people.find((one) => one.id === id)?.name;
  const answer = (value, field) => value === "unheard" ? B().unheard : value == null ? B().cleared
    : field?.input === "person" ? person(value.said) ?? value.said
    : field?.input === "tick" ? B().yes
    : field?.input?.choice?.find((choice) => choice.value === value.said)?.[tools.language()] ?? B().kinds[value.said] ?? value.said;

  /** Each field with what was said, and where in the recording: a click plays from a little before. */
  function fields(whole, label, names, player) {
    const order = [...names.keys(), ...Object.keys(whole.draft.answers).filter((key) => !names.has(key))];
    return order.filter((key) => whole.draft.answers[key]).map((key) => {
      const heard = whole.evidence[key];
      const spans = (heard?.spans ?? []).flatMap((span, at, all) => {
        const moments = `${minutes(span.from_ms)}–${minutes(span.until_ms)}`;
        const text = heard.read_back && at === all.length - 1 ? `${B().readBack} ${moments}` : moments;
        const play = () => { player.currentTime = Math.max(0, span.from_ms - LEAD_MS) / 1000; player.play().catch(() => {}); };
        return [player ? build.button(text, play, { className: "link", ariaLabel: filled(B().playFrom, { field: label(key), time: text }) }) : text, " "];
      });
      return [label(key), element("span", { className: "said", textContent: answer(whole.draft.answers[key], names.get(key)) }), element("span", {}, ...spans, heard?.changed_later ? chip(B().changedLater, "busy") : "")];
    });
  }

  function delivery(one) {
    const kind = one.seen_ms || one.state === "accepted" ? "ready" : ["dead", "bounced"].includes(one.state) ? "missed" : "busy";
    const seen = one.seen_ms ? ` · ${filled(B().seenAt, { time: when(one.seen_ms) })}` : "";
    const tries = element("details", {}, element("summary", { textContent: String(one.attempts) }),
      element("ol", {}, ...one.tries.map((attempt) => element("li", { textContent: [when(attempt.begun_ms), attempt.outcome && (B().outcomes[attempt.outcome] ?? attempt.outcome), attempt.detail].filter(Boolean).join(" · ") }))));
    const again = OPEN.includes(one.state) ? "" : build.button(B().again, () => doing(() => api(`/deliveries/${one.id}/resend`, { method: "POST" }), B().sentAgain), { className: "link", ariaLabel: filled(B().againOf, { recipient: one.label }) });
    return [`${one.label} · ${tools.channel(one.channel)}${one.round ? ` (${one.round + 1})` : ""}`, element("span", {}, chip(B().deliveryStates[one.state] ?? one.state, kind), seen), one.attempts ? tries : "", when(one.accepted_ms),
      { text: one.remote_id, kind: "code" }, one.error, again];
  }

  const task = (one) => [when(one.created_ms), B().taskSorts[one.kind] ?? one.kind, one.detail, one.done_ms ? `${when(one.done_ms)} ${one.done_by} ${one.result}` : chip(B().open, "busy")];

  /** Opens a report, and plays from where what stands in this field was said: the last span, as the desk does. */
  async function shown(id, key) {
    place.querySelector("details").open = true;
    await show(id);
    const span = state.one?.whole.id === id ? state.one.whole.evidence[key]?.spans?.at(-1) : null;
    const player = shell.one.querySelector("audio");
    if (!span || !player) return;
    player.currentTime = Math.max(0, span.from_ms - LEAD_MS) / 1000;
    player.play().catch(() => {});
  }

  return {
    load,
    show: shown,
    hears({ event }) {
      if (!state.one || event.report !== state.one.whole.id || !["delivery", "report_changed", "report_sent", "task"].includes(event.kind)) return;
      clearTimeout(state.later);
      state.later = setTimeout(() => {
        // A choice that somebody is making stays as it is; what is open stays open.
        const opened = [...shell.one.querySelectorAll("details")].map((one) => one.open);
        const plays = [...shell.one.querySelectorAll("audio")].some((audio) => !audio.paused);
        if (!plays && !shell.one.querySelector(":is(select, audio, pre):focus")) show(event.report, false).then(() => shell.one.querySelectorAll("details").forEach((one, at) => { one.open = opened[at] ?? false; }));
      }, REFRESH_MS);
    },
    redraw: draw,
    forget(next = null) {
      clearTimeout(state.later);
      if (next != null && next !== state.user) state.asked = {};
      Object.assign(state, { reports: [], cursor: null, one: null, searched: false, turn: state.turn + 1, opened: state.opened + 1 });
      place.replaceChildren();
      place.hidden = true;
    },
  };
}
