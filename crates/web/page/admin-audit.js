// The audit log: who did what, when; searched, page by page, and taken away.

/** `tools` are the page's own and the administration's. */
export function auditPart(tools) {
  const { element, build, A, api, act, list, when } = tools;
  const state = { lines: [], next: null, asked: {} };

  function query(more = {}) {
    const asked = new URLSearchParams(more);
    for (const key of ["who", "what", "about"]) if (state.asked[key]?.trim()) asked.set(key, state.asked[key].trim());
    for (const key of ["from", "to"]) if (state.asked[key]) asked.set(`${key}_ms`, new Date(`${state.asked[key]}+09:00`).getTime());
    return asked;
  }

  async function load() {
    ({ lines: state.lines, next: state.next } = await api(`/audit?${query()}`));
  }

  async function further() {
    const page = await api(`/audit?${query({ before: state.next })}`);
    // The tab shows what is loaded: `load` would begin anew.
    state.lines.push(...page.lines);
    state.next = page.next;
    tools.show();
  }

  return {
    load,
    draw() {
      const field = (key, label, more) => build.labelled(label, build.input(`audit-${key}`, state.asked[key] ?? "", { ...more, oninput: (event) => { state.asked[key] = event.target.value; csv.href = `/api/v1/audit/export?${query()}`; } }));
      const csv = element("a", { href: `/api/v1/audit/export?${query()}`, download: "", textContent: A().auditCsv, id: "audit-csv" });
      const form = element("form", { role: "search", ariaLabel: A().tabs.audit, onsubmit: (event) => { event.preventDefault(); act(async () => {}); } },
        build.row(field("who", A().who), field("what", A().auditWhat, { placeholder: "recording" }), field("about", A().about), field("from", A().since, { type: "datetime-local" }), field("to", A().to, { type: "datetime-local" })),
        element("div", { className: "acts" }, element("button", { className: "main", id: "audit-search", textContent: A().search }), csv));
      const rows = state.lines.map((line) => [when(line.at_ms), line.who, { text: line.what, kind: "code" }, { text: line.about, kind: "code" }, line.detail]);
      const more = state.next == null ? [] : [build.button(A().more, () => further().catch((error) => tools.said(tools.wrong(error), "error")), { id: "audit-more" })];
      return [form, list(A().tabs.audit, [A().time, A().who, A().what, A().about, A().detail], rows), ...more];
    },
  };
}
