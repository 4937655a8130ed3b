// The settings of the whole house. What was not changed here is saved as it is by then, whoever has changed it meanwhile.

const CODES = ["hold", "attended", "confirmed", "complete", "cancel", "pause", "ready", "not_ready", "log_out"];

/** `tools` are the page's own and the administration's. */
export function settingsPart(tools) {
  const { element, build, A, api, act } = tools;
  const state = { settings: null, base: null }; // as they are in the form, and as they were when it was loaded
  const reasonsText = (reasons) => reasons.map(({ code, ja, en }) => `${code} ${ja} ${en}`).join("\n");
  const reasonsOf = (text) => text.split("\n").map((line) => line.trim().split(/[\s　]+/)).filter(([code]) => code).map(([code, ja = "", ...en]) => ({ code, ja, en: en.join(" ") }));

  const isList = (value) => value === null || typeof value !== "object" || Array.isArray(value);
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  /** What was changed in `mine` since `base`, upon what is there now. */
  const merged = (base, mine, now) => isList(mine) || isList(now) ? (same(base, mine) ? now : mine)
    : Object.fromEntries(Object.keys({ ...now, ...mine }).map((key) => [key, merged(base?.[key], mine[key], now[key])]));

  async function load() {
    const now = await api("/settings");
    state.settings = state.base ? merged(state.base, state.settings, now) : structuredClone(now);
    state.base = now;
  }

  async function save() {
    let seen = "";
    const now = await api("/settings", { tagged: (tag) => { seen = tag; } });
    const headers = { "Content-Type": "application/json", "Accept-Language": tools.language(), "If-Match": seen };
    await api("/settings", { method: "PUT", headers, body: JSON.stringify(merged(state.base, state.settings, now)) });
    state.base = null; // what is there by now is loaded next
  }

  return {
    load,
    isChanged: () => !same(state.base, state.settings),
    draw() {
      const now = state.settings;
      if (!now) return [];
      const bind = (input, write) => { input.oninput = () => write(input.value); return input; };
      const number = (name, holder, key, more = {}) => bind(build.input(name, holder[key] ?? "", { type: "number", ...more }), (value) => { holder[key] = value === "" ? null : Number(value); });
      const text = (name, holder, key, more = {}) => bind(build.input(name, holder[key] ?? "", more), (value) => { holder[key] = value; });
      const caps = Object.keys(now.outgoing ?? {}).map((key) => build.labelled(A().capNames[key] ?? key, number(`settings-${key}`, now.outgoing, key, { min: 0 })));
      const reasons = bind(element("textarea", { name: "settings-reasons", rows: 6, value: reasonsText(now.not_ready_reasons) }), (value) => { now.not_ready_reasons = reasonsOf(value); });
      return [element("p", { className: "quiet", textContent: A().settingsHint }),
        build.row(build.labelled(A().greeting, text("settings-greeting", now, "default_greeting", { maxLength: 500 })), build.labelled(A().holdMusic, text("settings-hold-music", now, "hold_music", { spellcheck: false, autocapitalize: "none" }))),
        build.row(build.labelled(A().confirmSeconds, number("settings-confirm", now, "confirm_seconds", { min: 5, max: 60 })), build.labelled(A().callSecondsMax, number("settings-call", now, "call_seconds_max", { min: 60, max: 86400 })),
          build.labelled(A().openReports, number("settings-open-reports", now, "open_reports_max", { min: 0, max: 100 }), A().openReportsHint),
          build.labelled(A().recordingsLine, text("settings-recordings-line", now, "recordings_line", { type: "tel", inputMode: "tel", maxLength: 20 }), A().recordingsLineHint)),
        build.group(A().outgoing, build.row(...caps)),
        build.group(A().codes, build.row(...CODES.map((code) => build.labelled(A().codeNames[code], text(`settings-code-${code}`, now.feature_codes, code, { maxLength: 6, spellcheck: false }))))),
        build.labelled(A().reasons, reasons),
        element("div", { className: "acts" }, build.button(A().save, () => act(save, A().settingsSaved), { id: "settings-save", className: "main" }))];
    },
  };
}
