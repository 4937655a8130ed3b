// The telephone in this page: SIP over the site's own secure WebSocket, where the login is the password. It rings, answers and carries
// the voice; the server alone knows the state of a call (hold, transfer, hanging up go by the API, as for any other phone).
import { sounds, meter } from "/phone-sound.js";
import { keysOf } from "/phone-keys.js";
import { words } from "/phone-words.js";

const REGISTER_S = 120;
const RECOVER_MIN_S = 1;
const RECOVER_MAX_S = 4;
const RING_MAX_S = 300;
// So long after a page has last been seen in a call, the same call is taken up without a question.
const BACK_MS = 60_000;
const KEPT_MS = 2000;
const NEWS_MS = 400; // a socket that opens and closes at once is told as one thing
// A SIP phone beside the page, until somebody chooses otherwise; the browser's own devices.
const USUAL = { place: "beside", microphone: "", speaker: "", ringer: "", bell: "" };
const ASKED_MS = 1000; // a microphone that was allowed before is there by then
const HEADER = "X-Denwaban-Call";

const stored = (key, otherwise) => { try { return JSON.parse(localStorage.getItem(key)) ?? otherwise; } catch { return otherwise; } };

/** `tools` are the page's own: `$`, `element`, `filled`, `api`, `me()`, `language()`. */
export function phone(tools) {
  const { $, element, filled, api } = tools;
  const T = () => words[tools.language()] ?? words.en;
  const sound = sounds({ failed: () => settle() });
  const buttons = keysOf({ answer, hangUp: () => lapsed ? session?.terminate() : tools.hangUp(), mute: () => tools.mute(), changed: () => draw() });
  let owner = null; // the operator whose page this is
  let choice = USUAL;
  let life = 0; // grows whenever the telephone is switched on or off: what belongs to another life comes too late
  let state = "off"; // off, insecure, elsewhere, silent, starting, lost, refused, ready, ringing, talking
  let why = "";
  let ua = null;
  let socket = null;
  let session = null;
  let call = null; // the call of the session, by its name in the house
  let notice = null; // the browser's own, while this page is not seen
  let release = null; // lets go of the lease
  let kept = null;
  let level = null;
  let lapsed = false; // the login's time is over, and somebody talks still

  const key = (what) => `phone-${what}:${owner}`;

  // ---- Switched on and off ----

  /** Whoever is logged in now, or nobody. */
  function load() {
    const operator = tools.me()?.operator ?? null;
    if (operator === owner && operator != null) { // the same person after a break
      lapsed = false;
      return draw();
    }
    off();
    owner = operator;
    $("phone").hidden = owner == null;
    if (owner == null) return;
    choice = { ...USUAL, ...stored(key("choice"), {}) };
    buttons.restore(stored(key("headset"), false));
    draw();
    if (choice.place === "page") on();
  }

  async function on(steal = false) {
    const mine = ++life;
    const still = () => mine === life;
    if (!isSecureContext || !navigator.mediaDevices) return is("insecure");
    is("starting");
    // One telephone for an operator in this browser: whoever has the lease; the others wait for it.
    const leased = await lease(still, steal);
    if (!leased || !still()) return;
    setTimeout(draw, ASKED_MS);
    await sound.open(choice);
    if (!still()) return;
    level ??= meter($("phone-level"), () => sound.analyser());
    listDevices();
    if (globalThis.Notification?.permission === "default") Notification.requestPermission().catch(() => {});
    if (mayTalk()) connect(); else is("silent");
  }

  /** Whoever is not heard is called only by wish; a call that was in hand before the page was loaded again goes on all the same. */
  function mayTalk() {
    return !sound.silent() || Boolean(sessionStorage.getItem(key("listens"))) || Date.now() - stored(key("call"), { at: 0 }).at < BACK_MS;
  }

  /** The microphone has come, gone or changed, or a call is over. */
  function settle() {
    speak();
    if (state === "silent" && mayTalk()) return connect();
    if (ua && !mayTalk() && ["starting", "lost", "refused", "ready", "ringing"].includes(state)) {
      const agent = ua;
      session?.terminate({ status_code: 480 });
      ua = socket = null;
      over(true);
      agent.stop();
      return is("silent");
    }
    draw();
  }

  async function connect() {
    const mine = life;
    const still = () => mine === life;
    is("starting");
    try {
      const [{ UA, WebSocketInterface }, own] = await Promise.all([import("/vendor/jssip.js"), api("/phone/account")]);
      if (!still() || ua) return;
      if (!mayTalk()) return is("silent");
      socket = new WebSocketInterface(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/phone`);
      register(new UA({
        sockets: [socket],
        uri: `sip:${own.user}@${own.domain}`, display_name: "", user_agent: "Denwaban page", register_expires: REGISTER_S,
        no_answer_timeout: RING_MAX_S, connection_recovery_min_interval: RECOVER_MIN_S, connection_recovery_max_interval: RECOVER_MAX_S,
      }), still);
    } catch { if (still()) later(); }
  }

  /** What is needed could not be fetched: once more in a while. */
  function later() {
    off("lost");
    const mine = life;
    setTimeout(() => { if (mine === life) on(); }, 1000 * RECOVER_MAX_S);
  }

  function lease(still, steal) {
    if (!navigator.locks) return Promise.resolve(true);
    return new Promise((resolve) => {
      const held = () => new Promise((letGo) => {
        if (!still()) return letGo();
        release = letGo;
        resolve(true);
      });
      const name = `denwaban-phone-${owner}`;
      const lost = () => { resolve(false); if (still()) { off("elsewhere"); waitsFor(name); } };
      navigator.locks.request(name, steal ? { steal } : { ifAvailable: true }, (lock) => {
        if (lock) return held();
        if (still()) { is("elsewhere"); waitsFor(name); }
        resolve(false);
        return null;
      }).catch(lost);
    });
  }

  /** The other page is closed, or has switched its telephone off: this one is next. */
  function waitsFor(name) {
    const mine = life;
    navigator.locks.request(name, () => {}).then(() => { if (mine === life && state === "elsewhere") on(); }).catch(() => {});
  }

  /** Whoever talks is not hung up on: without a word the caller is lost to this page alone, and comes to the next one or to a colleague. */
  function off(next = "off") {
    life += 1;
    if (session) socket?.disconnect();
    const [agent, talks] = [ua, session];
    ua = socket = session = null;
    agent?.stop();
    over(talks && next !== "elsewhere");
    sound.close();
    level?.stop();
    level = null;
    lapsed = false;
    release?.();
    release = null;
    is(next);
  }

  // ---- SIP ----

  function register(agent, still) {
    ua = agent;
    let news = null;
    const told = (next, reason = "") => {
      clearTimeout(news);
      news = setTimeout(() => { if (still() && ua === agent) is(session ? state : next, reason); }, next === "ready" ? 0 : NEWS_MS);
    };
    agent.on("registered", () => { why = ""; told("ready"); });
    agent.on("disconnected", () => {
      if (ua !== agent) return;
      if (lapsed) return forget(); // nothing but a login brings it back
      told("lost");
      if (session) is(state, "lost");
      api("/me").catch(() => {}); // a session that has ended shows the login
    });
    agent.on("registrationFailed", ({ response, cause }) => {
      if (response) told("refused", `${response.status_code} ${cause}`); else told("lost");
    });
    agent.on("newRTCSession", ({ originator, session: next, request }) => {
      if (originator !== "remote" || ua !== agent) return;
      if (session) return next.terminate({ status_code: 486 });
      take(next, request.getHeader(HEADER) ?? null, request.from.display_name || request.from.uri.user || "");
    });
    agent.start();
  }

  function take(next, name, from) {
    session = next;
    call = name;
    next.on("peerconnection", ({ peerconnection }) => hears(peerconnection));
    // The house is found at the first address: nothing more is waited for.
    next.on("icecandidate", ({ ready }) => ready());
    next.on("accepted", () => {
      quiet();
      speak();
      is("talking");
      keep();
    });
    for (const end of ["ended", "failed"]) next.on(end, () => {
      if (session !== next) return;
      over(true);
      if (lapsed) return forget();
      is(ua?.isRegistered() ? "ready" : "lost");
      settle();
    });
    const before = stored(key("call"), null);
    if (name && before?.call === name && Date.now() - before.at < BACK_MS) return answer();
    localStorage.removeItem(key("call")); // it has gone to somebody else
    if (!mayTalk()) return settle();
    is("ringing");
    sound.ring();
    buttons.rings(true);
    if (document.hidden && globalThis.Notification?.permission === "granted") {
      notice = new Notification(filled(T().rings, { firm: from }), { tag: "denwaban-ring", requireInteraction: true, lang: tools.language() });
      notice.onclick = () => focus();
    }
  }

  function hears(connection) {
    connection.addEventListener("track", ({ track }) => sound.hear(track));
  }

  /** What the microphone of now hears goes to the caller, whichever it was when the call was picked up. */
  function speak() {
    const track = sound.voice()?.getAudioTracks()[0];
    const sender = session?.connection?.getSenders().find((one) => one.track?.kind === "audio");
    if (track && sender && sender.track !== track) sender.replaceTrack(track).catch(() => {});
  }

  /** Picks up what rings here. */
  function answer() {
    if (!session?.isInProgress() || session.direction !== "incoming") return;
    quiet();
    // Without a microphone there is a silent one: whoever calls is heard all the same.
    session.answer({ mediaStream: sound.voice(), pcConfig: { iceServers: [] } });
  }

  /** What is in hand is remembered as long as it lasts, so that a page that is loaded again takes it up. */
  function keep() {
    const note = () => localStorage.setItem(key("call"), JSON.stringify({ call, at: Date.now() }));
    clearInterval(kept);
    note();
    kept = setInterval(note, KEPT_MS);
  }

  function quiet() {
    sound.still();
    buttons.rings(false);
    notice?.close();
    notice = null;
  }

  /** `forgets`: the call is not to be taken up again. */
  function over(forgets) {
    if (forgets) localStorage.removeItem(key("call"));
    clearInterval(kept);
    session = call = null;
    quiet();
    buttons.talks(false);
    sound.deaf();
  }

  // ---- On the page ----

  function is(next, reason = "") {
    [state, why] = [next, reason];
    buttons.talks(state === "talking");
    draw();
  }

  function text() {
    if (why === "lost") return T().lost;
    if (state === "refused") return filled(T().refused, { why });
    const words = T()[state] ?? "";
    if (lapsed) return `${words} · ${T().lapsed}`;
    return sound.silent() && ["ready", "ringing", "talking"].includes(state) ? `${words} · ${T().listenOnly}` : words;
  }

  const LOOKS = { ready: "ready", talking: "established", ringing: "busy", silent: "missed", starting: "busy", lost: "missed", refused: "missed", insecure: "missed", elsewhere: "busy", off: "" };

  function draw() {
    if (owner == null) return;
    $("phone-place").replaceChildren(...["beside", "page"].map((place) => new Option(T().places[place], place, false, choice.place === place)));
    $("phone-place").ariaLabel = T().phone;
    const unheard = sound.silent() && ["ready", "ringing", "talking"].includes(state);
    $("phone-state").className = `chip ${why === "lost" || unheard ? "missed" : LOOKS[state]}`;
    $("phone-place").hidden = lapsed;
    $("phone-state").hidden = state === "off";
    $("phone-state").textContent = text();
    const faulty = () => filled(T().noMicrophone, { why: T().faults[sound.fault()] ?? filled(T().faults.other, { name: sound.fault() }), so: T().unheard[state] ?? T().unheard.talking });
    const said = lapsed ? "lapsed" : state === "starting" && sound.asking() ? "asks" : state;
    $("phone-hint").textContent = T().hints[said] ?? (sound.silent() && sound.fault() ? faulty() : "");
    $("phone-hint").hidden = !$("phone-hint").textContent || choice.place !== "page";
    // Whoever speaks and is not heard has to learn it at once.
    $("phone-hint").classList.toggle("loud", unheard);
    $("phone-hint").role = unheard ? "alert" : "status";
    $("phone-answer").hidden = state !== "ringing" && !lapsed;
    $("phone-answer").textContent = lapsed ? `${T().hangUp} (F9)` : `${T().answer} (F2)`;
    $("phone-again").hidden = $("phone-listen").hidden = state !== "silent";
    $("phone-again").textContent = T().again;
    $("phone-listen").textContent = T().listen;
    $("phone-take").hidden = state !== "elsewhere";
    $("phone-take").textContent = T().takeOver;
    $("phone-more").hidden = choice.place !== "page" || ["insecure", "elsewhere"].includes(state);
    $("phone-more").firstElementChild.textContent = T().devices;
    for (const name of ["microphone", "speaker", "ringer", "bell", "level"]) $(`phone-${name}-name`).textContent = T()[name];
    $("phone-headset").hidden = !buttons.possible();
    $("phone-headset").textContent = buttons.name() ? filled(T().headsetIs, { name: buttons.name() }) : T().headset;
    $("phone-test").textContent = T().test;
  }

  async function listDevices() {
    const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    const fill = (place, kind, chosen, first) => {
      // Where nothing chosen is another thing than the usual device, that is one to choose, too.
      const isOne = (device) => device.kind === kind && device.deviceId && (device.deviceId !== "default" || first !== T().usual);
      const found = devices.filter(isOne);
      const name = (device, n) => device.deviceId === "default" ? T().usual : device.label || `${n + 1}`;
      $(place).replaceChildren(new Option(first, ""), ...found.map((device, n) => new Option(name(device, n), device.deviceId)));
      $(place).value = found.some((device) => device.deviceId === chosen) ? chosen : "";
    };
    fill("phone-microphone", "audioinput", choice.microphone, T().usual);
    fill("phone-speaker", "audiooutput", choice.speaker, T().usual);
    fill("phone-ringer", "audiooutput", choice.ringer, T().beside);
    fill("phone-bell", "audiooutput", choice.bell, T().none);
  }

  async function choose(change) {
    choice = { ...choice, ...change };
    localStorage.setItem(key("choice"), JSON.stringify(choice));
    if ("place" in change) return choice.place === "page" ? on() : off();
    await sound.use(choice);
    settle();
  }

  /** What the browser allows, or which devices there are, is another now. */
  function look() {
    if (ua || state === "silent") sound.use(choice).then(listDevices);
  }

  /** Nothing is left for whoever comes next. */
  function forget() {
    off();
    owner = null;
    $("phone").hidden = true;
  }

  $("phone-place").onchange = (event) => choose({ place: event.target.value });
  for (const name of ["microphone", "speaker", "ringer", "bell"]) $(`phone-${name}`).onchange = (event) => choose({ [name]: event.target.value });
  $("phone-answer").onclick = () => lapsed ? session?.terminate() : answer();
  $("phone-again").onclick = look;
  $("phone-listen").onclick = () => { sessionStorage.setItem(key("listens"), "1"); settle(); };
  $("phone-take").onclick = () => on(true);
  $("phone-test").onclick = () => { sound.ring(); setTimeout(() => { if (state !== "ringing") sound.still(); }, 2500); };
  $("phone-headset").onclick = async () => localStorage.setItem(key("headset"), JSON.stringify(await buttons.choose()));
  navigator.mediaDevices?.addEventListener("devicechange", look);
  // A browser that does not tell has the devices' own news.
  navigator.permissions?.query({ name: "microphone" }).then((permission) => { permission.onchange = look; }, () => {});
  addEventListener("keydown", (event) => {
    const deed = state === "ringing" && event.key === "F2" ? answer : lapsed && event.key === "F9" ? () => session?.terminate() : null;
    if (!deed || event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (!event.repeat) deed();
  });

  return {
    load,
    /** Everything again, in another language. */
    redraw() { draw(); if (ua) listDevices(); },
    /** Whether somebody is on this telephone, or rings. */
    busy: () => session != null,
    /** Whether the caller hears nothing of us: the headset's lamp shows it. */
    muted(is) { buttons.muted(is); },
    forget,
    /** The login is no more. If its time alone is over the server leaves a talk to its end, and so does this page; else it closes the socket. */
    lapse() {
      lapsed = state === "talking" && Boolean(ua?.isConnected());
      if (lapsed) draw(); else forget();
    },
  };
}
