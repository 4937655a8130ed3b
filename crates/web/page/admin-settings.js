// The settings of the whole house. What this form does not show is saved as it was.

const CODES = ["hold", "attended", "confirmed", "complete", "cancel", "pause", "ready", "not_ready", "log_out"];

/** `tools` are the page's own and the administration's. */
export function settingsPart(tools) {
  const { element, build, A, api, send, act } = tools;
  const state = { settings: null };
  const reasonsText = (reasons) => reasons.map(({ code, ja, en }) => `${code} ${ja} ${en}`).join("\n");
  const reasonsOf = (text) => text.split("\n").map((line) => line.trim().split(/[\s　]+/)).filter(([code]) => code).map(([code, ja = "", ...en]) => ({ code, ja, en: en.join(" ") }));

  return {
    async load() { state.settings = await api("/settings"); },
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
          build.labelled(A().openReports, number("settings-open-reports", now, "open_reports_max", { min: 0, max: 100 }), A().openReportsHint)),
        build.group(A().outgoing, build.row(...caps)),
        build.group(A().codes, build.row(...CODES.map((code) => build.labelled(A().codeNames[code], text(`settings-code-${code}`, now.feature_codes, code, { maxLength: 6, spellcheck: false }))))),
        build.labelled(A().reasons, reasons),
        element("div", { className: "acts" }, build.button(A().save, () => act(() => send("/settings", "PUT", now), A().settingsSaved), { id: "settings-save", className: "main" }))];
    },
  };
}
