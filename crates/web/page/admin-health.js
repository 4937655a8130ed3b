// How the house is: what `denwaban check` finds, now; and sources that are shut out by hand.

const KINDS = { OK: "ready", WARN: "busy", FAIL: "missed" };

/** `tools` are the page's own and the administration's. */
export function healthPart(tools) {
  const { element, build, A, api, act, list, chip, filled, when } = tools;
  const state = { health: null };

  const line = (found) => [chip(A().verdicts[found.verdict] ?? found.verdict, KINDS[found.verdict] ?? ""), found.name, element("span", {}, found.detail, ...(found.remedy ? [element("small", { className: "quiet", textContent: ` → ${found.remedy}` })] : []))];

  return {
    async load() { state.health = await api("/health", { signal: AbortSignal.timeout(60000) }); },
    draw() {
      const { health } = state;
      if (!health) return [];
      const worst = ["FAIL", "WARN", "OK"].find((verdict) => health.findings.some((found) => found.verdict === verdict)) ?? "OK";
      const order = { FAIL: 0, WARN: 1, OK: 2 };
      const found = [...health.findings].sort((a, b) => order[a.verdict] - order[b.verdict]);
      const trunks = health.trunks.map((trunk) => [{ text: trunk.name, kind: "firm" }, chip(trunk.up ? A().reachable : A().unreachable, trunk.up ? "ready" : "missed")]);
      return [element("p", { id: "health-worst" }, chip(A().verdicts[worst], KINDS[worst]), ` ${filled(A().runs, { version: health.version, time: when(health.started_ms), now: when(health.now_ms) })}`),
        element("div", { className: "acts" }, build.button(A().refresh, () => act(async () => {}), { id: "health-refresh" })),
        list(A().tabs.health, [A().verdict, A().about, A().detail], found.map(line)),
        element("h3", { textContent: A().trunks }), list(A().trunks, [A().trunk, A().state], trunks)];
    },
  };
}
