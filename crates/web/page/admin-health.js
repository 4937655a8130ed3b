// How the house is: what `denwaban check` finds, now; and each trunk with its registration and the calls of today.

const REGISTRATIONS = { registered: "ready", refused: "missed", unanswered: "missed", expired: "missed", asking: "busy" };
const KINDS = { OK: "ready", WARN: "busy", FAIL: "missed" };

/** `tools` are the page's own and the administration's. */
export function healthPart(tools) {
  const { element, build, A, api, act, list, chip, filled, when } = tools;
  const state = { health: null };

  const line = (found) => [chip(A().verdicts[found.verdict] ?? found.verdict, KINDS[found.verdict] ?? ""), found.name, element("span", {}, found.detail, ...(found.remedy ? [element("small", { className: "quiet", textContent: ` → ${found.remedy}` })] : []))];

  return {
    speaks: true,
    async load() { state.health = await api("/health", { signal: AbortSignal.timeout(60000) }); },
    draw() {
      const { health } = state;
      if (!health) return [];
      const worst = ["FAIL", "WARN", "OK"].find((verdict) => health.findings.some((found) => found.verdict === verdict)) ?? "OK";
      const order = { FAIL: 0, WARN: 1, OK: 2 };
      const found = [...health.findings].sort((a, b) => order[a.verdict] - order[b.verdict]);
      const number = (count) => ({ text: String(count), kind: "number" });
      const failures = ({ unanswered }) => Object.entries(unanswered).map(([how, count]) => `${tools.W().endings[how] ?? how}: ${count}`).join(A().comma);
      const trunks = health.trunks.map((trunk) => [{ text: trunk.name, kind: "firm" },
        element("span", {}, chip(trunk.up ? A().reachable : A().unreachable, trunk.up ? "ready" : "missed"), element("small", { className: "quiet", textContent: ` ${[when(trunk.since_ms), trunk.why].filter(Boolean).join(" ")}` })),
        element("span", {}, chip(A().registrations[trunk.registration], REGISTRATIONS[trunk.registration] ?? ""), element("small", { className: "quiet", textContent: ` ${when(trunk.registration_since_ms)}` })),
        trunk.answer == null ? "" : `${trunk.answer} (${when(trunk.answer_ms)})`, number(trunk.outgoing + trunk.today.open), number(trunk.today.calls), number(trunk.today.answered), failures(trunk.today)]);
      return [element("p", { id: "health-worst" }, chip(A().verdicts[worst], KINDS[worst]), ` ${filled(A().runs, { version: health.version, time: when(health.started_ms), now: when(health.now_ms) })}`),
        element("div", { className: "acts" }, build.button(A().refresh, () => act(async () => {}), { id: "health-refresh" })),
        list(A().tabs.health, [A().verdict, A().about, A().detail], found.map(line)),
        element("h3", { textContent: A().trunks }), list(A().trunks, [A().trunk, A().state, A().registration, A().answer, A().callsNow, A().callsToday, A().answeredToday, A().failuresToday], trunks)];
    },
  };
}
