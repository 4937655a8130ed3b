// One plain page: log in, see what goes on, find a call, hear it. No framework. Whatever comes from outside is put on the
// page as text (`textContent`), never as HTML; every word goes through `words`.
import { $, ask, element, filled } from "/dom.js";
import { words } from "/words.js";
import { words as channels } from "/channel-words.js";
import { wallboard } from "/wallboard.js";
import { queue } from "/queue.js";
import { door } from "/door.js";
import { reportDesk } from "/report.js";
import { reportLists } from "/report-lists.js";

const ALARMS_MAX = 5;
const REFRESH_MS = 300;
const RECONNECT_MS = 2000;
const REPLAY_MS = 1000; // what comes so soon after a line that had broken is the past

let language = localStorage.getItem("language") ?? (navigator.language.startsWith("ja") ? "ja" : "en");
let W = words[language] ?? words.en;
const state = {
  me: null, now: null, reasons: new Map(), operators: new Map(), customers: new Map(), trunks: new Map(),
  alarms: [], socket: null, seq: null, refresh: null,
  more: false, // something else than figures has happened
};

// ---- Talking to the server ----

async function api(path, options = {}) {
  try {
    return await ask(path, language, options);
  } catch (error) {
    if (error.status === 401 && path !== "/login") showLogin();
    // It is demanded from now on, and comes after the talk that is under way.
    if (error.body?.error === "second_factor_needed" && !ownPhone?.busy()) location.assign("/account");
    throw error;
  }
}

/** What went wrong, in words; nothing for a session that has ended, because the login is on the screen then. */
function wrong(error) {
  if (error.status === 401) return "";
  if (error.status === 403) return W.forbidden;
  return error.status ? error.message : W.failed;
}

// ---- Words ----

const when = (ms) => ms == null ? "" : new Date(ms).toLocaleString(W.locale, { timeZone: "Asia/Tokyo", dateStyle: "short", timeStyle: "medium" });
const seconds = (ms) => ms == null ? "" : `${(ms / 1000).toFixed(1)} ${W.seconds}`;
const duration = (ms) => ms ? `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}` : "";
/** A number as people write it: 090-1234-5678; ordinary numbers without hyphens, because the page has no table of areas. */
const number = (digits) => /^81[2-9]0\d{8}$/.test(digits) ? digits.replace(/^81(\d\d)(\d{4})(\d{4})$/, "0$1-$2-$3")
  : /^81\d+$/.test(digits) ? digits.replace(/^81/, "0") : /^\d+$/.test(digits) ? `+${digits}` : digits;
const firm = (call) => call.customer_name || W.unknown;
const caller = (call) => W.withheld[call.withheld] ?? W.withheld[call.caller_display] ?? call.caller_display;

function speak() {
  W = words[language] ?? words.en;
  document.documentElement.lang = language;
  document.title = W.title;
  for (const place of document.querySelectorAll("[data-word]")) place.textContent = W[place.dataset.word];
  for (const place of document.querySelectorAll("[data-label]")) place.ariaLabel = W[place.dataset.label];
  for (const place of document.querySelectorAll("[data-report]")) place.textContent = reports.words()[place.dataset.report];
  $("language").textContent = W.other;
  $("language").lang = W.otherLang;
}

// ---- Tables ----

/** Rows are lists of cells: a text, `{ text, kind }`, or an element. */
function table(place, heads, rows, empty) {
  const head = element("tr", {}, ...heads.map((text) => text ? element("th", { textContent: text, scope: "col" }) : element("td")));
  const cell = (content) => content instanceof Node
    ? element("td", {}, content)
    : element("td", { textContent: content?.text ?? content ?? "", className: content?.kind ?? "" });
  // Whoever has got as far as a button stays there: with what it is for, not with its place.
  const key = place.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const lines = rows.map((cells) => element("tr", {}, ...cells.map(cell)));
  if (!rows.length) lines.push(element("tr", {}, element("td", { textContent: empty, colSpan: heads.length, className: "quiet" })));
  place.replaceChildren(element("thead", {}, head), element("tbody", {}, ...lines));
  if (key) place.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  return lines;
}

