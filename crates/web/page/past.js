// Reports of the past: found by firm, time, kind, urgency, words, or a number in any spelling; and one of them with its text, everything
// that was changed in it, where in the recording each field was said, who got it and who did what to it; and what its firm says by telephone.
import { staying } from "/dom.js";
import { blocks } from "/form.js";
import { fromJapan } from "/profile-day.js";
import { problemsOf } from "/bound.js";
import { waveform, LEAD_MS } from "/wave.js";
import { words } from "/past-words.js";

const KINDS = ["message", "inquiry", "booking_new", "booking_change", "booking_cancel", "complaint", "sales", "wrong_number", "silent"];
const URGENCIES = ["normal", "high", "urgent"];
const STATES = ["draft", "sent", "waived"];
const OPEN = ["waiting", "leased", "retry"];
const REFRESH_MS = 500;
const CHOICE_CHARS = 60;

/** `tools` are the page's own, with `desk`, the report's form, and `dispute`, which opens one of the dispute desk's cases. */
export function pastReports(tools) {
  const { $, element, table, chip, filled, when, api, wrong } = tools;
  const B = () => words[tools.language()] ?? words.en;
  const build = blocks(element);
  const place = $("past");
  const state = { user: null, firms: [], operators: [], asked: {}, reports: [], cursor: null, turn: 0, opened: 0, one: null, later: null, wave: null };
  const shell = {};
  const busy = new Set(); // reports with which something is being done
  const complaints = new Map(); // by report: what its firm says is wrong, as far as that is typed

  // ---- Searching ----

  async function load() {
    const me = tools.me();
    state.user = me.name;
    [state.firms, state.operators] = await Promise.all([api("/customers"), api("/operators")]);
    draw();
  }

  function query() {
    const asked = new URLSearchParams();
    for (const key of ["customer", "operator", "number", "text", "kind", "urgency", "state", "seen"]) if (state.asked[key]) asked.set(key, state.asked[key].trim());
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
    const named = (name, rows) => build.select(name, [["", B().any], ...rows.map((one) => [String(one.id), one.name])], "");
    Object.assign(shell, {
      error: element("p", { className: "error", id: "past-error", role: "alert" }), count: element("span", { id: "past-count", role: "status" }),
      csv: element("a", { href: "/api/v1/reports/export", textContent: B().csv, download: "" }), list: element("table", { id: "past-reports", ariaLabel: B().title }),
      more: build.button(B().more, () => find(true), { id: "past-more", hidden: true }), one: element("section", { id: "past-one", hidden: true }),
    });
    const form = element("form", { id: "past-find", noValidate: true, role: "search", ariaLabel: B().title, onsubmit: (event) => { event.preventDefault(); find(); } },
      build.row(field("customer", B().firm, named("customer", state.firms)), field("operator", B().operator, named("operator", state.operators)), field("number", B().number, build.input("number", "", { inputMode: "tel", placeholder: "090-1234-5678", spellcheck: false })),
        field("text", B().text, build.input("text", "", { type: "search" })), select("kind", B().kind, KINDS, B().kinds), select("urgency", B().urgency, URGENCIES, B().urgencies),
        select("state", B().state, STATES, B().states), select("seen", B().seen, ["true", "false"], B().seenWords),
        field("from", B().from, build.input("from", "", { type: "datetime-local" })), field("to", B().to, build.input("to", "", { type: "datetime-local" }))),
      element("div", { className: "acts" }, element("button", { className: "main", textContent: B().search, id: "past-search" }), build.button(B().reset, () => { state.asked = {}; draw(); find(); }), build.button(B().begin, begin, { id: "past-begin" })));
    shell.saidOf = null;
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
      if (moves) shell.saidOf = null;
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
    const keys = answered(whole, names);
    const wave = listened(whole, keys);
    const title = [whole.customer_name || tools.W().unknown, B().kinds[whole.draft.kind], when(whole.created_ms)].join(" — ");
    shell.one.hidden = false;
    // What came of something done with it is said until something else is done.
    if (shell.saidOf !== whole.id) Object.assign(shell, { said: element("p", { id: "past-said", role: "status" }), saidOf: whole.id });
    shell.one.replaceChildren(element("h3", { textContent: title, tabIndex: -1 }), facts(whole), acts(whole, written), complaint(whole, keys, label, names), shell.said,
      ...part(B().fields, filledTable("past-fields", ["", B().field, B().answer, B().heardAt], fields(whole, keys, label, names, wave))),
      ...(wave ? [wave.place] : whole.call ? [element("p", { className: "quiet", textContent: B().noRecording })] : []),
      ...part(B().sentText, element("p", {}, element("strong", { textContent: written.subject })), element("pre", { id: "past-text", textContent: written.text, tabIndex: 0 })),
      ...part(B().deliveries, filledTable("past-deliveries", [B().recipient, B().state, B().tries, B().accepted, B().serverId, B().why, ""], whole.deliveries.map(delivery))),
      ...(whole.tasks.length ? part(B().tasks, filledTable("past-tasks", [B().time, B().what, B().detail, B().result], whole.tasks.map(task))) : []),
      element("details", {}, element("summary", { textContent: B().edits }), filledTable("past-edits", [B().time, B().heardAt, B().writer, B().field, B().answer],
        whole.edits.map((edit) => [when(edit.at_ms), edit.offset_ms == null ? "" : minutes(edit.offset_ms), edit.who, label(edit.key), answer(edit.value, names.get(edit.key))]))),
      element("details", {}, element("summary", { textContent: B().audit }), filledTable("past-audit", [B().time, B().writer, B().what, B().detail],
        written.audit.map((entry) => [when(entry.at_ms), entry.who, B().acts[entry.what.replace(".", "_")] ?? entry.what, entry.detail]))));
    if (!wave || wave.isShown) return;
    wave.isShown = true;
    wave.shows(whole.call, whole.recording_ms, keys.map((key) => ({ key, spans: whole.evidence[key]?.spans ?? [] })));
  }

  /** The recording. While the same one is drawn anew it stays as it is: nobody is taken back to its beginning. */
  function listened(whole, keys) {
    const of = JSON.stringify([whole.id, whole.recording_ms, keys, whole.evidence, tools.language()]);
    if (state.wave?.of === of) return state.wave;
    silences();
    if (!whole.call || !whole.recording_ms) return null;
    state.wave = { ...waveform(tools, { label: B().wave, hint: B().waveKeys }), of, isShown: false };
    state.wave.place.querySelector("audio").id = "past-player";
    return state.wave;
  }

  /** What is on the screen no more is not heard any more: nobody could stop it. */
  function silences() {
    state.wave?.forget();
    state.wave = null;
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

  /** A firm telephones that something is wrong: which field, in its words. What is half typed stays, whatever is drawn anew. */
  function complaint(whole, keys, label, names) {
    const made = element("div", { id: "past-complaint" });
    if (whole.state !== "sent" || whole.customer == null || whole.origin === "digest" || !keys.length) return made;
    const choices = keys.map((key) => [key, [...`${label(key)}: ${answer(whole.draft.answers[key], names.get(key))}`].slice(0, CHOICE_CHARS).join("")]);
    const offers = () => made.replaceChildren(element("div", { className: "acts" }, build.button(B().complaint, begins, { id: "past-complain" })));
    const asks = () => {
      const typed = complaints.get(whole.id);
      const field = build.select("past-complaint-field", choices, typed.field);
      const own = element("textarea", { name: "past-complaint-words", maxLength: 500, value: typed.words });
      field.onchange = own.oninput = () => Object.assign(typed, { field: field.value, words: own.value });
      const leaves = () => { complaints.delete(whole.id); offers(); made.querySelector("button").focus(); };
      const sends = (event) => { event.preventDefault(); doing(() => takes(whole, { field: field.value, words: own.value }), (told) => told); };
      made.replaceChildren(element("form", { id: "past-complaint-form", noValidate: true, onsubmit: sends },
        build.row(build.labelled(B().complaintField, field), build.labelled(B().complaintWords, own)), element("p", { className: "quiet", textContent: B().complaintHint }),
        element("div", { className: "acts" }, element("button", { className: "main", textContent: B().complaintSend, id: "past-complaint-send" }), build.button(B().cancel, leaves))));
    };
    function begins() {
      complaints.set(whole.id, { field: keys[0], words: "" });
      asks();
      made.querySelector("select").focus();
    }
    if (complaints.has(whole.id)) asks(); else offers();
    return made;
  }

  /** The dispute desk has it open then. Gives what is said of it. */
  async function takes(whole, said) {
    const dispute = await api(`/reports/${whole.id}/disputes`, { method: "POST", body: JSON.stringify(said) });
    // Of a field that was disputed before, the words that are kept are the earlier ones: these stay here, and so does what was typed since.
    const isNew = dispute.words === said.words.trim();
    const typed = complaints.get(whole.id);
    if ((isNew || !said.words.trim()) && typed?.field === said.field && typed.words === said.words) complaints.delete(whole.id);
    // It is taken, whether it can be shown now or not; whoever is at another report by now stays there.
    if (state.one?.whole.id === whole.id) await tools.dispute(dispute.id).catch(() => {});
    return isNew ? B().complaintTaken : filled(B().complaintKnown, { time: when(dispute.opened_ms), by: dispute.opened_by });
  }

  /** A button's work: once, and what came of it is said: `done`, or what that makes of it. The button is not disabled: whoever stands there would be lost. */
  async function doing(work, done = "") {
    const { id } = state.one.whole;
    if (busy.has(id)) return;
    busy.add(id);
    shell.said.textContent = "";
    const said = await work().then((came) => typeof done === "function" ? done(came) : done, (error) => [error.body?.what ?? wrong(error), error.body?.remedy].filter(Boolean).join(" — "));
    if (state.one?.whole.id === id) await show(id, false);
    busy.delete(id);
    if (state.one?.whole.id === id) shell.said.textContent = said;
  }

  const person = (id) => state.one.written.people.find((one) => one.id === id)?.name;
  const answer = (value, field) => value === "unheard" ? B().unheard : value == null ? B().cleared
    : field?.input === "person" ? person(value.said) ?? value.said
    : field?.input === "tick" ? B().yes
    : field?.input?.choice?.find((choice) => choice.value === value.said)?.[tools.language()] ?? B().kinds[value.said] ?? value.said;

  /** The fields that have an answer, in the form's order. */
  const answered = (whole, names) => [...names.keys(), ...Object.keys(whole.draft.answers).filter((key) => !names.has(key))].filter((key) => whole.draft.answers[key]);

  /** Each field with what was said, and where in the recording: a click plays from a little before. */
  function fields(whole, keys, label, names, wave) {
    return keys.map((key, at) => {
      const heard = whole.evidence[key];
      const spans = (heard?.spans ?? []).flatMap((span, nth, all) => {
        const moments = `${minutes(span.from_ms)}–${minutes(span.until_ms)}`;
        const text = heard.read_back && nth === all.length - 1 ? `${B().readBack} ${moments}` : moments;
        const play = () => wave.plays(span.from_ms - LEAD_MS);
        return [wave ? build.button(text, play, { className: "link", ariaLabel: filled(B().playFrom, { field: label(key), time: text }) }) : text, " "];
      });
      return [wave && at < 9 ? String(at + 1) : "", label(key), element("span", { className: "said", textContent: answer(whole.draft.answers[key], names.get(key)) }), element("span", {}, ...spans, heard?.changed_later ? chip(B().changedLater, "busy") : "")];
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
    if (state.one?.whole.id === id) state.wave?.field(key);
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
        if (!plays && !shell.one.querySelector(":is(select, textarea, audio, pre):focus")) show(event.report, false).then(() => shell.one.querySelectorAll("details").forEach((one, at) => { one.open = opened[at] ?? false; }));
      }, REFRESH_MS);
    },
    redraw: draw,
    forget(next = null) {
      clearTimeout(state.later);
      silences();
      if (next != null && next !== state.user) {
        state.asked = {};
        complaints.clear();
      }
      Object.assign(state, { reports: [], cursor: null, one: null, searched: false, turn: state.turn + 1, opened: state.opened + 1 });
      place.replaceChildren();
      place.hidden = true;
    },
  };
}
