// The board for a screen on a wall: nothing to press. Its link's own token, behind the # of the address, is all that it has; it asks
// every second, and goes on by itself when the server or the network is back.
import { $, element, filled } from "/dom.js";
import { words } from "/wall-words.js";

const EVERY_MS = 1000;
const ANSWER_MAX_MS = 8000;
const RING_MS = 3000;
const LOST_MS = 5000; // so long without an answer, and it is said

const asked = new URLSearchParams(location.search).get("lang");
const language = words[asked] ? asked : navigator.language.startsWith("ja") ? "ja" : "en";
const W = words[language];
const percent = (value) => value == null ? "–" : `${(Math.floor(value * 10) / 10).toFixed(1)}%`;
const duration = (ms) => `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;
const alertness = (rings) => rings >= 3 ? "warn" : rings >= 2 ? "busy" : "good";
const seconds = (ms) => filled(W.seconds, { seconds: (ms / 1000).toFixed(1) });

document.documentElement.lang = language;
$("waiting-title").textContent = W.waiting;
$("alarms-title").textContent = W.alarms;

const DENSITY_MAX = 9; // see the style sheet

/** As large as it can be with all of it on the screen. */
function fit(place) {
  const now = [place.childElementCount, place.clientWidth, place.clientHeight].join();
  if (place.dataset.fitted === now) return;
  for (let density = 0; density <= DENSITY_MAX; density += 1) {
    place.dataset.density = density;
    if (place.scrollHeight <= place.clientHeight) break;
  }
  place.dataset.fitted = now;
}

let now = null;
let seen = performance.now(); // when `now` was true
let ended = false;

function trouble(text) {
  $("trouble").hidden = !text;
  if ($("trouble").textContent !== text) $("trouble").textContent = text;
}

function draw() {
  const since = performance.now() - seen;
  trouble(ended ? W.ended : since > LOST_MS ? filled(W.lost, { seconds: Math.floor(since / 1000) }) : "");
  $("clock").textContent = new Date().toLocaleTimeString(W.locale, { timeZone: "Asia/Tokyo", hour: "2-digit", minute: "2-digit" });
  if (!now) return;
  // Timers that go on without a server would say what nobody knows.
  const on = since > LOST_MS ? 0 : since;
  $("name").textContent = now.name;
  const first = now.waiting.reduce((most, call) => call.away ? most : Math.max(most, call.waiting_ms + on), 0);
  const kept = now.today.three_rings_percent;
  const figures = [[W.promise, percent(kept), kept == null ? "" : kept < 90 ? "warn" : "good"],
    [W.waiting, now.waiting_count, now.waiting_count ? alertness(Math.floor(first / RING_MS)) : ""], [W.offered, now.today.offered, ""],
    [W.abandoned, now.today.abandoned, now.today.abandoned ? "busy" : ""], [W.mean, now.today.answered ? seconds(now.today.mean_ms) : "–", ""]];
  $("figures").replaceChildren(...figures.map(([name, value, kind]) => element("div", { className: kind }, element("dt", { textContent: name }), element("dd", { textContent: String(value) }))));
  const waiting = now.waiting.map((call) => {
    const ms = call.waiting_ms + on;
    const rings = Math.floor(ms / RING_MS);
    const text = call.away ? W.back : filled(W.rings, { rings, seconds: Math.floor(ms / 1000) });
    return element("li", { className: call.away ? "" : alertness(rings) }, element("span", { textContent: call.firm || W.unknown }), element("span", { className: "rings", textContent: text }));
  });
  $("waiting").replaceChildren(...(waiting.length ? waiting : [element("li", { className: "quiet", textContent: W.nobody })]));
  $("operators-title").textContent = `${W.operators} ${now.operators.length}`;
  $("operators").replaceChildren(...now.operators.map((one) => {
    const kind = one.state === "ready" ? (one.reachable ? "good" : "warn") : one.state === "not_ready" ? "" : "busy";
    const state = one.state === "ready" && !one.reachable ? W.unreachable : W.states[one.state] ?? one.state;
    return element("li", { className: kind }, element("strong", { textContent: one.name }), element("span", { className: "for", textContent: duration(one.for_ms + on) }),
      element("small", { textContent: [state, one[`reason_${language}`], filled(W.calls, { count: one.calls_today })].filter(Boolean).join(" · ") }));
  }));
  $("alarms").hidden = !now.alarms.length;
  $("alarm-list").replaceChildren(...now.alarms.map((one) => element("li", { textContent: `${new Date(one.unix_ms).toLocaleTimeString(W.locale, { timeZone: "Asia/Tokyo" })} ${W.alarmNames[one.alarm] ?? W.alarm}` })));
  fit($("waiting"));
  fit($("operators"));
}

async function ask() {
  try {
    const answer = await fetch("/api/v1/wall", { headers: { Authorization: `Bearer ${location.hash.slice(1)}` }, signal: AbortSignal.timeout(ANSWER_MAX_MS), credentials: "omit", cache: "no-store" });
    if (answer.ok) {
      now = await answer.json();
      seen = performance.now();
    }
    ended = answer.status === 401;
    if (ended) now = null;
    if (ended) for (const id of ["figures", "waiting", "operators", "alarm-list"]) $(id).replaceChildren();
  } catch { /* Said by draw() when it lasts. */ }
  draw();
  setTimeout(ask, ended ? 30 * EVERY_MS : EVERY_MS);
}

setInterval(draw, EVERY_MS / 2);
addEventListener("hashchange", () => location.reload());
ask();
