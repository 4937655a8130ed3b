// How long things are kept, what is held back, what goes next, and the proof of what went (F54).

const PURGE_MAX_MS = 3_600_000; // half a year of a large house

/** `tools` are the page's own and the administration's. */
export function keepingPart(tools) {
  const { element, build, A, api, send, act, show, list, bytes, filled, when } = tools;
  const state = { keeping: null, firms: [], holds: [], ledger: [], written: { kind: "call" }, asks: false };
  const firm = (id) => state.firms.find((one) => one.id === id)?.name ?? String(id ?? "");
  const write = (key, input) => { input.oninput = () => { state.written[key] = input.value; }; return input; };

  async function load() {
    [state.keeping, state.firms, state.holds, state.ledger] = await Promise.all([api("/keeping"), api("/customers"), api("/holds"), api("/purges")]);
  }

  const set = (customer, days) => act(() => send(`/keeping/${customer}`, "PUT", { days: days === "" ? null : Number(days) }), A().daysSet);

  function retention() {
    const { keeping } = state;
    const house = build.input("keeping-house", keeping.days ?? "", { type: "number", min: 1, max: 3653 });
    const choice = write("firm", build.select("keeping-firm", [["", A().choose], ...state.firms.filter((one) => one.active).map((one) => [String(one.id), one.name])], state.written.firm ?? ""));
    const days = write("days", build.input("keeping-days", state.written.days ?? "", { type: "number", min: 1, max: 3653 }));
    const rows = keeping.firms.map((one) => [firm(one.customer), { text: String(one.days), kind: "number" }, one.changed_by, when(one.changed_ms),
      build.button(A().usual, () => set(one.customer, ""), { className: "link", ariaLabel: `${A().usual}: ${firm(one.customer)}` })]);
    return [element("p", { textContent: filled(A().keptFrom, { time: when(keeping.kept_from_ms) }) }),
      build.row(build.labelled(A().houseDays, house, A().usualDays), element("div", { className: "acts" }, build.button(A().setDays, () => set(0, house.value), { id: "keeping-house-set", ariaLabel: `${A().setDays}: ${A().houseDays}` }))),
      element("h3", { textContent: A().firmDays }), list(A().firmDays, [A().firm, A().days, A().who, A().time, ""], rows),
      build.row(build.labelled(A().firm, choice), build.labelled(A().days, days), element("div", { className: "acts" }, build.button(A().setDays, () => { if (choice.value) set(choice.value, days.value); }, { id: "keeping-firm-set", ariaLabel: `${A().setDays}: ${A().firmDays}` })))];
  }

  function due() {
    const { waiting, next } = state.keeping;
    const counts = { ...waiting, bytes: bytes(waiting.bytes) };
    const purge = () => { state.asks = false; return act(async () => { state.done = await api("/purges", { method: "POST", signal: AbortSignal.timeout(PURGE_MAX_MS) }); }).then(() => tools.said(filled(A().purged, state.done ?? {}))); };
    const acts = state.asks
      ? [element("strong", { textContent: filled(A().purgeSure, counts) }), build.button(A().purgeDo, purge, { id: "keeping-purge-do" }), build.button(A().cancel, () => { state.asks = false; show(); })]
      : [build.button(A().purgeNow, () => { state.asks = true; show(); }, { id: "keeping-purge", disabled: waiting.reports + waiting.calls === 0 })];
    return [element("h3", { textContent: A().next }), element("p", { id: "keeping-waiting", textContent: filled(A().nextCount, counts) }), element("div", { className: "acts" }, ...acts),
      list(A().next, [A().time, A().firm, A().call, A().report, A().recording], next.map((one) => [when(one.at_ms), one.customer_name, { text: one.call ?? "", kind: "code" }, { text: one.report ?? "", kind: "code" }, one.bytes == null ? "" : bytes(one.bytes)]))];
  }

  function holds() {
    const rows = state.holds.map((one) => [when(one.held_ms), one.held_by, { text: one.call ?? one.report ?? firm(one.customer), kind: "code" }, one.why,
      build.button(A().release, () => act(() => send(`/holds/${one.id}`, "DELETE"), A().released), { className: "link", ariaLabel: `${A().release}: ${one.call ?? one.report ?? firm(one.customer)}` })]);
    const kind = build.select("hold-kind", Object.entries(A().holdKinds), state.written.kind);
    kind.onchange = () => { state.written.kind = kind.value; state.written.which = ""; show(); };
    const which = state.written.kind === "customer"
      ? build.select("hold-which", [["", A().choose], ...state.firms.map((one) => [String(one.id), one.name])], state.written.which ?? "")
      : build.input("hold-which", state.written.which ?? "", { spellcheck: false, autocapitalize: "none" });
    const why = write("why", build.input("hold-why", state.written.why ?? "", { maxLength: 500 }));
    const hold = () => act(async () => {
      const value = state.written.which?.trim() ?? "";
      const about = state.written.kind === "customer" ? (value ? Number(value) : null) : value || null;
      await send("/holds", "POST", { [state.written.kind]: about, why: why.value });
      Object.assign(state.written, { which: "", why: "" });
    }, A().held);
    return [element("h3", { textContent: A().holds }), list(A().holds, [A().time, A().who, A().about, A().why, ""], rows),
      build.row(build.labelled(A().holdOf, kind), build.labelled(A().holdWhich, write("which", which)), build.labelled(A().why, why), element("div", { className: "acts" }, build.button(A().hold, hold, { id: "hold-set" })))];
  }

  function ledger() {
    const { broken } = state.keeping;
    const rows = state.ledger.map((one) => [when(one.at_ms), one.who, { text: String(one.reports), kind: "number" }, { text: String(one.calls), kind: "number" }, { text: `${one.recordings} (${bytes(one.bytes)})`, kind: "number" }, { text: one.hash.slice(0, 16), kind: "code" }]);
    return [element("h3", { textContent: A().ledger }), element("p", { className: broken == null ? "quiet" : "error", textContent: broken == null ? A().ledgerWhole : filled(A().ledgerBroken, { id: broken }) }),
      list(A().ledger, [A().time, A().who, A().report, A().call, A().recording, A().hash], rows)];
  }

  return { load, draw: () => state.keeping ? [...retention(), ...due(), ...holds(), ...ledger()] : [] };
}