// What has to be scrolled can be, also with the keyboard alone.
const sideways = new ResizeObserver(() => {
  for (const box of document.querySelectorAll(".wide:not([role]), #report-lists")) {
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0; else box.removeAttribute("tabindex");
  }
});
for (const box of document.querySelectorAll(".wide:not([role]), .wide:not([role]) > table, #report-lists")) sideways.observe(box);

/** A button of a table that is drawn again and again. */
const keyed = (key, button) => { button.dataset.key = key; return button; };

const chip = (text, kind) => element("span", { textContent: text, className: `chip ${kind}` });

// ---- What goes on now ----

async function refreshNow() {
  const asked = performance.now();
  const now = await api("/now");
  // An answer that was overtaken by a later one says nothing any more.
  if (!state.me || state.now?.asked > asked) return;
  state.now = Object.assign(now, { asked });
  drawNow();
}

function drawNow() {
  if (!state.now) return;
  const { calls, operators, trunks } = state.now;
  for (const operator of operators) state.operators.set(operator.operator, operator.name);
  for (const trunk of trunks) state.trunks.set(trunk.trunk, trunk.name);
  const heads = [W.firm, W.caller, W.state, W.operator, W.recording, ...(mayFind() ? [W.supervise] : [])];
  table($("now-calls"), heads, calls.map((call) => [
    { text: firm(call), kind: "firm" }, caller(call), stateOf(call), state.operators.get(call.operator), pauseOf(call),
    ...(mayFind() ? [supervision(call)] : []),
  ]), W.quiet);
  line.shows(operators);
  reports.shows(state.now);
  ownPhone?.muted(calls.some((call) => call.operator === state.me?.operator && call.muted));
  drawOwn();
  table($("now-trunks"), [W.trunk, W.state], trunks.map((trunk) => [
    trunk.name, trunk.up ? chip(W.trunkUp, "ready") : chip(W.trunkDown, "missed"),
  ]), W.noTrunks);
  board.shows(state.now);
}

/** Today's promise in its parts, for supervisors. */
async function refreshPromise() {
  if (!mayFind()) return;
  const turn = state.promised = (state.promised ?? 0) + 1;
  const promise = await api("/promise?firms=10");
  if (turn === state.promised && state.me) board.counts(promise);
}

/** An operator's state, and why; a reason that no desk offers (any more) is shown as it is. */
const standing = (operator) => (W.operators[operator.state] ?? operator.state)
  + (operator.reason ? ` · ${state.reasons.get(operator.reason)?.[language] ?? W.kept[operator.reason] ?? operator.reason}` : "");

/** One's own state: ready, or why not. It is drawn anew only when it has changed, so that an open list stays open. */
function drawOwn() {
  const own = state.now.operators.find((operator) => operator.operator === state.me?.operator);
  $("own").hidden = !own;
  if (!own) return;
  const now = own.state === "ready" ? "ready" : own.state === "not_ready" ? `-${own.reason}` : "";
  const choices = [["ready", W.operators.ready], ...[...state.reasons.values()].map((reason) => [`-${reason.code}`, reason[language]])];
  if (!choices.some(([value]) => value === now)) choices.unshift([now, standing(own)]);
  const drawn = JSON.stringify([now, choices]);
  if ($("own").dataset.drawn === drawn) return;
  $("own").dataset.drawn = drawn;
  $("own-state").replaceChildren(...choices.map(([value, text]) => new Option(text, value, false, value === now)));
}

async function changeOwn(value) {
  const wish = value === "ready" ? { ready: true } : { ready: false, reason: value.slice(1) };
  $("own").dataset.drawn = "";
  await api(`/operators/${state.me.operator}/state`, { method: "POST", body: JSON.stringify(wish) })
    .catch((error) => { $("now-error").textContent = wrong(error); });
  await refreshNow().catch(() => {});
}

