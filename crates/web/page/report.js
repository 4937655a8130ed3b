// The report of a call, beside the call: what to say for this firm, and the form, every keystroke of which is kept on the server
// at once. Fields, choices, the check of numbers and who gets the report come from the server; nothing of that is known here.
import { words } from "/report-words.js";
import { saver } from "/saver.js";
import { sides } from "/report-sides.js";
import { fieldOf } from "/report-fields.js";

const RENEW_MS = 20_000; // the lock of an open form
const PREVIEW_MS = 400;
const SENT_MAX = 5;

/** `tools` are the page's own: `$`, `element`, `chip`, `filled`, `when`, `seconds`, `api`, `wrong`, `number` and `me()`, `language()`, `W()`. */
export function reportDesk(tools) {
  const { $, element, chip, filled, when, api, wrong } = tools;
  const R = () => words[tools.language()] ?? words.en;
  let pop = null; // the call that is offered, or has just been answered
  let open = null; // { sheet, fields, saver, progress, held, renew, preview }
  let sent = []; // reports that were sent from here
  const side = sides({ ...tools, R, use, usedFaq, reload: reloadSheet });

  // ---- A call comes ----

  /** Painted from the event alone: nothing is asked of the server while the phone rings (F07). */
  function drawPop() {
    const place = $("report-head");
    const firm = open?.sheet.firm ?? null;
    const from = pop ?? { customer_name: open?.sheet.report.customer_name, reading: firm?.reading, greeting: firm?.greeting, closed: firm?.closed,
      caller_display: open?.sheet.caller_display, callback: false };
    const called = from.caller ? tools.number(from.caller) : tools.withheld(from.withheld) ?? from.caller_display;
    const fresh = open ? open.sheet.new_caller : pop?.is_new;
    place.replaceChildren(
      element("p", { className: "report-firm" }, element("ruby", {}, from.customer_name || tools.W().unknown, element("rt", { textContent: from.reading ?? "" }))),
      element("p", { className: "report-greeting", textContent: from.greeting ?? "" }),
      element("p", {},
        ...(from.closed ? [chip(R().closedNow, "missed"), ` ${from.closed} `] : []),
        ...(from.callback ? [chip(R().calledBack, "busy"), " "] : []),
        `${R().caller}: ${called ?? ""} `,
        ...(fresh ? [chip(R().newCaller, "ready")] : pop?.earlier ? [chip(filled(R().knownCaller, { calls: pop.earlier.calls + 1 }), "busy")] : [])),
      ...(!open && pop?.manual ? [element("p", { className: "report-manual", textContent: pop.manual })] : []),
    );
    show();
  }

  function show() {
    $("report").hidden = !pop && !open;
    $("report-body").hidden = !open;
  }

  function hears({ event }) {
    const own = tools.me()?.operator;
    switch (event.kind) {
      case "screen_pop":
        // A second call is offered while the report of the first is being written: its form stays, the pop stands above.
        if (event.operator === own) { pop = event; drawPop(); }
        break;
      case "pop_closed":
        if (event.operator === own && pop?.call === event.call) { pop = null; if (open) drawPop(); else show(); }
        break;
      case "call_answered":
        if (event.operator === own) openCall(event.call);
        break;
      case "transfer_failed":
        if (open?.sheet.report.call === event.call) notReached(event);
        break;
      case "report_changed":
        if (open?.sheet.report.id === event.report && event.what === "locked" && event.operator !== own) lost();
        break;
      case "firm_changed":
        if (open?.sheet.report.customer === event.customer) reloadSheet();
        break;
      case "delivery":
        if (sent.some((report) => report.id === event.report)) refreshSent(event.report);
        break;
    }
  }

  /** The caller could not be put through: that is in the report by itself, in the firm's language (F42). */
  function notReached(event) {
    const reasons = (words[open.sheet.firm.language] ?? words.en).notReached;
    const value = { said: [event.name || tools.number(event.number ?? ""), reasons[event.why] ?? reasons.other].filter(Boolean).join(": ") };
    open.fields.get("bridge_failed")?.set(value);
    edited("bridge_failed", value);
  }

  // ---- The form opens and closes ----

  async function openCall(call) {
    if (open?.sheet.report.call === call) return;
    await leave();
    await opens(`/calls/${call}/report`).catch((error) => { $("report-error").textContent = wrong(error); });
  }

  async function openReport(id, take = false) {
    await leave();
    await opens(`/reports/${id}/open`, { take }).catch((error) => { $("report").hidden = false; $("report-error").textContent = wrong(error); });
  }

  async function opens(path, body = {}) {
    const sheet = await api(path, { method: "POST", body: JSON.stringify(body) });
    const { id } = sheet.report;
    const mine = { sheet, fields: new Map(), progress: sheet.progress, held: true, preview: null };
    mine.saver = saver({
      send: (edits) => api(`/reports/${id}`, { method: "PATCH", body: JSON.stringify({ edits }) })
        .catch((error) => { throw Object.assign(error, { final: error.status === 409 || error.status === 404 || error.status === 422 }); }),
      tell: (state, error, answer) => told(mine, state, error, answer),
    });
    mine.renew = setInterval(() => api(`/reports/${id}/lock`, { method: "POST", body: "{}" }).catch(() => {}), RENEW_MS);
    open = mine;
    if (pop && pop.call !== sheet.report.call) pop = null;
    $("report-error").textContent = "";
    $("report-saved").textContent = "";
    draw();
    side.draws(sheet);
    prefill();
    firstEmpty()?.focus();
  }

  /** The caller's own number is the likeliest to be called back: it stands there until somebody says another. */
  function prefill() {
    const { sheet } = open;
    if (!sheet.fresh || !sheet.caller_display || sheet.report.draft.answers.callback || !open.fields.has("callback")) return;
    open.fields.get("callback").set({ said: sheet.caller_display });
    edited("callback", { said: sheet.caller_display });
  }

  /** The draft stays with everything that is in it. */
  async function leave() {
    if (!open) return;
    const left = open;
    clearInterval(left.renew);
    await left.saver.flush().catch(() => {});
    left.saver.stop();
    if (left.held) await api(`/reports/${left.sheet.report.id}/lock`, { method: "DELETE" }).catch(() => {});
    if (open === left) open = null;
    show();
  }

  function close() {
    if (!open) return;
    clearInterval(open.renew);
    open.saver.stop();
    open = null;
    pop = null;
    side.forgets();
    $("report-fields").replaceChildren();
    show();
  }

  function lost() {
    if (!open?.held) return;
    open.held = false;
    clearInterval(open.renew);
    api(`/reports/${open.sheet.report.id}`).then((report) => {
      const again = element("button", { type: "button", textContent: R().takeOver, onclick: () => openReport(report.id, true) });
      $("report-error").replaceChildren(filled(open?.saver.isClean() ? R().locked : R().lost, { name: report.holder?.name ?? "" }), " ", again);
    }, (error) => { $("report-error").textContent = wrong(error); });
    for (const field of $("report-form").elements) field.disabled = true;
  }

  // ---- Writing ----

  function draw() {
    const { sheet } = open;
    drawPop();
    $("report-kind").replaceChildren(...sheet.kinds.map((kind) =>
      new Option(kind[tools.language()], kind.kind, false, kind.kind === sheet.report.draft.kind)));
    $("report-kind").disabled = false;
    for (const button of $("report-form").elements) button.disabled = false;
    drawFields();
    drawProgress();
  }

  /** The fields of the kind that is chosen. What was said in a field that this kind does not have is kept. */
  function drawFields() {
    const { sheet, fields } = open;
    const kind = sheet.kinds.find((one) => one.kind === sheet.report.draft.kind) ?? sheet.kinds[0];
    fields.clear();
    // The tick that a number was read back stands beside the number.
    const shown = kind.fields.filter((field) => field.key !== "read_back");
    $("report-fields").replaceChildren(...shown.map((field) => {
      const made = fieldOf({ ...tools, R, field, value: sheet.report.draft.answers[field.key], people: sheet.people, sheet,
        changed: (value) => edited(field.key, value), readBack: (read) => edited("read_back", read ? { said: "yes" } : null) });
      fields.set(field.key, made);
      return made.place;
    }));
    side.script(sheet, sheet.report.draft.kind);
  }

  /** `value` is `{ said }`, `"unheard"` or nothing. */
  function edited(key, value) {
    if (!open) return;
    const { answers } = open.sheet.report.draft;
    if (value) answers[key] = value;
    else delete answers[key];
    open.saver.changed({ key, value });
  }

  function told(mine, state, error, answer) {
    if (open !== mine) return;
    const place = $("report-saved");
    place.className = state === "failed" ? "error" : "quiet";
    place.textContent = state === "saved" ? filled(R().saved, { time: new Date().toLocaleTimeString(tools.W().locale, { timeZone: "Asia/Tokyo" }) }) : R()[state];
    if (answer) {
      open.progress = answer;
      drawProgress();
    }
    if (error?.status === 409) lost();
    else if (error?.final) $("report-error").textContent = wrong(error);
  }

  /** What is missing, what the numbers look like, and who will get it, as of the last edit that was kept. */
  function drawProgress() {
    const { progress, fields } = open;
    const missing = new Map(progress.missing.map((one) => [one.key, one[tools.language()]]));
    for (const [key, field] of fields) field.shows({ missing: missing.get(key), number: progress.numbers[key] });
    const { policy, recipients } = progress.chosen;
    $("report-to").replaceChildren(
      element("span", { textContent: `${R().recipients}: ` }),
      ...(policy === "send" && !recipients.length ? [chip(R().nobody, "missed")] : []),
      ...(policy === "send" ? [] : [chip(R().policies[policy] ?? policy, "busy"), " "]),
      ...recipients.flatMap((one) => [chip(`${one.label} (${one.channel})`, "ready"), element("span", { className: "quiet", textContent: ` ${one.why} ` })]),
    );
    side.notes(progress.notes);
    if ($("report-preview").open) preview();
  }

  function preview() {
    clearTimeout(open.preview);
    const mine = open;
    open.preview = setTimeout(async () => {
      const shown = await api(`/reports/${mine.sheet.report.id}/preview`).catch(() => null);
      if (!shown || open !== mine) return;
      $("report-looks").replaceChildren(...shown.recipients.flatMap((one) => [
        element("dt", { textContent: `${one.label} (${one.channel})` }),
        element("dd", {}, ...(one.subject ? [element("p", { textContent: `${R().subject}: ${one.subject}` })] : []), element("pre", { textContent: one.text })),
      ]));
    }, PREVIEW_MS);
  }

  /** A phrase or a person's sentence goes into the narrative, where the operator is told what was said. */
  function use(text) {
    const field = open?.fields.get("narrative");
    if (!field) return;
    const before = open.sheet.report.draft.answers.narrative?.said ?? "";
    const value = { said: before ? `${before}\n${text}` : text };
    field.set(value);
    edited("narrative", value);
  }

  async function usedFaq(entry) {
    await open.saver.flush();
    await api(`/reports/${open.sheet.report.id}/faq`, { method: "POST", body: JSON.stringify({ entry }) });
    const { question } = open.sheet.faq[entry];
    const before = open.sheet.report.draft.answers.faq_used?.said?.split("\n") ?? [];
    open.sheet.report.draft.answers.faq_used = { said: [...new Set([...before, question])].join("\n") };
    open.fields.get("faq_used")?.set(open.sheet.report.draft.answers.faq_used);
  }

  /** What has to be known about the firm has changed while the form is open: the fields stay as they are (F20). */
  async function reloadSheet() {
    const mine = open;
    if (!mine) return;
    const sheet = await api(`/reports/${mine.sheet.report.id}/sheet`).catch(() => null);
    if (!sheet || open !== mine) return;
    mine.sheet = { ...sheet, report: mine.sheet.report, fresh: false };
    mine.progress = sheet.progress;
    drawProgress();
    side.draws(mine.sheet);
    side.script(mine.sheet, mine.sheet.report.draft.kind);
    for (const field of mine.fields.values()) field.people?.(sheet.people);
  }

  const firstEmpty = () => [...(open?.fields.values() ?? [])].find((field) => field.isEmpty())?.input;

  // ---- Sending ----

  async function send() {
    if (!open?.held || $("report-send").disabled) return;
    const mine = open;
    const { report } = mine.sheet;
    $("report-send").disabled = true;
    $("report-error").textContent = "";
    try {
      await mine.saver.flush();
      const answer = await api(`/reports/${report.id}/send`, { method: "POST", body: "{}" });
      remember(report, answer.deliveries);
      const words = answer.deliveries.length ? R().sentTo : R().sentNone;
      $("report-done").textContent = filled(words, { firm: report.customer_name || tools.W().unknown, count: answer.deliveries.length });
      if (open === mine) close();
    } catch (error) {
      $("report-error").textContent = error.message === "not saved" ? R().failed : wrong(error);
      if (error.status === 422) {
        for (const field of mine.fields.values()) field.complains();
        mine.fields.get(mine.progress.missing[0]?.key)?.input.focus();
      }
      if (error.status === 409) lost();
    } finally { $("report-send").disabled = false; }
  }

  async function waive(reason) {
    const { report } = open.sheet;
    $("report-error").textContent = "";
    try {
      await open.saver.flush();
      await api(`/reports/${report.id}/waive`, { method: "POST", body: JSON.stringify({ reason }) });
      $("report-done").textContent = R().waived;
      $("report-waive-form").hidden = true;
      $("report-waive-form").reset();
      close();
    } catch (error) { $("report-error").textContent = wrong(error); }
  }

  /** What becomes of a report that was sent from here is shown until five others have been sent. */
  function remember(report, deliveries) {
    sent = [{ id: report.id, firm: report.customer_name, deliveries }, ...sent.filter((other) => other.id !== report.id)].slice(0, SENT_MAX);
    drawSent();
    refreshSent(report.id);
  }

  async function refreshSent(id) {
    const report = await api(`/reports/${id}`).catch(() => null);
    const known = sent.find((other) => other.id === id);
    if (!report || !known) return;
    known.deliveries = report.deliveries;
    drawSent();
  }

  function drawSent() {
    $("report-sent").hidden = !sent.length;
    $("report-sent-list").replaceChildren(...sent.map((report) => element("li", {}, element("strong", { textContent: `${report.firm} ` }),
      ...report.deliveries.flatMap((delivery) => [side.delivery(delivery), " "]),
      element("button", { type: "button", className: "link", textContent: R().correct, onclick: () => correct(report.id) }))));
  }

  /** What was sent stays as it was: a correction is a report of its own, which begins with the same words. */
  async function correct(id) {
    try {
      const draft = await api(`/reports/${id}/correct`, { method: "POST" });
      await openReport(draft.id);
    } catch (error) { $("report-done").textContent = wrong(error); }
  }

  // ---- Keys ----

  document.addEventListener("keydown", (event) => {
    if (!open || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "F8") { event.preventDefault(); send(); }
    if (event.key === "F7") {
      const field = [...open.fields.values()].find((one) => one.place.contains(document.activeElement));
      if (field) { event.preventDefault(); field.unheard(); }
    }
  });
  // Enter sends nothing: a report goes by its own key alone.
  $("report-form").onsubmit = (event) => event.preventDefault();
  $("report-kind").onchange = (event) => {
    open.sheet.report.draft.kind = event.target.value;
    drawFields();
    drawProgress();
    edited("kind", { said: event.target.value });
  };
  $("report-send").onclick = send;
  $("report-close").onclick = () => leave().then(close);
  $("report-waive").onclick = () => { $("report-waive-form").hidden = false; $("report-waive-form").elements.reason.focus(); };
  $("report-waive-cancel").onclick = () => { $("report-waive-form").hidden = true; };
  $("report-waive-form").onsubmit = (event) => { event.preventDefault(); waive(event.target.elements.reason.value); };
  $("report-preview").ontoggle = () => { if (open && $("report-preview").open) preview(); };
  // A page that goes away sends what it has; the server has all but the last moment of it already.
  addEventListener("pagehide", () => {
    const edits = open?.held ? open.saver.take() : [];
    if (edits.length) {
      fetch(`/api/v1/reports/${open.sheet.report.id}`, { method: "PATCH", keepalive: true, headers: { "Content-Type": "application/json" }, body: JSON.stringify({ edits }) });
    }
  });

  return {
    hears,
    openReport,
    /** After a login or a reload: the form that was open, or that belongs to the call in hand. */
    async resumes(now) {
      const own = tools.me()?.operator;
      const mine = now?.calls.find((call) => own != null && call.operator === own && ["established", "held"].includes(call.state));
      if (mine) return openCall(mine.call);
      const drafts = await api("/reports/unfinished").catch(() => []);
      const last = drafts.find((draft) => draft.holder?.mine);
      return last ? openReport(last.id) : null;
    },
    /** Words for the texts of this part. */
    words: R,
    /** Everything again, in another language. */
    redraw() {
      drawSent();
      if (!open) { if (pop) drawPop(); return; }
      draw();
      side.draws(open.sheet);
      side.script(open.sheet, open.sheet.report.draft.kind);
    },
    /** Nothing is left for whoever comes next. */
    forget() {
      if (open) { clearInterval(open.renew); open.saver.stop(); }
      open = pop = null;
      sent = [];
      side.forgets();
      for (const id of ["report-head", "report-fields", "report-to", "report-looks", "report-sent-list", "report-error", "report-saved", "report-done"]) $(id).replaceChildren();
      $("report-sent").hidden = true;
      show();
    },
  };
}
