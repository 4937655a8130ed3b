// The call that rings, and the call in hand: how many rings have gone by, and one key for each thing that can be done.
import { RING_MS, alertness } from "/wallboard.js";

const TICK_MS = 250;
const IN_HAND = ["established", "held"];

/**
 * `tools` are those of the form, with `R()`, `urgent()`, whether the report says that it is urgent, `bridging(call)`, what is known of
 * whom its firm has rung, and `phrases()`, the buttons of what is said, in their order.
 */
export function hand(tools) {
  const { $, element, filled, seconds, api, wrong, R } = tools;
  let rings = null; // { call, since }: the offer
  let wraps = null; // when the wrap-up is over
  let call = null; // one's own, as /now has it
  let asked = null; // how and to whom it is to be passed on, while the reason is being written
  let known = null; // { call, bridge, transfer, targets }: stays when another report is opened meanwhile
  let choosing = null; // { call, mode, from }: whom to ring is being chosen
  let last = Promise.resolve(); // what is being asked for: one after the other, and no key is lost

  // ---- It rings ----

  function drawRings() {
    const ms = performance.now() - rings.since;
    const count = Math.floor(ms / RING_MS);
    $("ring-time").className = `chip ${alertness(count)}`;
    $("ring-time").textContent = filled(tools.W().rings, { rings: count, seconds: seconds(ms) });
  }

  function drawWraps() {
    $("wrap-up").hidden = wraps == null;
    if (wraps == null) return;
    const left = Math.max(0, wraps - performance.now());
    $("wrap-up").textContent = `${R().wrapUpLeft} ${tools.duration(left + 999) || "0:00"}`;
    $("wrap-up").className = `chip ${left < 5000 ? "missed" : "busy"}`;
  }

  setInterval(() => { if (rings) drawRings(); if (wraps != null) drawWraps(); }, TICK_MS);

  // ---- It is in hand ----

  /** What can be done now: the key, its words, what it does, and whether it is the next thing to do. */
  function deeds() {
    const on = call.state !== "held";
    const passing = ["attended", "confirmed"].includes(call.transfer);
    return [
      ...(passing || call.transfer === "bridged" ? [] : [["F3", on ? R().hold : R().resume, () => act("hold", { on }), !on]]),
      ...(passing || call.transfer === "bridged" || !on ? [] : [["Shift+F3", call.muted ? R().unmute : R().mute, () => act("mute", { on: !call.muted }), call.muted]]),
      ...(call.transfer || way()?.bridge === false ? [] : [["F4", R().bridge, () => passes("attended")], ["Shift+F4", R().bridgeBlind, () => passes("confirmed")]]),
      ...(call.transfer === "attended" ? [["F4", R().bridgeJoin, () => act("transfer/complete"), true]] : []),
      ...(passing ? [["F6", R().bridgeBack, () => act("transfer/cancel")]] : []),
      // Nothing of what is said now is kept (a card number), and is again.
      ...(IN_HAND.includes(call.state) ? [["Shift+F2", call.recording_paused ? tools.W().resumeRecording : tools.W().pauseRecording, () => act("recording/pause", { on: !call.recording_paused }), call.recording_paused]] : []),
      ["F9", R().hangUp, () => act("hangup")],
    ];
  }

  /** Whom the firm has rung, and for which calls, as far as it is known. */
  function way() {
    const { bridge, transfer, targets } = tools.bridging(call.call) ?? {};
    if (targets) known = { call: call.call, bridge, transfer, targets };
    return known?.call === call.call ? known : null;
  }

  function drawWay() {
    const { bridge, transfer, targets } = way() ?? {};
    const names = targets?.map((one) => filled(R().bridgeTo, { name: one.name, seconds: one.ring_seconds })).join(" → ");
    $("hand-to").textContent = call.transfer || !bridge ? "" : names ? `${names} · ${R().bridgePolicies[transfer]}` : R().bridgeNobody;
  }

  function draw() {
    if (choosing && (choosing.call !== call?.call || call.transfer)) chosen();
    $("hand").hidden = !call;
    if (!call) { asksNothing(); $("hand-error").textContent = ""; return; }
    const { W } = tools;
    const state = W().transfers[call.transfer] ?? W().states[call.state] ?? call.state;
    const drawn = JSON.stringify([call, tools.language(), way()]);
    // A button that somebody is about to press stays where it is.
    if ($("hand").dataset.drawn === drawn) return;
    $("hand").dataset.drawn = drawn;
    $("hand-state").className = `chip ${call.state}`;
    $("hand-state").textContent = call.target ? `${state} → ${call.target}` : state;
    drawWay();
    $("hand-acts").replaceChildren(...deeds().map(([key, words, deed, next]) =>
      element("button", { type: "button", className: next ? "main" : "", textContent: `${words} (${key})`, onclick: deed })));
  }

  function act(what, body = {}) {
    const { call: id } = call ?? {};
    const doing = last.then(() => id == null ? undefined : asks(id, what, body));
    last = doing.catch(() => {});
    return doing;
  }

  async function asks(id, what, body) {
    $("hand-error").textContent = "";
    try {
      await api(`/calls/${id}/${what}`, { method: "POST", ...(what.startsWith("transfer/") || what === "hangup" ? {} : { body: JSON.stringify(body) }) });
      asksNothing();
    } catch (error) {
      $("hand-error").textContent = wrong(error);
      throw error;
    }
  }

  /** At once to the one whom the firm has rung; where there are several, the second press is for all of them. */
  function passes(mode) {
    const { targets = [] } = way() ?? {};
    if (targets.length < 2 || choosing?.mode === mode) { chosen(); return bridge(mode); }
    const one = (textContent, to) => element("button", { type: "button", textContent, onclick: () => { chosen(); bridge(mode, to); } });
    const from = choosing?.from ?? document.activeElement;
    $("hand-whom").ariaLabel = mode === "attended" ? R().bridge : R().bridgeBlind;
    $("hand-whom").replaceChildren(one(`${R().bridgeOrder} (Enter)`, null), ...targets.map(({ name, number }, place) => one(place < 9 ? `${name} (${place + 1})` : name, number)));
    $("hand-whom").hidden = false;
    choosing = { call: call.call, mode, from };
    $("hand-whom").firstChild.focus();
  }

  /** The list is closed; whoever was writing goes on there. */
  function chosen() {
    const from = choosing?.from;
    choosing = null;
    $("hand-whom").hidden = true;
    from?.focus();
  }

  $("hand-whom").onkeydown = (event) => {
    const { key } = event;
    const button = /^[1-9]$/.test(key) && !event.ctrlKey && !event.altKey && !event.metaKey && $("hand-whom").children[key];
    if (!button && key !== "Escape") return;
    event.preventDefault();
    if (button) button.click(); else chosen();
  };
  // A digit that is typed elsewhere rings nobody.
  $("hand-whom").addEventListener("focusout", ({ relatedTarget }) => {
    if (!choosing || $("hand-whom").contains(relatedTarget)) return;
    choosing.from = null;
    chosen();
  });

  /** To the firm's people, in their order, or to that one alone; where the firm's policy does not allow it by itself, with a reason. */
  async function bridge(mode, to = null, reason = null) {
    try { await act("transfer", { mode, to, urgent: Boolean(tools.urgent()), reason }); }
    catch (error) {
      if (error.body?.field !== "reason" || reason != null) return;
      asked = [mode, to];
      $("hand-why").hidden = false;
      $("hand-why").elements.reason.focus();
    }
  }

  function asksNothing() {
    asked = null;
    $("hand-why").hidden = true;
    $("hand-why").reset();
  }

  $("hand-why").onsubmit = (event) => {
    event.preventDefault();
    if (asked) bridge(...asked, event.target.elements.reason.value);
  };
  $("hand-why-cancel").onclick = asksNothing;

  // ---- Keys ----

  addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.metaKey) return;
    if (event.ctrlKey) {
      const phrase = /^Digit[1-9]$/.test(event.code) && !event.shiftKey ? tools.phrases()[Number(event.code.slice(5)) - 1] : null;
      if (!phrase) return;
      event.preventDefault();
      if (!event.repeat) phrase.click();
      return;
    }
    const key = event.shiftKey ? `Shift+${event.key}` : event.key;
    const deed = call && deeds().find(([name]) => name === key);
    if (!deed) return;
    event.preventDefault();
    if (!event.repeat) Promise.resolve(deed[2]()).catch(() => {});
  });

  return {
    /** What can be done now, when more is known of it. */
    draw,
    /** A call is offered: who, is said aloud once. */
    rings(pop) {
      rings = { call: pop.call, since: performance.now() - pop.waited_ms };
      $("ring").hidden = false;
      $("ring-said").textContent = filled(R().ringing, { firm: pop.customer_name || tools.W().unknown });
      drawRings();
    },
    /** It rings no more. */
    still() {
      rings = null;
      $("ring").hidden = true;
      $("ring-said").textContent = "";
    },
    /** The calls as they are now. */
    shows(now) {
      const me = tools.me()?.operator;
      const left = now?.operators.find((one) => one.operator === me)?.wrap_up_left_ms;
      wraps = left == null ? null : performance.now() + left;
      drawWraps();
      call = (me != null && now?.calls.find((one) => one.operator === me && (IN_HAND.includes(one.state) || one.transfer))) || null;
      draw();
    },
    /** What this key does, if it does anything now. */
    deed(name) {
      const deed = call && deeds().find(([key]) => key === name);
      if (deed) Promise.resolve(deed[2]()).catch(() => {});
    },
    redraw() { $("hand").dataset.drawn = ""; draw(); drawWraps(); if (rings) drawRings(); },
    forget() {
      call = wraps = known = null;
      drawWraps();
      this.still();
      draw();
    },
  };
}
