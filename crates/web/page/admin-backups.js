// Backups: which there are, whether they are young enough, and one more now.

const LOOK_AGAIN_MS = 2000;

/** `tools` are the page's own and the administration's. */
export function backupsPart(tools) {
  const { element, build, A, api, send, act, list, chip, bytes, filled, when } = tools;
  const state = { all: null, later: null };

  async function load() {
    clearTimeout(state.later);
    state.all = await api("/backups");
    // As long as one is being made, it is looked again.
    if (state.all.busy) state.later = setTimeout(() => { if (tools.$("admin-panel-backups")?.hidden === false) act(async () => {}); }, LOOK_AGAIN_MS);
  }

  function line(one) {
    const name = one.file.split("/").at(-1);
    if (!one.manifest) return [{ text: name, kind: "code" }, "", bytes(one.bytes), "", chip(A().unreadable, "missed")];
    const recordings = filled(one.manifest.has_recordings ? A().withRecordings : A().withoutRecordings, { count: one.manifest.recordings, bytes: bytes(one.manifest.recording_bytes) });
    return [{ text: name, kind: "code" }, when(one.manifest.made_ms), { text: bytes(one.bytes), kind: "number" }, recordings, one.checked ? chip(A().checked, "ready") : chip(A().unchecked, "busy")];
  }

  return {
    load,
    draw() {
      const { all } = state;
      if (!all) return [];
      const parts = [element("p", { textContent: all.daily ? filled(A().backupDaily, { hour: all.hour, keep: all.keep }) : A().backupNotDaily }), element("p", { className: "quiet", textContent: filled(A().backupFolder, { folder: all.folder }) })];
      if (all.late) parts.push(element("p", { className: "error", textContent: filled(A().backupLate, { hours: all.late_hours }) }));
      if (all.failed) parts.push(element("p", { className: "error", textContent: filled(A().backupFailed, { why: all.failed }) }));
      const now = build.button(all.busy ? A().backupBusy : A().backupNow, () => act(() => send("/backups", "POST")), { id: "backup-now", className: "main", disabled: all.busy });
      return [...parts, element("div", { className: "acts" }, now), list(A().tabs.backups, [A().backupFile, A().time, A().length, A().recording, A().state], all.backups.map(line)), element("p", { className: "quiet", textContent: A().backupRestore })];
    },
  };
}
