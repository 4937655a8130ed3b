// One plain page: log in, see what goes on, find a call, hear it. No framework; every text through `words`.
import { words } from "/words.js";

const $ = (id) => document.getElementById(id);
let language = localStorage.getItem("language") ?? (navigator.language.startsWith("ja") ? "ja" : "en");
let W = words[language];
const state = { customers: new Map(), operators: new Map(), cursor: null, shown: null, socket: null, refresh: null };

async function api(path, options = {}) {
  const response = await fetch("/api/v1" + path, { headers: { "Content-Type": "application/json" }, ...options });
  if (response.status === 401 && path !== "/login") { showLogin(); throw new Error("401"); }
  const text = await response.text();
  const body = text && response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
  if (!response.ok) throw Object.assign(new Error(body?.what ?? response.statusText), { status: response.status });
  return body;
}

function speak() {
  W = words[language];
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = W[element.dataset.word];
  $("language").textContent = W.other;
  $("language").lang = W.otherLang;
}

const time = (ms) => ms ? new Date(ms).toLocaleString(W.locale, { timeZone: "Asia/Tokyo", dateStyle: "short", timeStyle: "medium" }) : "";
const seconds = (ms) => ms == null ? "" : (ms / 1000).toFixed(1) + " " + W.seconds;
const duration = (ms) => ms ? `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}` : "";
const caller = (call) => call.caller_display || W.withheld[call.withheld] || "";
const firm = (call) => call.customer_name || W.unknown;

function table(element, heads, rows, empty) {
  const head = element.createTHead ? Object.assign(document.createElement("thead")) : null;
  const line = head.insertRow();
  for (const text of heads) line.append(Object.assign(document.createElement("th"), { textContent: text, scope: "col" }));
  const body = document.createElement("tbody");
  for (const { cells, open, selected } of rows) {
    const row = body.insertRow();
    for (const cell of cells) {
      const place = row.insertCell();
      place.textContent = cell.text ?? cell;
      if (cell.kind) place.className = cell.kind;
    }
    if (open) {
      row.tabIndex = 0;
      row.ariaSelected = selected ? "true" : "false";
      row.onclick = open;
      row.onkeydown = (e) => { if (e.key === "Enter") open(); };
    }
  }
  if (!rows.length) body.insertRow().insertCell().append(empty);
  element.replaceChildren(head, body);
}

async function refreshNow() {
  const now = await api("/now");
  table($("now-calls"), [W.firm, W.caller, W.state, W.operator],
    now.calls.map((c) => ({ cells: [{ text: firm(c), kind: "firm" }, c.caller || "", W.states[c.state], state.operators.get(c.operator) ?? ""] })), W.quiet);
  table($("now-operators"), [W.operator, W.state],
    now.operators.map((o) => ({ cells: [o.name, (W.operators[o.state] ?? o.state) + (o.reason ? `（${o.reason}）` : "")] })), "");
}

function query() {
  const form = new FormData($("find"));
  const asked = new URLSearchParams();
  for (const key of ["customer", "operator"]) if (form.get(key)) asked.set(key, form.get(key));
  if (form.get("caller").trim()) asked.set("caller", form.get("caller").trim());
  for (const key of ["from", "to"]) if (form.get(key)) asked.set(key + "_ms", new Date(form.get(key) + "+09:00").getTime());
  return asked;
}

let rows = [];
async function find(more = false) {
  const asked = query();
  if (more && state.cursor) asked.set("cursor", state.cursor);
  $("find-error").textContent = "";
  try {
    const page = await api("/calls?" + asked);
    rows = more ? rows.concat(page.calls) : page.calls;
    state.cursor = page.next;
    $("more").hidden = !page.next;
    drawCalls();
  } catch (error) { if (error.status) $("find-error").textContent = error.message; else if (error.message !== "401") $("find-error").textContent = W.failed; }
}

function drawCalls() {
  table($("calls"), [W.time, W.firm, W.caller, W.operator, W.wait, W.talk, W.state],
    rows.map((c) => ({
      cells: [time(c.arrived_ms), { text: firm(c), kind: "firm" }, caller(c), c.operator_name,
        c.answered_ms ? seconds(c.wait_ms) : { text: c.state === "cleared" ? W.abandoned : "", kind: "missed" }, duration(c.talk_ms), W.states[c.state]],
      open: () => show(c.call), selected: c.call === state.shown,
    })), W.none);
}

