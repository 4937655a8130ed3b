// The report of a call, beside the call: what to say for this firm, and the form, every keystroke of which is kept on the server
// at once. Fields, choices, the check of numbers and who gets the report come from the server; nothing of that is known here.
import { words } from "/report-words.js";
import { saver } from "/saver.js";
import { sides } from "/report-sides.js";
import { fieldOf } from "/report-fields.js";
import { hand } from "/report-hand.js";

const RENEW_MS = 20_000; // the lock of an open form
const PREVIEW_MS = 400;
const SENT_MAX = 5;
const AGAIN_MS = 2000; // a form that could not be opened is asked for again, as long as its call is in hand
const LEAVE_MAX_MS = 3000; // a logout waits so long for what is being saved

/** `tools` are the page's own: `$`, `element`, `chip`, `filled`, `when`, `seconds`, `api`, `wrong`, `number` and `me()`, `language()`, `W()`. */
export function reportDesk(tools) {
  const { $, element, chip, filled, when, api, wrong } = tools;
  const R = () => words[tools.language()] ?? words.en;
  let pop = null; // the call that is offered, or has just been answered, with what the server knows of firm and caller
  let open = null; // { sheet, fields, saver, progress, held, sending, renew, preview }
  let inHand = null; // one's own call
  let turn = 0; // grows with everything that is opened or closed: an answer to something older comes too late
  let asking = null; // what is being opened
  let before = null; // where on the page somebody was when the call came
  let waiving = null; // the form for which the reason is being asked
  const keeping = new Map(); // report → { saver, firm, who, open }: until everything that was typed there is kept
  let sent = []; // reports that were sent from here
  const side = sides({ ...tools, R, use, usedFaq, reload: reloadSheet });
  const inHands = hand({ ...tools, R, urgent: () => open?.sheet.report.draft.answers.urgency?.said === "urgent",
    bridging: (call) => [open?.sheet.report.call === call && open.sheet, pop?.call === call && pop.sheet].find(Boolean),
    phrases: () => [...$("report-body").querySelectorAll("button[data-phrase]")] });

  // ---- A call comes ----

  /** Painted from the one message that offers the call: nothing is asked of the server while the phone rings (F07). */
  function drawPop() {
    const firm = open?.sheet.firm ?? null;
    const from = pop ?? { customer_name: open?.sheet.report.customer_name, reading: firm?.reading, greeting: firm?.greeting, greeting_reading: firm?.greeting_reading,
      closed: firm?.closed, caller_display: open?.sheet.caller_display, callback: false };
    const { sheet } = from;
    const called = sheet?.caller_display && from.caller ? sheet.caller_display : from.caller ? tools.number(from.caller) : tools.withheld(from.withheld) ?? from.caller_display;
    // A pop that stands above the form of the call before is about another caller.
    const about = open && (!pop || pop.call === open.sheet.report.call);
    const isNew = about ? open.sheet.new_caller : sheet?.new_caller ?? from.is_new;
    const reading = sheet ? sheet.greeting_reading : from.greeting_reading;
    $("report-head").replaceChildren(
      element("p", { className: "report-firm" }, element("ruby", {}, from.customer_name || tools.W().unknown, element("rt", { textContent: from.reading ?? "" }))),
      element("p", { className: "report-greeting" }, sheet?.greeting || (from.greeting ?? ""), ...(reading ? [" ", element("small", { className: "quiet", textContent: reading })] : [])),
      element("p", { className: "report-caller" },
        ...(from.closed ? [chip(R().closedNow, "missed"), ` ${from.closed} `] : []),
        ...(from.callback ? [chip(R().calledBack, "busy"), " "] : []),
        `${R().caller}: `, element("strong", { textContent: called ?? "" }), " ",
        ...(isNew ? [chip(R().newCaller, "ready")] : pop?.visits > 1 ? [chip(filled(R().knownCaller, { calls: pop.visits }), "busy")] : [])),
    );
    // What is known before anybody answers: with the form it stands beside it.
    $("report-before").replaceChildren(...(pop && !about ? side.before(pop) : []));
    show();
  }

  function clearsPop() {
    for (const id of ["report-head", "report-before"]) $(id).replaceChildren();
  }

  function show() {
    $("report").hidden = !pop && !open && !$("report-error").textContent;
    $("report-body").hidden = !open;
    // One screen for one's own call: everything else makes room for it, and is as it was left afterwards.
    const is = Boolean(pop || open?.own);
    if (is === Boolean(before)) return;
    before ??= { top: scrollY, at: document.activeElement?.closest("#desk *") };
    document.body.classList.toggle("at-a-call", is);
    scrollTo(0, is ? 0 : before.top);
    if (is) return;
    if (!document.activeElement?.offsetParent) before.at?.focus({ preventScroll: true });
    before = null;
  }

  /** What went wrong here, and what may be done about it: seen also when there is no form. */
  function tells(...what) {
    $("report-error").replaceChildren(...what);
    show();
  }

  /** `replayed` is what has happened during a break of the line: that a call was answered may be long over. */
  function hears({ event, sheet }, replayed = false) {
    const own = tools.me()?.operator;
    switch (event.kind) {
      case "screen_pop":
        // A second call is offered while the report of the first is being written: its form stays, the pop stands above.
        if (event.operator === own) { pop = { ...event, sheet, heard: performance.now() }; inHands.rings(pop); drawPop(); }
        break;
      case "pop_closed":
        if (event.operator === own) unpop(event.call);
        break;
      case "call_answered":
        if (pop?.call === event.call) inHands.still();
        if (event.operator === own) (replayed ? answeredThen : openCall)(event.call);
        break;
      case "call_ended":
        if (inHand === event.call) inHand = null;
        if (open?.sheet.report.call !== event.call) unpop(event.call);
        break;
      case "transfer_failed":
        if (open?.sheet.report.call === event.call) notReached(event);
        break;
      case "report_changed":
        if (open?.held && open.sheet.report.id === event.report && event.what === "locked" && event.operator !== own) conflicts(open);
        break;
      case "firm_changed":
        if (open?.sheet.report.customer === event.customer) reloadSheet();
        break;
      case "delivery":
        if (sent.some((report) => report.id === event.report)) refreshSent(event.report);
        break;
    }
  }

  function unpop(call) {
    if (pop?.call !== call) return;
    pop = null;
    inHands.still();
    if (open) drawPop(); else { clearsPop(); show(); }
  }

  const own = (now) => now?.calls.find((call) => tools.me()?.operator != null && call.operator === tools.me().operator && ["established", "held"].includes(call.state));

  async function answeredThen(call) {
    const now = await api("/now").catch(() => null);
    if (own(now)?.call === call) openCall(call);
    else unpop(call);
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
    inHand = call;
    if (open?.sheet.report.call !== call) await opens(`/calls/${call}/report`, { call }, false, () => inHand === call);
  }

  async function openReport(id, take = false) {
    if (!open?.held || open.sheet.report.id !== id) await opens(`/reports/${id}/open`, { id }, take);
  }

  /** The form of before is closed at once, and the answer to whatever was asked before is not wanted any more. */
  async function opens(path, which, take = false, again = () => false) {
    if (asking === path) return;
    leave();
    const mine = turn;
    asking = path;
    tells();
    for (let final = false; ;) {
      try {
        const sheet = await api(path, { method: "POST", body: JSON.stringify({ take }) });
        if (mine === turn) { asking = null; begins(sheet); }
        else if (open?.sheet.report.id !== sheet.report.id && !keeping.has(sheet.report.id)) unlock(sheet.report.id);
        return;
      } catch (error) {
        if (mine !== turn || error.status === 401) return;
        final = error.status === 409 || error.status === 403;
        tells(wrong(error));
        if (error.status === 409) await whoHas(path, which, mine);
      }
      if (mine === turn && again() && !final) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      if (mine !== turn) return;
      if (final || !again()) { asking = null; return; }
    }
  }

  /** It is not taken from a colleague without asking. */
  async function whoHas(path, { id, call }, mine) {
    const drafts = await api("/reports/unfinished").catch(() => []);
    const draft = drafts.find((one) => id ? one.id === id : one.call === call);
    if (mine !== turn || !draft?.holder || draft.holder.mine) return;
    tells(filled(R().locked, draft.holder), " ", takesOver(draft.id));
  }

  const takesOver = (id) => element("button", { type: "button", textContent: R().takeOver, onclick: () => openReport(id, true) });

  function begins(sheet) {
    const { id } = sheet.report;
    const kept = keeping.get(id);
    const mine = { sheet, fields: new Map(), progress: sheet.progress, held: true, sending: false, preview: null, own: inHand != null || tools.me()?.role === "operator" };
    mine.saver = kept?.saver ?? saver({
      send: (edits) => api(`/reports/${id}`, { method: "PATCH", body: JSON.stringify({ edits }) }),
      tell: (...what) => told(keeping.get(id), ...what),
    });
    keeping.set(id, { id, saver: mine.saver, firm: sheet.report.customer_name, who: tools.me()?.name, open: mine });
    mine.renew = setInterval(() => api(`/reports/${id}/lock`, { method: "POST", body: "{}" }).catch(() => {}), RENEW_MS);
    open = mine;
    // One that is only offered yet stands above.
    if (pop && pop.call !== sheet.report.call && pop.call === inHand) pop = null;
    if (!pop || pop.call === inHand) inHands.still();
    $("report-saved").textContent = "";
    const unsaved = kept?.saver.unsaved() ?? [];
    if (kept && !kept.lost) for (const edit of unsaved) puts(sheet.report.draft, edit);
    draw();
    inHands.draw();
    side.draws(sheet);
    if (kept?.lost) offers(mine, unsaved);
    else prefill();
    mine.saver.resume();
    drawLeft();
    firstEmpty()?.focus();
  }

  function puts(draft, { key, value }) {
    if (key === "kind") draft.kind = value.said;
    else if (value) draft.answers[key] = value;
    else delete draft.answers[key];
  }

  /** What was typed before somebody else took the draft: whoever gets it back chooses what of it still holds. */
  function offers(mine, unsaved) {
    mine.saver.clear();
    const texts = unsaved.filter(({ key, value }) => value?.said && mine.fields.has(key));
    if (!texts.length) return;
    const use = ({ key, value }) => { mine.fields.get(key)?.set(value); if (open === mine) edited(key, value); };
    tells(R().kept, element("ul", {}, ...texts.map((edit) => element("li", {}, `${edit.value.said} `,
      element("button", { type: "button", className: "link", textContent: R().usePhrase, onclick: () => use(edit) })))));
  }

  /** The caller's own number is the likeliest to be called back: it stands there until somebody says another. */
  function prefill() {
    const { sheet } = open;
    if (!sheet.fresh || !sheet.caller_display || sheet.report.draft.answers.callback || !open.fields.has("callback")) return;
    open.fields.get("callback").set({ said: sheet.caller_display });
    edited("callback", { said: sheet.caller_display }, { prefilled: true });
  }

  /** The form is closed at once. The draft stays with everything that is in it: what is not saved goes on being saved. */
  function leave() {
    turn += 1;
    asking = null;
    noWaiver();
    if (!open) return Promise.resolve();
    const left = open;
    closes();
    return left.saver.flush().catch(() => {}).then(() => lets(left.sheet.report.id));
  }

  /** Its form is left: as soon as nothing of it is unsaved, anybody may have it. */
  function lets(id) {
    const kept = keeping.get(id);
    if (kept && !kept.open && kept.saver.isClean()) {
      keeping.delete(id);
      if (!kept.lost && tools.me()) unlock(id);
    }
    drawLeft();
  }

  const unlock = (id) => api(`/reports/${id}/lock`, { method: "DELETE" }).catch(() => {});

  function closes() {
    const { id, call } = open.sheet.report;
    clearInterval(open.renew);
    clearTimeout(open.preview);
    const kept = keeping.get(id);
    if (kept) kept.open = null;
    if (pop?.call === call) pop = null;
    if (!pop) inHands.still();
    open = null;
    side.forgets();
    for (const place of ["report-fields", "report-looks", "report-to"]) $(place).replaceChildren();
    $("report-saved").textContent = "";
    if (pop) drawPop(); else { clearsPop(); show(); }
  }

  /** It is sent, or will never be. */
  function finishes(mine) {
    const { id, call } = mine.sheet.report;
    mine.saver.stop();
    keeping.delete(id);
    drawLeft();
    if (open !== mine) return;
    turn += 1;
    noWaiver();
    closes();
    tells();
    backTo(call);
  }

  /** The form of the call in hand, after another's. */
  function backTo(before) {
    if (inHand != null && inHand !== before) openCall(inHand);
  }

  function noWaiver() {
    waiving = null;
    $("report-waive-form").hidden = true;
    $("report-waive-form").reset();
  }

  /** What was typed into a form that is closed, and could not be saved yet. */
  function drawLeft() {
    const left = [...keeping].filter(([, kept]) => !kept.open && kept.who === tools.me()?.name && !kept.saver.isClean());
    $("report-left").replaceChildren(...left.flatMap(([id, kept]) => [filled(R().left, kept), " ",
      element("button", { type: "button", textContent: R().open, onclick: () => openReport(id) }), " "]));
  }

  /** The server says that it is not ours any more, or not as it was. */
  async function conflicts(mine, error = null) {
    const report = await api(`/reports/${mine.sheet.report.id}`).catch(({ status }) => status === 404 ? {} : null);
    if (open !== mine) return;
    if (!report) setTimeout(() => { if (open === mine) conflicts(mine, error); }, AGAIN_MS);
    const ours = report?.state === "draft" && (!report.holder || report.holder.mine);
    if (report && !ours) {
      mine.held = false;
      mine.saver.stop();
      keeping.get(mine.sheet.report.id).lost = true;
      clearInterval(mine.renew);
      enables();
    } else if (report) { mine.saver.resume(); reloadSheet(); }
    if (report?.holder && !ours) tells(filled(mine.saver.isClean() ? R().locked : R().lost, report.holder), " ", takesOver(report.id));
    else if (error) tells(wrong(error));
  }

  /** Nobody types into a form that is being sent, or is another's. */
  function enables() {
    for (const field of $("report-form").elements) field.disabled = open.sending || !open.held;
    $("report-close").disabled = false;
  }

  // ---- Writing ----

  function draw() {
    const { sheet } = open;
    drawPop();
    $("report-kind").replaceChildren(...sheet.kinds.map((kind) =>
      new Option(kind[tools.language()], kind.kind, false, kind.kind === sheet.report.draft.kind)));
    drawFields();
    drawProgress();
    enables();
  }

  /** The fields of the kind that is chosen. What was said in a field that this kind does not have is kept. */
  function drawFields() {
    const mine = open;
    const { sheet, fields } = mine;
    const kind = sheet.kinds.find((one) => one.kind === sheet.report.draft.kind) ?? sheet.kinds[0];
    fields.clear();
    // The tick that a number was read back stands beside the number.
    const shown = kind.fields.filter((field) => field.key !== "read_back");
    $("report-fields").replaceChildren(...shown.map((field) => {
      const made = fieldOf({ ...tools, R, field, value: sheet.report.draft.answers[field.key], people: sheet.people, sheet,
        // A form that is closed already has nothing to say in the next.
        changed: (value) => { if (open === mine) edited(field.key, value); },
        readBack: (read) => { if (open === mine) edited("read_back", read ? { said: "yes" } : null); } });
      fields.set(field.key, made);
      return made.place;
    }));
    $("report-mark").textContent = kind.mark?.[tools.language()] ?? "";
    $("report-mark").hidden = !kind.mark;
    side.script(sheet, sheet.report.draft.kind);
  }

  /** `value` is `{ said }`, `"unheard"` or nothing. */
  function edited(key, value, more = {}) {
    if (!open) return;
    // Another number has not been read back (X06).
    if (key === "callback" && open.sheet.report.draft.answers.read_back) edited("read_back", null);
    puts(open.sheet.report.draft, { key, value });
    open.saver.changed({ key, value, ...more });
  }

  function told(kept, state, error, answer) {
    const mine = kept?.open;
    if (!mine) {
      if (state !== "saving") lets(kept?.id);
      return;
    }
    const place = $("report-saved");
    place.className = state === "failed" || state === "refused" ? "error" : "quiet";
    place.textContent = state === "saved" ? filled(R().saved, { time: new Date().toLocaleTimeString(tools.W().locale, { timeZone: "Asia/Tokyo" }) }) : R()[state];
    if (answer) {
      mine.progress = answer;
      drawProgress();
    }
    if (error?.status === 409 || error?.status === 404) conflicts(mine, error);
    else if (state === "refused") {
      tells(wrong(error));
      mine.refused = true;
    } else if (state === "saved" && mine.refused) {
      tells();
      mine.refused = false;
    }
  }

  const placeOf = ({ label, channel }) => `${label} (${tools.channel(channel)})`;

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
      ...recipients.flatMap((one) => [chip(placeOf(one), "ready"), element("span", { className: "quiet", textContent: ` ${one.why} ` })]),
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
        element("dt", { textContent: placeOf(one) }),
        element("dd", {}, ...(one.subject ? [element("p", { textContent: `${R().subject}: ${one.subject}` })] : []), element("pre", { textContent: one.text })),
      ]));
    }, PREVIEW_MS);
  }

  /** A phrase or a person's sentence goes into the narrative, where the operator is told what was said. */
  function use(text) {
    const field = open?.fields.get("narrative");
    if (!field || open.sending || !open.held) return;
    const before = open.sheet.report.draft.answers.narrative?.said ?? "";
    const value = { said: before ? `${before}\n${text}` : text };
    field.set(value);
    edited("narrative", value);
  }

  async function usedFaq(entry) {
    const mine = open;
    await mine.saver.flush();
    const progress = await api(`/reports/${mine.sheet.report.id}/faq`, { method: "POST", body: JSON.stringify({ entry }) });
    const { answers } = mine.sheet.report.draft;
    const before = answers.faq_used?.said?.split("\n") ?? [];
    answers.faq_used = { said: [...new Set([...before, mine.sheet.faq[entry].question])].join("\n") };
    mine.fields.get("faq_used")?.set(answers.faq_used);
    if (open !== mine) return;
    mine.progress = progress;
    drawProgress();
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
    inHands.draw();
    side.draws(mine.sheet);
    side.script(mine.sheet, mine.sheet.report.draft.kind);
    for (const field of mine.fields.values()) field.people?.(sheet.people);
  }

  const firstEmpty = () => [...(open?.fields.values() ?? [])].find((field) => field.isEmpty())?.input;

  // ---- Sending ----

  async function send() {
    const mine = open;
    if (!mine?.held || mine.sending) return;
    const { report } = mine.sheet;
    mine.sending = true;
    enables();
    tells();
    try {
      await mine.saver.flush();
      // What is sent is what was last seen to be saved, and nothing that somebody else has changed since.
      const answer = await api(`/reports/${report.id}/send`, { method: "POST", body: JSON.stringify({ revision: mine.progress.revision }) });
      remember(report, answer.deliveries);
      const words = answer.deliveries.length ? R().sentTo : R().sentNone;
      $("report-done").textContent = filled(words, { firm: report.customer_name || tools.W().unknown, count: answer.deliveries.length });
      finishes(mine);
    } catch (error) {
      mine.sending = false;
      refused(mine, error);
    }
  }

  function refused(mine, error) {
    const why = error.message === "not saved" ? R().failed : wrong(error);
    // Its form is not on the screen any more: the draft is in the list.
    if (open !== mine) { $("report-done").textContent = `${mine.sheet.report.customer_name}: ${why}`; return; }
    enables();
    tells(why);
    if (error.status === 422) {
      for (const field of mine.fields.values()) field.complains();
      (mine.fields.get(error.body?.field) ?? mine.fields.get(mine.progress.missing[0]?.key))?.input.focus();
    }
    if (error.status === 409) conflicts(mine, error);
  }

  async function waive(reason) {
    const mine = waiving;
    if (!mine || open !== mine) return;
    mine.sending = true;
    enables();
    tells();
    try {
      await mine.saver.flush();
      await api(`/reports/${mine.sheet.report.id}/waive`, { method: "POST", body: JSON.stringify({ reason }) });
      $("report-done").textContent = R().waived;
      finishes(mine);
    } catch (error) {
      mine.sending = false;
      refused(mine, error);
    }
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
    if (event.key === "F8") { event.preventDefault(); if (!event.repeat) send(); }
    if (event.key === "F7") {
      const field = [...open.fields.values()].find((one) => one.place.contains(document.activeElement));
      if (field && open.held && !open.sending) { event.preventDefault(); field.unheard(); }
    }
  });
  // Enter sends nothing: a report goes by its own key alone.
  $("report-form").onsubmit = (event) => event.preventDefault();
  $("report-kind").onchange = (event) => {
    edited("kind", { said: event.target.value });
    drawFields();
    drawProgress();
  };
  $("report-send").onclick = send;
  $("report-close").onclick = () => {
    const call = open?.sheet.report.call;
    tells();
    leave();
    backTo(call);
  };
  $("report-waive").onclick = () => { waiving = open; $("report-waive-form").hidden = false; $("report-waive-form").elements.reason.focus(); };
  $("report-waive-cancel").onclick = noWaiver;
  $("report-waive-form").onsubmit = (event) => { event.preventDefault(); waive(event.target.elements.reason.value); };
  $("report-preview").ontoggle = () => { if (open && $("report-preview").open) preview(); };
  // A page that goes away sends what it has; the server has all but the last moment of it already.
  addEventListener("pagehide", () => {
    for (const { id, saver } of keeping.values()) {
      const edits = saver.take();
      if (edits.length) fetch(`/api/v1/reports/${id}`, { method: "PATCH", keepalive: true, headers: { "Content-Type": "application/json" }, body: JSON.stringify({ edits }) });
    }
  });

  return {
    hears,
    openReport, openCall,
    /** The calls as they are now. */
    shows(now) {
      // The end of an offer may not have come here: the server stopped in between.
      if (pop && pop.heard < now.asked && !now.calls.some((call) => call.call === pop.call)) unpop(pop.call);
      inHands.shows(now);
    },
    /** As if this key were pressed: a headset's button. */
    deed: (key) => inHands.deed(key),
    /** Before a logout: what was typed is saved and let go, if the server answers. */
    leaves: () => Promise.race([Promise.all([leave(), ...[...keeping.values()].map(({ saver }) => saver.flush().catch(() => {}))]),
      new Promise((resolve) => setTimeout(resolve, LEAVE_MAX_MS))]),
    /** After a login or a reload: the form that was open, or that belongs to the call in hand. */
    async resumes(now) {
      // What could not be saved before the session ended is its writer's alone.
      for (const [id, { who, saver }] of keeping) {
        if (who === tools.me()?.name) saver.resume();
        else { saver.stop(); keeping.delete(id); }
      }
      drawLeft();
      const mine = own(now);
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
      inHands.redraw();
      if (!open) { if (pop) drawPop(); return; }
      draw();
      side.draws(open.sheet);
      side.script(open.sheet, open.sheet.report.draft.kind);
    },
    /** Nothing is left for whoever comes next. */
    forget() {
      turn += 1;
      if (open) closes();
      asking = pop = inHand = null;
      inHands.forget();
      noWaiver();
      for (const [id, { saver }] of keeping) {
        saver.stop();
        if (saver.isClean()) keeping.delete(id);
      }
      sent = [];
      side.forgets();
      for (const id of ["report-head", "report-before", "report-fields", "report-to", "report-looks", "report-sent-list", "report-error", "report-left", "report-saved", "report-done"]) $(id).replaceChildren();
      $("report-sent").hidden = true;
      show();
    },
  };
}
