// My page: a client firm's reports of six months, on a telephone first. Whatever comes from outside is put on the page as text.
import { $, ask, element, filled, sending, staying } from "/dom.js";
import { words } from "/my-words.js";
import { door } from "/door.js";
import { feedbackPart } from "/my-feedback.js";
import { keeping } from "/my-keeping.js";
import { orders } from "/my-orders.js";

const TYPING_MS = 250;
const LOOK_MS = 60_000;
const TOUCHED_MS = 5 * 60_000; // a page that nobody touches asks nothing: what is asked keeps its session alive
let typing = 0;
let touched = Date.now();
let looking = null; // for what has come since
let isWanted = false; // and somebody waits for that

const button = (textContent, onclick, more = {}) => element("button", { type: "button", textContent, onclick, ...more });

let language = localStorage.getItem("my-language") ?? (navigator.language.startsWith("ja") ? "ja" : "en");
let W = words[language] ?? words.en;
// `wishes`: by report, who is to deal with it and whether it is done, as long as the server has not said so; `cards`: what shows that.
const state = { me: null, members: [], people: [], reports: [], next: null, asked: 0, question: null, kept: 0, opened: new Map(), written: new Map(), wishes: new Map(), cards: new Map(), tab: "reports" };
const underWay = new Set(); // what is on its way of what was written
const when = (ms) => new Date(ms).toLocaleString(W.locale, { timeZone: "Asia/Tokyo", month: "numeric", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit" });
const day = (ms) => new Date(ms).toLocaleDateString(W.locale, { timeZone: "Asia/Tokyo", dateStyle: "medium" });

async function api(path, options = {}) {
  try {
    return await ask("/my" + path, language, options);
  } catch (error) {
    if (error.body?.error === "second_factor_needed") location.assign("/my/account");
    if (error.status === 401) { show("login"); $("state").textContent = state.me ? W.ended : ""; }
    throw error;
  }
}
const send = (method, path, body) => api(path, sending(method, body));
const wrong = (error) => error.status === 401 ? "" : error.status === 403 ? W.forbidden
  : error.status ? [error.message, error.body?.remedy].filter(Boolean).join(" ") : W.failed;
const may = (act) => act === "manage" ? state.me?.role === "owner" : state.me?.role !== "reader";

// ---- Words and pages ----

function speak() {
  W = words[language] ?? words.en;
  document.documentElement.lang = language;
  document.title = W.title;
  for (const place of document.querySelectorAll("[data-word]")) place.textContent = W[place.dataset.word];
  for (const place of document.querySelectorAll("[data-label]")) place.ariaLabel = W[place.dataset.label];
  $("language").textContent = W.other;
  $("language").lang = W.otherLang;
  entrance.redraw();
  choices();
  tabs();
}

function choices() {
  const form = $("find");
  const fill = (name, rows) => {
    const before = form.elements[name].value;
    form.elements[name].replaceChildren(new Option(W.all, ""), ...rows.map(([value, text]) => new Option(text, value)));
    form.elements[name].value = before;
  };
  fill("kind", Object.entries(W.kinds));
  fill("urgency", Object.entries(W.urgencies));
  fill("handled", [["false", W.isOpen], ["true", W.isDone]]);
  fill("person", state.people.map((person) => [person.id, person.name]));
  fill("assignee", state.members.filter((member) => member.active).map((member) => [member.id, member.name]));
}

function tabs() {
  const tab = (name, text) => {
    const made = button(text, () => open(name));
    if (state.tab === name) made.ariaCurrent = "page";
    return made;
  };
  const isThere = $("tabs").contains(document.activeElement);
  $("tabs").replaceChildren(tab("reports", W.tabReports), tab("people", W.tabPeople), ...(may("manage") ? [tab("orders", W.orders)] : []), tab("members", W.tabMembers));
  if (isThere) $("tabs").querySelector("[aria-current]")?.focus();
  $("firm").textContent = state.me?.customer_name ?? "Denwaban";
}

function show(page) {
  for (const id of ["login", "reports", "keeping"]) $(id).hidden = id !== page;
  $("tabs").hidden = $("logout").hidden = $("account").hidden = page === "login";
}

async function open(tab) {
  if (state.tab === "orders" && tab !== "orders" && ordered.isChanged) $("state").textContent = W.unsaved;
  else if ($("state").textContent === W.unsaved) $("state").textContent = "";
  state.tab = tab;
  tabs();
  show(tab === "reports" ? "reports" : "keeping");
  if (tab !== "orders") ordered.hides();
  if (tab === "reports") look();
  if (tab === "orders") await ordered.show($("keeping")).catch((error) => {
    if (state.tab === tab) $("keeping").replaceChildren(element("p", { className: "error", role: "alert", textContent: wrong(error) }), button(W.retry, () => open(tab)));
  });
  else if (tab !== "reports") await kept.draw(tab);
}

// ---- Reports ----

/** Midnight in Japan of a day as a date field tells it. */
const midnight = (text) => Date.parse(`${text}T00:00:00+09:00`);

function question() {
  const asked = new URLSearchParams();
  const form = $("find").elements;
  for (const name of ["text", "person", "kind", "urgency", "handled", "assignee"]) if (form[name].value.trim()) asked.set(name, form[name].value.trim());
  if (form.from.value) asked.set("from_ms", midnight(form.from.value));
  if (form.to.value) asked.set("to_ms", midnight(form.to.value) + 86400000);
  return asked;
}

async function find(more = false) {
  const turn = ++state.asked;
  const asked = question();
  $("csv").href = `/api/v1/my/reports/export?${asked}`;
  if (more && state.next) asked.set("cursor", state.next);
  try {
    const page = await api(`/reports?${asked}`);
    // A slow answer to an earlier question is none to this one.
    if (turn !== state.asked) return;
    state.reports = more ? [...state.reports, ...page.reports] : page.reports;
    state.next = page.next;
    state.since = page.since_ms;
    asked.delete("cursor");
    state.question = asked;
    $("error").replaceChildren();
    if (!more) $("fresh").hidden = true;
    draw();
  } catch (error) {
    if (turn !== state.asked) return;
    $("error").replaceChildren(wrong(error), " ", ...(error.status ? [] : [button(W.retry, () => find(more))]));
  }
}

function draw() {
  $("since").textContent = state.since ? filled(W.since, { day: day(state.since) }) : "";
  state.cards.clear();
  $("list").replaceChildren(...state.reports.map((report) => card(report)));
  counted();
}

function counted() {
  $("count").textContent = state.reports.length ? filled(state.next ? W.countMore : W.count, { count: state.reports.length }) : W.nothing;
  $("more").hidden = !state.next;
}

/** Somebody writes, listens, or works in an open report: nothing moves under their hands. */
const isBusy = () => state.written.size > 0 || state.wishes.size > 0 || underWay.size > 0
  || [...document.querySelectorAll("#list audio")].some((player) => !player.paused) || document.activeElement?.closest("#list [id^=body-]") != null;

/** What has come since, or was dealt with by somebody else: the list alone is looked at again. `wanted`: it was asked for, whoever works there. */
function look(wanted = false) {
  if (document.hidden || Date.now() - touched > TOUCHED_MS || !state.me || !state.question || $("reports").hidden) return null;
  // Asked for while it is looked at anyway, that is what was asked for.
  isWanted ||= wanted;
  return looking ??= asksAgain().finally(() => { looking = null; isWanted = false; });
}

async function asksAgain() {
  const turn = () => `${state.asked} ${state.kept}`;
  const begun = turn();
  try {
    const page = await api(`/reports?${state.question}`);
    if (turn() === begun) news(page, isWanted || !isBusy());
  } catch (error) {
    if (isWanted) $("error").textContent = wrong(error);
  }
}

/** Cards that are there stay where they are, with what is open, played or in focus there. */
function news(page, isWelcome) {
  const list = $("list");
  const top = (one) => one.getBoundingClientRect().top;
  // Whoever has read on goes on reading there.
  const read = top(list) < 0 ? document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest("#list *") : null;
  const was = read && top(read);
  const known = new Map(state.reports.map((report) => [report.id, report]));
  const come = page.reports.filter(({ id }) => !known.has(id));
  for (const report of page.reports.filter(({ id }) => known.has(id) && !state.wishes.has(id))) {
    Object.assign(known.get(report.id), { handling: report.handling });
    state.cards.get(report.id)?.(report);
  }
  $("fresh").hidden = isWelcome || !come.length;
  // So much has come that some of it is on no page that is here.
  if (isWelcome && page.next && come.length === page.reports.length) { find(); return; }
  for (const report of isWelcome ? come.reverse() : []) {
    const after = state.reports.findIndex((one) => one.received_ms <= report.received_ms);
    const place = after < 0 ? state.reports.length : after;
    list.insertBefore(card(report), list.children[place] ?? null);
    state.reports.splice(place, 0, report);
  }
  if (read) scrollBy(0, top(read) - was);
  if (isWelcome && come.length) counted();
}

const chip = (text, kind) => element("span", { textContent: text, className: `chip ${kind}` });

function card(report) {
  const who = [report.company, report.name].filter(Boolean).join(" ") || W.noName;
  const person = state.people.find((one) => one.id === report.person)?.name ?? report.person;
  const top = element("div", { className: "top" }, element("time", { textContent: when(report.received_ms), dateTime: new Date(report.received_ms).toISOString() }));
  if (report.urgency !== "normal") top.append(chip(W.urgencies[report.urgency], report.urgency));
  top.append(chip(W.kinds[report.kind] ?? report.kind, ""));
  if (report.follows) top.append(chip(W.correction, "high"));
  if (person) top.append(`→ ${person}`);
  const place = element("li", { className: report.urgency }, top);
  const body = element("div", { id: `body-${report.id}`, hidden: true });
  const title = button(who, () => unfold(report, title, body));
  title.setAttribute("aria-expanded", "false");
  title.setAttribute("aria-controls", body.id);
  place.append(element("h2", {}, title));
  if (report.business) place.append(element("p", { textContent: report.business, className: "business" }));
  const acts = element("div", { className: "acts" });
  if (report.dial) acts.append(element("a", { href: `tel:${report.dial}`, className: "call", textContent: report.callback, ariaLabel: filled(W.toCall, { number: report.callback }) }));
  else if (report.callback) acts.append(element("span", { textContent: report.callback }));
  acts.append(...handling(report, place));
  place.append(acts, body);
  if (state.opened.has(report.id)) unfold(report, title, body);
  return place;
}

/** As it was chosen, or as the server has it. */
const wished = ({ id, handling }) => state.wishes.get(id) ?? { assignee: handling?.assignee ?? null, done: Boolean(handling?.done_ms) };

/** Who deals with it, and whether that is done: kept at once. Nothing else of the card is touched: in it somebody listens, or writes. */
function handling(report, place) {
  const note = chip("", "done");
  const tick = element("input", { type: "checkbox", onchange: () => keep(report, { done: tick.checked }) });
  const members = state.members.filter((member) => member.active || member.id === report.handling?.assignee);
  const choice = element("select", { onchange: () => keep(report, { assignee: choice.value ? Number(choice.value) : null }) },
    new Option(W.nobody, ""), ...members.map((member) => new Option(member.name, member.id)));
  const shows = (now) => {
    const done = now.handling?.done_ms;
    place.classList.toggle("done", Boolean(done));
    note.hidden = !done;
    note.textContent = done ? filled(W.doneBy, { name: now.handling.done_by, time: when(done) }) : "";
    tick.checked = wished(now).done;
    choice.value = wished(now).assignee ?? "";
  };
  state.cards.set(report.id, shows);
  shows(report);
  if (!may("handle")) return [note];
  return [
    element("label", { className: "tick" }, tick, element("span", { textContent: W.isDone })),
    element("label", {}, element("span", { textContent: W.assignee }), choice), note,
  ];
}

/** One request after the other: what was chosen last holds, whatever was chosen while the answer was awaited. */
async function keep({ id }, change) {
  const known = () => state.reports.find((one) => one.id === id);
  state.kept += 1; // an answer to what was asked before it says nothing about it
  const isSending = state.wishes.has(id);
  state.wishes.set(id, { ...wished(known()), ...change });
  if (isSending) return;
  try {
    for (let wish = null; wish !== state.wishes.get(id);) {
      wish = state.wishes.get(id);
      const now = await send("POST", `/reports/${id}/handling`, wish);
      // Somebody else is here by now.
      if (!state.wishes.has(id)) return;
      state.reports = state.reports.map((one) => one.id === id ? now : one);
    }
  } catch (error) { if (state.wishes.has(id)) $("error").textContent = wrong(error); }
  state.wishes.delete(id);
  state.kept += 1;
  if (known()) state.cards.get(id)?.(known());
}

async function unfold(report, title, body) {
  const opens = body.hidden;
  title.setAttribute("aria-expanded", String(opens));
  body.hidden = !opens;
  if (!opens) return state.opened.delete(report.id);
  state.opened.set(report.id, true);
  try {
    const whole = await api(`/reports/${report.id}`);
    staying(body, () => fill(body, whole));
  } catch (error) {
    body.replaceChildren(element("p", { className: "error", textContent: wrong(error) }));
  }
}

function fill(body, whole) {
  const lines = element("dl", { className: "lines" });
  for (const line of whole.lines) lines.append(element("dt", { textContent: line.label }), element("dd", { textContent: line.text }));
  body.replaceChildren(lines, element("p", { className: "quiet", textContent: filled(W.operator, { name: whole.operator }) }));
  if (whole.listen_until_ms) {
    const player = element("audio", { controls: true, preload: "none", src: `/api/v1/my/reports/${whole.id}/recording`, ariaLabel: W.recording });
    body.append(element("p", {}, player, element("small", { className: "quiet", textContent: filled(W.listenUntil, { day: day(whole.listen_until_ms) }) })));
  }
  if (whole.follow_ups.length) body.append(element("p", {}, chip(W.corrected, "high")));
  for (const dispute of whole.disputes) body.append(answer(dispute, whole));
  if (may("handle")) body.append(disputing(whole));
  body.append(feedbackPart({ element, button, chip, W, filled, when, sends, may, written: state.written }, whole));
}

/** A form that is open and empty is nothing that could be lost. */
const isWriting = () => [...state.written.values()].some(({ words }) => words);

/** Sends what somebody has written about a report, once; `key` is where it was kept until then, `done` what is said in the form's place. */
async function sends(whole, key, what, words, error, done) {
  if (underWay.has(key)) return;
  underWay.add(key);
  error.textContent = "";
  const { who } = state;
  try {
    await send("POST", `/reports/${whole.id}/${what}`, words);
    if (state.who !== who) return; // somebody else is here by now
    state.written.delete(key);
    // It is sent, whether it can be seen there already or not.
    const now = await api(`/reports/${whole.id}`).catch(() => whole);
    const body = $(`body-${whole.id}`);
    if (body) { fill(body, now); told(body, done); }
  } catch (why) {
    (error.isConnected ? error : $("error")).textContent = wrong(why);
  } finally {
    underWay.delete(key);
  }
}

/** What came of it, said at the end of a report; whoever works with the keyboard goes on from there, unless they are elsewhere by now. */
function told(body, textContent) {
  const line = element("p", { role: "status", tabIndex: -1, textContent });
  body.append(line);
  if (document.activeElement === document.body) line.focus();
}

/** What can be wrong in a report: what stands at its head, too. */
function disputable(whole) {
  const head = ["callback", "name", "company"].map((key) => ({ key, label: W.heads[key], text: whole[key] })).filter(({ text }) => text);
  return [...head, ...whole.lines.filter(({ key }) => !head.some((one) => one.key === key))];
}

function answer(dispute, whole) {
  const label = disputable(whole).find((line) => line.key === dispute.field)?.label ?? dispute.field;
  const found = dispute.cause ? filled(W.disputeDecided, { cause: W.causes[dispute.cause] }) : filled(W.disputeOpen, { time: when(dispute.opened_ms) });
  const made = element("div", { className: "dispute" }, element("p", { textContent: [label, dispute.words].filter(Boolean).join(": ") }), element("p", {}, chip(found, dispute.cause ? "done" : "high")));
  if (dispute.answer) made.append(element("p", { textContent: dispute.answer }));
  return made;
}

/** "That number was wrong": which field, in one's own words if one likes. */
function disputing(whole) {
  const place = element("div", { className: "dispute" });
  const ask = () => {
    const before = state.written.get(whole.id);
    const field = element("select", { name: "field" }, ...disputable(whole).map((line) => new Option(`${line.label}: ${line.text}`.slice(0, 60), line.key)));
    if (before) field.value = before.field;
    const own = element("textarea", { name: "words", maxLength: 500, value: before?.words ?? "" });
    const error = element("p", { className: "error", role: "alert" });
    const form = element("form", {},
      element("label", {}, element("span", { textContent: W.disputeField }), field),
      element("label", {}, element("span", { textContent: W.disputeWords }), own), error,
      element("div", { className: "acts" }, element("button", { className: "main", textContent: W.disputeSend }), button(W.cancel, () => { state.written.delete(whole.id); offer(); place.querySelector("button").focus(); })));
    form.oninput = () => state.written.set(whole.id, { field: field.value, words: own.value });
    form.onsubmit = (event) => {
      event.preventDefault();
      sends(whole, whole.id, "disputes", { field: field.value, words: own.value }, error, W.disputeSent);
    };
    form.oninput(); // that it is open is kept, too
    place.replaceChildren(form);
    return field;
  };
  const offer = () => place.replaceChildren(button(W.dispute, () => ask().focus()));
  // What was being written stays, whatever else is drawn anew.
  if (state.written.has(whole.id)) ask(); else offer();
  return place;
}

// ---- Login ----

async function begin() {
  let me;
  try {
    me = await api("/me");
  } catch (error) {
    if (error.status !== 401) $("state").textContent = wrong(error);
    return show("login");
  }
  // Whoever comes after somebody else finds nothing of theirs.
  if (state.who && state.who !== me.id) leave();
  Object.assign(state, { me, who: me.id });
  if (!localStorage.getItem("my-language")) language = state.me.language;
  [state.members, { people: state.people }] = await Promise.all([api("/members"), api("/schedules")]);
  $("state").textContent = "";
  speak();
  await Promise.all([open(state.tab), find()]);
}

const entrance = door({ form: $("login-form"), field: "login", side: "/my", language: () => language, entered: begin });
/** Nothing is left on the page of whoever was here, and no answer to them is drawn. */
function leave() {
  clearTimeout(typing);
  Object.assign(state, { me: null, who: null, members: [], people: [], reports: [], next: null, since: null, question: null, asked: state.asked + 1, tab: "reports" });
  state.opened.clear();
  state.written.clear();
  state.wishes.clear();
  kept.forget();
  ordered.forget();
  $("find").reset();
  for (const id of ["list", "keeping", "count", "since", "error", "state"]) $(id).replaceChildren();
  $("csv").removeAttribute("href");
  $("fresh").hidden = true;
  speak();
}

$("logout").onclick = async () => {
  await send("POST", "/logout").catch(() => {});
  leave();
  show("login");
};
$("language").onclick = () => {
  language = language === "ja" ? "en" : "ja";
  localStorage.setItem("my-language", language);
  speak();
  // At the door nothing is shown of whoever was here before the session ended.
  if (state.me && $("login").hidden) { draw(); open(state.tab); }
};
$("find").oninput = (event) => {
  clearTimeout(typing);
  // What is being composed is no word yet.
  if (!event.isComposing) typing = setTimeout(() => find(), event.target.name === "text" ? TYPING_MS : 0);
};
$("find").addEventListener("compositionend", () => { clearTimeout(typing); typing = setTimeout(() => find(), TYPING_MS); });
$("find").onsubmit = (event) => { event.preventDefault(); clearTimeout(typing); find(); };
$("more").onclick = () => find(true);
// Nothing is drawn anew under the hands of whoever is writing.
addEventListener("online", () => { $("state").textContent = ""; if (state.me && !isWriting()) find(); });
for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { touched = Date.now(); }, { capture: true, passive: true });
document.addEventListener("visibilitychange", () => { if (!document.hidden) { touched = Date.now(); look(); } });
setInterval(() => look(), LOOK_MS);
$("fresh").onclick = async () => {
  await look(true);
  if ($("fresh").hidden) $("list").querySelector("h2 button")?.focus();
};
addEventListener("offline", () => { $("state").textContent = W.failed; });

const kept = keeping({ $, element, button, filled, when, send, api, wrong, may, state, W: () => W, begin });
const ordered = orders({ element, button, filled, send, api, wrong, W: () => W });
addEventListener("beforeunload", (event) => { if (ordered.isChanged || kept.isChanged || isWriting()) event.preventDefault(); });
speak();
begin();