/** Where a call stands, and of whom nothing is heard. */
function stateOf(call) {
  const silent = call.silent.map((leg) => chip(filled(W.notHeard, { leg: W.legs[leg] ?? leg }), "missed"));
  const word = W.transfers[call.transfer] ?? W.waitings[call.waiting] ?? W.states[call.state];
  const own = call.operator != null && call.operator === state.me?.operator && ["established", "held"].includes(call.state);
  const report = () => keyed(`${call.call} report`, element("button", { type: "button", className: "link", textContent: reports.words().report, onclick: () => reports.openCall(call.call) }));
  return element("span", {}, chip(word, call.state), ...silent, ...(own ? [" ", report()] : []));
}

/** The button by which nothing of what is said now is kept (a card number), and is again. */
function pauseOf(call) {
  if (call.operator == null || !(mayFind() || call.operator === state.me?.operator) || !["established", "held"].includes(call.state)) return "";
  const turn = () => api(`/calls/${call.call}/recording/pause`, { method: "POST", body: JSON.stringify({ on: !call.recording_paused }) })
    .then(refreshNow, (error) => { $("now-error").textContent = wrong(error); });
  const button = keyed(`${call.call} pause`, element("button", { type: "button", className: "link", textContent: call.recording_paused ? W.resumeRecording : W.pauseRecording, onclick: turn }));
  return call.recording_paused ? element("span", {}, chip(W.recordingPaused, "held"), button) : button;
}

/** Who supervises a call, and what the one who looks may do about it: with a phone of one's own, on a call in hand. */
function supervision(call) {
  const { supervisor } = call;
  const place = element("span", { className: "supervision" });
  if (supervisor) place.append(chip(`${supervisor.name} · ${supervisor.on_the_line ? W.modes[supervisor.mode] : W.ringing}`, "busy"));
  const button = (what, act) => keyed(`${call.call} ${what}`, element("button", { type: "button", className: "link", textContent: what,
    ariaLabel: filled(W.superviseOf, { firm: firm(call), what }), onclick: act }));
  const path = `/calls/${call.call}/supervise`;
  const own = state.me.operator != null && state.me.operator !== call.operator && (!supervisor || supervisor.operator === state.me.operator);
  if (own && ["established", "held"].includes(call.state)) {
    for (const mode of Object.keys(W.modes).filter((mode) => mode !== supervisor?.mode)) {
      place.append(button(W.modes[mode], () => supervise(path, { method: "POST", body: JSON.stringify({ mode }) })));
    }
  }
  if (supervisor) place.append(button(W.superviseStop, () => supervise(path, { method: "DELETE" })));
  return place;
}

async function supervise(path, options) {
  $("now-error").textContent = "";
  await api(path, options).catch((error) => { $("now-error").textContent = wrong(error); });
  await refreshNow().catch(() => {});
}

function tellAlarm(...stamped) {
  const isNew = (one) => !state.alarms.some((known) => known.seq === one.seq && known.unix_ms === one.unix_ms);
  state.alarms = [...stamped.filter(isNew), ...state.alarms].sort((one, other) => other.unix_ms - one.unix_ms).slice(0, ALARMS_MAX);
  drawAlarms();
}

function alarmText(alarm) {
  const values = {
    ...alarm,
    caller: alarm.caller ? number(alarm.caller) : W.withheld.anonymous,
    candidates: alarm.candidates?.join(", "),
    customer: state.customers.get(alarm.customer) ?? alarm.customer,
    down_ms: alarm.down_ms < 60_000 ? seconds(alarm.down_ms) : duration(alarm.down_ms),
    leg: W.legs[alarm.leg] ?? alarm.leg,
    limit: W.caps[alarm.limit] ?? alarm.limit,
    operator: state.operators.get(alarm.operator) ?? alarm.operator,
    reason: W.banReasons[alarm.reason] ?? alarm.reason,
    trunk: state.trunks.get(alarm.trunk) ?? alarm.trunk,
    wait_ms: seconds(alarm.wait_ms),
  };
  return W.alarmWords[alarm.alarm] ? filled(W.alarmWords[alarm.alarm], values) : alarm.alarm;
}

