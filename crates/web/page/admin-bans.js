// Sources that the telephone side does not listen to: those that shut themselves out by what they did, and those that are shut out by hand.

/** `tools` are the page's own and the administration's. */
export function bansPart(tools) {
  const { element, build, A, api, send, act, show, list, chip, when } = tools;
  const state = { bans: [], shut: [], written: {}, asks: null };
  /** Whoever types something else is not asked any more about what was there before. */
  const write = (key, input) => {
    input.oninput = () => {
      state.written[key] = input.value;
      state.asks = null;
      tools.$("ban-asks")?.remove();
    };
    return input;
  };

  async function load() {
    [state.bans, state.shut] = await Promise.all([api("/bans"), api("/bans/by-hand")]);
  }

  function written() {
    const { network = "", reason = "", until = "" } = state.written;
    // Times on this page are Japanese, wherever the browser is.
    return { network, reason, until_ms: until ? new Date(`${until}+09:00`).getTime() : null };
  }

  /** Whoever would shut out the own address is told so, and says it again: exactly what was asked about is shut out then. */
  async function add(body) {
    state.asks = null;
    const done = await act(async () => {
      try {
        await send("/bans/by-hand", "POST", body);
        state.written = {};
        return true;
      } catch (error) {
        if (error.status !== 409 || error.body?.field !== "network") throw error;
        state.asks = { body, text: [error.body.what, error.body.remedy].filter(Boolean).join(" — ") };
        return false;
      }
    });
    if (done) tools.said(A().banned);
    if (state.asks) tools.$("ban-cancel")?.focus();
  }

  const holds = (one) => one.lifted_ms == null && (one.until_ms == null || one.until_ms > Date.now());

  function draw() {
    const field = (key, label, more, hint) => build.labelled(label, write(key, build.input(`ban-${key}`, state.written[key] ?? "", more)), hint);
    const { asks } = state;
    const cancel = () => { state.asks = null; show(); tools.$("ban-add").focus(); };
    const confirm = asks ? [element("div", { id: "ban-asks", className: "acts", role: "alert" }, element("strong", { textContent: asks.text }),
      build.button(A().banEvenMe, () => add({ ...asks.body, even_me: true }), { id: "ban-even-me", className: "danger" }), build.button(A().cancel, cancel, { id: "ban-cancel" }))] : [];
    const hand = state.shut.map((one) => [{ text: one.network, kind: "code" }, one.reason, holds(one) ? chip(A().banHolds, "missed") : chip(A().banOver, ""), `${one.made_by} ${when(one.made_ms)}`, one.lifted_ms ? `${one.lifted_by} ${when(one.lifted_ms)}` : when(one.until_ms) || A().banForever,
      holds(one) ? build.button(A().banLift, () => act(() => send(`/bans/by-hand/${one.id}`, "DELETE"), A().banLifted), { className: "link", ariaLabel: `${A().banLift}: ${one.network}` }) : ""]);
    const own = state.bans.map((one) => [{ text: one.source, kind: "code" }, A().banReasons[one.reason] ?? one.reason, { text: String(one.failures), kind: "number" }, when(one.until_ms),
      build.button(A().banLift, () => act(() => send(`/bans/${encodeURIComponent(one.source)}`, "DELETE"), A().banLifted), { className: "link", ariaLabel: `${A().banLift}: ${one.source}` })]);
    return [element("p", { className: "quiet", textContent: A().bansHint }),
      build.row(field("network", A().banNetwork, { spellcheck: false, autocapitalize: "none", maxLength: 60 }, A().banNetworkHint), field("reason", A().why, { maxLength: 100 }), field("until", A().banUntil, { type: "datetime-local" }, A().banUntilHint),
        element("div", { className: "acts" }, build.button(A().ban, () => add(written()), { id: "ban-add" }))), ...confirm,
      element("h3", { textContent: A().bansByHand }), list(A().bansByHand, [A().banNetwork, A().why, A().state, A().who, A().banUntil, ""], hand),
      element("h3", { textContent: A().bansOwn }), list(A().bansOwn, [A().banNetwork, A().why, A().banTimes, A().banUntil, ""], own), element("p", { className: "quiet", textContent: A().bansOwnHint })];
  }

  return { load, draw };
}