async function show(id) {
  const call = await api("/calls/" + id);
  state.shown = id;
  drawCalls();
  $("one").hidden = false;
  $("one-title").textContent = `${firm(call)} — ${caller(call)} — ${time(call.arrived_ms)}`;
  const player = $("player");
  const address = `/api/v1/calls/${id}/recording`;
  player.hidden = $("download").hidden = !call.recording;
  $("no-recording").textContent = call.recording ? "" : call.no_recording;
  if (call.recording) {
    if (!player.src.endsWith(address)) player.src = address;
    $("download").href = address;
    $("download").download = call.recording.path.split("/").pop();
    $("sha").textContent = "SHA-256 " + call.recording.sha256;
  } else { player.removeAttribute("src"); $("sha").textContent = ""; }
  const answered = call.answered_ms ? call.events.find((e) => e.kind === "answered")?.offset_ms ?? 0 : null;
  $("timeline").replaceChildren(...call.events.filter((e) => W.events[e.kind]).map((e) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.append(Object.assign(document.createElement("small"), { textContent: (e.offset_ms / 1000).toFixed(1) }), W.events[e.kind]);
    const at = answered == null ? -1 : (e.offset_ms - answered) / 1000;
    button.disabled = !call.recording || at < 0;
    button.onclick = () => { player.currentTime = at; player.play(); };
    item.append(button);
    return item;
  }));
  $("ladder").textContent = await api(`/calls/${id}/trace`).catch(() => "");
}

function listen() {
  state.socket?.close();
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/events`);
  state.socket = socket;
  socket.onmessage = ({ data }) => {
    const { event } = JSON.parse(data);
    if (event.kind === "alarm") $("alarms").textContent = `⚠ ${event.alarm}`;
    clearTimeout(state.refresh);
    state.refresh = setTimeout(() => { refreshNow().catch(() => {}); if (event.kind === "call_ended") find().catch(() => {}); }, 150);
  };
  socket.onclose = () => { if (state.socket === socket && !$("desk").hidden) setTimeout(listen, 2000); };
}

async function fill(select, path, map, label) {
  const chosen = select.value;
  const list = await api(path);
  map.clear();
  select.length = 1;
  for (const item of list) { map.set(item.id, item.name); select.append(new Option(label(item), item.id)); }
  select.value = chosen;
}

async function showDesk() {
  const me = await api("/me");
  $("who").textContent = me.name;
  $("login").hidden = true;
  $("desk").hidden = $("logout").hidden = false;
  await Promise.all([
    fill($("find").elements.customer, "/customers", state.customers, (c) => c.name),
    fill($("find").elements.operator, "/operators", state.operators, (o) => o.name),
  ]);
  await Promise.all([refreshNow(), find()]);
  listen();
}

function showLogin() {
  state.socket?.close();
  $("login").hidden = false;
  $("desk").hidden = $("logout").hidden = true;
  $("who").textContent = "";
}

$("login-form").onsubmit = async (e) => {
  e.preventDefault();
  const form = e.target;
  const error = form.querySelector(".error");
  error.textContent = "";
  try {
    await api("/login", { method: "POST", body: JSON.stringify(Object.fromEntries(new FormData(form))) });
    form.reset();
    await showDesk();
  } catch (problem) { error.textContent = problem.status === 401 ? W.wrong : problem.status === 429 ? W.slow : problem.status === 403 ? W.forbidden : W.failed; }
};
$("logout").onclick = async () => { await api("/logout", { method: "POST" }).catch(() => {}); showLogin(); };
$("language").onclick = () => {
  language = W.otherLang;
  localStorage.setItem("language", language);
  speak();
  if (!$("desk").hidden) { drawCalls(); refreshNow().catch(() => {}); if (state.shown) show(state.shown).catch(() => {}); }
};
$("find").onsubmit = (e) => { e.preventDefault(); find(); };
$("more").onclick = () => find(true);

speak();
// A one-time link (`/?ticket=…`) logs in without typing: the demo and the first start print one.
const ticket = new URLSearchParams(location.search).get("ticket");
if (ticket) {
  history.replaceState(null, "", "/");
  api("/login", { method: "POST", body: JSON.stringify({ ticket }) }).then(showDesk).catch(() => showLogin());
} else showDesk().catch(() => showLogin());