/** What is still so, however long ago it was told: a trunk that is down. */
const lasts = ({ event, unix_ms }) => event.alarm === "trunk_down"
  && Boolean(state.now?.trunks.some((trunk) => trunk.trunk === event.trunk && trunk.down_since_ms != null && trunk.down_since_ms <= unix_ms));

function drawAlarms() {
  $("alarms").hidden = !state.alarms.length;
  $("alarm-list").replaceChildren(...state.alarms.map((stamped) => {
    const alarm = stamped.event;
    const item = element("li", {}, element("time", { textContent: when(stamped.unix_ms) }), element("span", { textContent: alarmText(alarm) }));
    if (alarm.call && mayFind()) {
      item.append(element("button", { type: "button", className: "link", textContent: W.openCall, onclick: () => show(alarm.call) }));
    }
    const gone = () => { line.closes(stamped); state.alarms = state.alarms.filter((other) => other !== stamped); drawAlarms(); };
    item.append(element("button", { type: "button", className: "link", textContent: W.dismiss, onclick: gone }));
    return item;
  }));
}

function listen() {
  const after = state.seq == null ? "" : `?after=${state.seq}`;
  state.socket?.close();
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/events${after}`);
  state.socket = socket;
  let joined = null;
  socket.onopen = () => { joined = performance.now(); if (state.socket === socket) cutOff(false); };
  socket.onmessage = ({ data }) => {
    if (state.socket !== socket) return;
    const stamped = JSON.parse(data);
    state.seq = stamped.seq;
    line.hears(stamped);
    reports.hears(stamped, after !== "" && performance.now() - joined < REPLAY_MS);
    lists.hears(stamped);
    for (const desk of ownDesks()) desk.hears?.(stamped);
    if (stamped.event.kind === "alarm" && !line.isClosed(stamped)) tellAlarm(stamped);
    if (stamped.event.kind === "promise") refreshPromise().catch(() => {});
    else state.more = true;
    // One look at everything a while after the first of many events.
    state.refresh ??= setTimeout(() => {
      state.refresh = null;
      refreshNow().catch(() => {});
      if (!state.more) return;
      state.more = false;
      if (mayFind()) looking?.refresh();
    }, REFRESH_MS);
  };
  socket.onclose = () => { if (state.socket === socket && state.me) { cutOff(true); setTimeout(() => { if (state.socket === socket) rejoin(socket); }, RECONNECT_MS); } };
}

/** A socket that is open, or never will be. */
const joined = (socket) => socket?.readyState !== WebSocket.CONNECTING ? null
  : new Promise((done) => { for (const event of ["open", "close"]) socket.addEventListener(event, done); });

/** Whoever works here is told that nothing goes to the server now, and that nothing is lost. */
function cutOff(is) { $("cut-off").hidden = !is; }
addEventListener("offline", () => { if (state.me) cutOff(true); });
addEventListener("online", () => cutOff(state.socket?.readyState > WebSocket.OPEN));

/** After a break: the past of the stream comes with the socket, the present is asked for. */
function rejoin(broken) {
  // Somebody has left since, or come in: the line is theirs.
  const isOurs = () => state.socket === broken;
  refreshNow().then(() => {
    if (!isOurs()) return;
    listen();
    lists.refresh();
    refreshPromise().catch(() => {});
    looks();
    administer().catch(() => {}); // if it could not be done before
  }, () => setTimeout(() => { if (isOurs()) rejoin(broken); }, RECONNECT_MS));
}

const tools = {
  $, element, table, keyed, operator: (id) => state.operators.get(id), chip, filled, when, seconds, duration, api, wrong, W: () => W, language: () => language,
  name: (operator) => state.operators.get(operator) ?? operator, standing, notice: alarmText, lasts, mayOpen: () => mayFind(), open: (call) => show(call),
  widened: (call) => line.widened(call), changed: () => Promise.all([names(), refreshNow()]).catch(() => {}),
  channel: (code) => (channels[language] ?? channels.en)[code] ?? code,
  number, me: () => state.me, withheld: (word) => W.withheld[word],
};
const board = wallboard(tools);
const line = queue(tools);
const reports = reportDesk(tools);
const lists = reportLists({ ...tools, desk: reports });
let forms = null; // the administrator's
let ownPhone = null; // the telephone in this page, for operators
let desks = null; // the supervisors': firms' report settings, past reports
let scores = null; // an operator's own
let whose = null; // for whom the desks are loaded: what was typed when the session ended is theirs

/** The desks of whoever is logged in; others that were loaded for somebody before are not shown. */
const ownDesks = () => [mayFind() ? desks : state.me && scores, state.me?.role === "admin" && forms].filter(Boolean);

/** For desks: an answer that comes when its asker is gone is for nobody else. */
async function forAsker(path, options) {
  const asker = state.me?.name;
  const answer = await api(path, options);
  if (state.me?.name !== asker) throw Object.assign(new Error(), { status: 401 });
  return answer;
}

const person = () => state.me && `${state.me.role} ${state.me.name}`;

const made = {};
let tries = "";

/** What `make` makes of a script: once, however many ask. One that could not be fetched is asked for by another name: some browsers remember that it failed. */
const once = (path, make) => made[path] ??= import(path + tries).then(make).catch((error) => {
  delete made[path];
  tries += "?";
  throw error;
});

/** They are fetched for those alone who may use them. After a session that ended by itself they are as they were left. */
async function administer() {
  const { role } = state.me;
  const asker = person();
  if (whose === asker) return;
  const own = { ...tools, api: forAsker };
  if (role === "operator") scores = await once("/quality-mine.js", (all) => all.ownQuality(own));
  else desks = await once("/office.js", (all) => all.office({ ...own, desk: reports }));
  if (role === "admin") forms = await once("/setup.js", (all) => all.setup(own));
  if (person() !== asker) return;
  await Promise.all(ownDesks().map((desk) => desk.load()));
  if (person() === asker) whose = asker;
}

/** Whoever is an operator can talk in this page. */
async function telephone() {
  if (state.me?.operator == null) return ownPhone?.forget();
  ownPhone = await once("/phone.js", (all) => all.phone({ ...tools, hangUp: () => reports.deed("F9"), mute: () => reports.deed("Shift+F3") }));
  ownPhone.load();
}

// ---- Finding calls ----

const mayFind = () => state.me != null && state.me.role !== "operator";

let looking = null; // for those alone who may
$("find").onsubmit = (event) => { event.preventDefault(); looks(); }; // until it is there

/** What looks for calls, for whoever may, does this; it is fetched when the first of them comes. */
async function looks(work = (one) => one.refresh()) {
  if (!mayFind()) return;
  try {
    looking = await once("/find.js", (all) => all.finder({ ...tools, once, said: line.said, firm, caller }));
    if (mayFind()) await work(looking);
  } catch (error) { $("find-error").textContent = wrong(error); }
}

const show = (id) => looks((one) => one.show(id));

// ---- Coming and going ----

async function fill(select, path, map) {
  const chosen = select.value;
  const list = await api(path);
  map.clear();
  select.length = 1;
  for (const item of list) { map.set(item.id, item.name); select.append(new Option(item.name, item.id)); }
  select.value = chosen;
}

async function showDesk() {
  state.me = await api("/me");
  // Nobody sees, not even for a moment, what another one has left open.
  if (whose !== person()) {
    if (whose) $("find").reset();
    whose = null;
    forgetDesks(state.me.name);
  }
  telephone().catch(() => {}); // the page is as good without
  $("who").textContent = state.me.name;
  $("login").hidden = true;
  $("desk").hidden = $("logout").hidden = $("account").hidden = false;
  $("search").hidden = $("skip").hidden = !mayFind();
  $("operator-only").hidden = mayFind();
  $("wallboard").hidden = !mayFind();
  document.body.classList.toggle("operator", state.me.role === "operator");
  // What comes from now on is heard, whatever becomes of the rest.
  listen();
  const tried = (work) => Promise.resolve(work).catch(() => {});
  const reasons = api("/not-ready-reasons").then((all) => { state.reasons = new Map(all.map((reason) => [reason.code, reason])); });
  await Promise.all([reasons, names(), refreshNow(), looks(), refreshPromise()].map(tried));
  if (!state.me) return;
  drawNow();
  tellAlarm(...await line.recalls(state.me.name).catch(() => []));
  if (!state.me) return;
  await tried(administer());
  lists.refresh();
  // What has happened before the stream began is in no event: a call that was answered just then.
  await joined(state.socket);
  await tried(refreshNow());
  if (state.me) await tried(reports.resumes(state.now));
}

/** Firms and operators, as they are called now. */
const names = () => Promise.all([
  fill($("find").elements.customer, "/customers", state.customers),
  fill($("find").elements.operator, "/operators", state.operators),
]);

/** What they show is gone. What was typed waits for its writer, until somebody else, `next`, comes. */
function forgetDesks(next = null) {
  for (const desk of [forms, desks, scores]) desk?.forget(next);
}

/** Nothing of the desk is left for whoever comes next; what was being typed waits for its writer, unless he left: `isOver`. */
function showLogin(isOver = false) {
  if (isOver) { whose = null; forgetDesks(); $("find").reset(); }
  // What somebody is typing at the door stays, whatever an old request is told.
  const isThere = !$("login").hidden;
  state.socket?.close();
  cutOff(false);
  clearTimeout(state.refresh);
  Object.assign(state, { me: null, now: null, alarms: [], socket: null, seq: null, refresh: null, more: false });
  looking?.forget();
  for (const id of ["now-calls", "now-trunks", "alarm-list", "find-error", "now-error", "who"]) $(id).replaceChildren();
  board.forget();
  reports.forget();
  lists.forget();
  line.forget();
  if (isOver) ownPhone?.forget(); else ownPhone?.lapse();
  if (!isThere) entrance.forget();
  $("desk").hidden = $("own").hidden = $("account").hidden = $("logout").hidden = $("skip").hidden = $("alarms").hidden = true;
  $("login").hidden = false;
  if (!isThere) $("login-form").elements.name.focus();
}

const entrance = door({ form: $("login-form"), field: "name", side: "", language: () => language, entered: showDesk });
$("logout").onclick = async () => { await reports.leaves(); await api("/logout", { method: "POST" }).catch(() => {}); showLogin(true); };
$("language").onclick = () => {
  language = W.otherLang;
  localStorage.setItem("language", language);
  speak();
  entrance.redraw();
  ownPhone?.redraw(); // a talk outlives the login
  if (!state.me) return;
  drawNow();
  board.redraw();
  reports.redraw();
  lists.redraw();
  line.redraw();
  for (const desk of ownDesks()) desk.redraw();
  drawAlarms();
  if (mayFind()) looking?.redraw();
};
$("own-state").onchange = (event) => { if (event.target.value) changeOwn(event.target.value); };

speak();
// A one-time link (`/?ticket=…`) logs in without typing: the demo prints one.
const ticket = new URLSearchParams(location.search).get("ticket");
if (ticket) history.replaceState(null, "", "/");
const begin = () => showDesk().catch((error) => {
  if (error.status && error.status < 500) { showLogin(); $("login-form").querySelector(".error").textContent = wrong(error); return; }
  // The server is away: that ends no session.
  cutOff(true);
  setTimeout(begin, RECONNECT_MS);
});
(ticket ? api("/login", { method: "POST", body: JSON.stringify({ ticket }) }) : Promise.resolve())
  .then(begin, (error) => { showLogin(); $("login-form").querySelector(".error").textContent = wrong(error); });
