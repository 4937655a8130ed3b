// What each operator did, by day, week or month; a firm's certificate of a month; and the screens on the wall. All of it to be taken away.
import { blocks } from "/form.js";
import { fromJapan, toJapan } from "/profile-day.js";
import { words } from "/operators-words.js";

const DAY_MS = 86_400_000;

/** `tools` are the page's own. */
export function operatorsDesk(tools) {
  const { $, element, table, chip, filled, when, api, wrong } = tools;
  const O = () => words[tools.language()] ?? words.en;
  const build = blocks(element);
  const place = $("operators-desk");
  const today = () => toJapan(Date.now()).slice(0, 10);
  const state = { firms: [], rows: null, span: null, by: "week", firm: "", month: "", certificate: null, displays: [], link: "" };
  const shell = {};

  async function load() {
    state.firms = await api("/customers");
    state.displays = tools.me()?.role === "admin" ? await api("/displays") : [];
    draw();
  }

  const asked = () => new URLSearchParams({ from_ms: fromJapan(`${state.span.from}T00:00`), to_ms: fromJapan(`${state.span.to}T00:00`) + DAY_MS, by: state.by });
  const tries = async (work) => {
    shell.error.textContent = "";
    await work().catch((error) => { shell.error.textContent = [error.body?.what ?? wrong(error), error.body?.remedy].filter(Boolean).join(" — "); });
  };
  const count = () => tries(async () => { state.rows = await api(`/operators/figures?${asked()}`); drawRows(); });
  const certify = () => tries(async () => { state.certificate = state.firm && state.month ? await api(`/customers/${state.firm}/certificate?month=${state.month}`) : null; drawCertificate(); });

  function draw() {
    state.span ??= { from: toJapan(Date.now() - 28 * DAY_MS).slice(0, 10), to: today() };
    state.month ||= today().slice(0, 7);
    Object.assign(shell, {
      error: element("p", { className: "error", id: "operators-error", role: "alert" }), rows: element("table", { id: "operators-figures", ariaLabel: O().title }),
      csv: element("a", { id: "operators-csv", textContent: O().csv, download: "" }), certificate: element("dl", { id: "certificate", className: "facts" }),
      certificateCsv: element("a", { textContent: O().csv, download: "", id: "certificate-csv" }), certificateJson: element("a", { textContent: O().json, download: "", id: "certificate-json" }),
      displays: element("div", { id: "displays" }),
    });
    const day = (key, label) => build.labelled(label, build.input(`operators-${key}`, state.span[key], { type: "date", onchange: (event) => { state.span[key] = event.target.value || state.span[key]; links(); count(); } }));
    const by = build.select("operators-by", [["day", O().day], ["week", O().week], ["month", O().month]], state.by);
    by.onchange = () => { state.by = by.value; links(); count(); };
    const firm = build.select("certificate-firm", [["", O().choose], ...state.firms.map((one) => [String(one.id), one.name])], state.firm);
    const month = build.input("certificate-month", state.month, { type: "month" });
    firm.onchange = month.onchange = () => { Object.assign(state, { firm: firm.value, month: month.value }); links(); certify(); };
    const was = place.querySelector("details")?.open ?? false;
    place.replaceChildren(element("details", { open: was, ontoggle: (event) => { if (event.target.open && !state.rows) count(); } }, element("summary", { textContent: O().title }), shell.error,
      build.row(day("from", O().from), day("to", O().to), build.labelled(O().by, by)), element("div", { className: "wide", tabIndex: 0, role: "region", ariaLabel: O().title }, shell.rows), element("p", {}, shell.csv),
      element("h3", { textContent: O().certificate }), build.row(build.labelled(O().firm, firm), build.labelled(O().month, month)), shell.certificate, element("p", { id: "certificate-links" }, shell.certificateCsv, " ", shell.certificateJson),
      ...(tools.me()?.role === "admin" ? [element("h3", { textContent: O().walls }), element("p", { className: "quiet", textContent: O().wallsHint }), shell.displays] : [])));
    place.hidden = false;
    links();
    drawRows();
    drawCertificate();
    if (tools.me()?.role === "admin") drawDisplays();
  }

  function links() {
    shell.csv.href = `/api/v1/operators/figures/export?${asked()}`;
    shell.certificateCsv.href = `/api/v1/customers/${state.firm}/certificate/export?month=${state.month}`;
    shell.certificateJson.href = `/api/v1/customers/${state.firm}/certificate?month=${state.month}`;
    shell.certificateCsv.parentElement.hidden = !state.firm;
  }

  const number = (text) => ({ text: String(text), kind: "number" });
  const clock = (ms) => `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;
  const percent = (part, whole) => whole ? `${Math.floor(part * 1000 / whole) / 10} %` : "–";

  function drawRows() {
    const heads = [O().time, O().operator, O().calls, O().inTime, O().talk, O().reports, O().wrapUp, O().corrected, O().misheard, O().misspoken, O().mistyped, O().correct, O().praise, O().complaints, O().wishes, O().score];
    table(shell.rows, heads, (state.rows ?? []).map((one) => [one.from, one.name, number(one.calls), number(percent(one.in_time, one.calls)), number(one.calls ? clock(one.talk_ms / one.calls) : "–"),
      number(one.reports), number(one.reports ? clock(one.wrap_up_ms / one.reports) : "–"), number(one.corrected), ...[one.misheard, one.misspoken, one.mistyped, one.correct, one.praise, one.complaints, one.wishes].map(number),
      number(one.scored ? `${Math.round(one.percent / one.scored)} % (${one.scored})` : "–")]), O().none);
  }

  /** Whatever the certificate has, by its own names. */
  function drawCertificate() {
    const { certificate } = state;
    const at = (path) => path.split(".").reduce((part, key) => part?.[key], certificate);
    const told = Object.entries(O().facts).filter(([key]) => at(key) != null).map(([key, name]) => [name, at(key) === true ? "✓" : String(at(key))]);
    shell.certificate.replaceChildren(...told.map(([name, text]) => element("div", {}, element("dt", { textContent: name }), element("dd", { textContent: text }))));
  }

  function drawDisplays() {
    const name = build.input("display-name", "", { maxLength: 100, required: true });
    const make = element("form", { id: "display-new", onsubmit: (event) => {
      event.preventDefault();
      tries(async () => {
        const made = await api("/displays", { method: "POST", body: JSON.stringify({ name: name.value }) });
        state.link = new URL(made.link, location.href).href;
        state.displays = await api("/displays");
        drawDisplays();
      });
    } }, build.row(build.labelled(O().wallName, name)), element("div", { className: "acts" }, element("button", { className: "main", textContent: O().wallMake })));
    const list = element("table", { id: "displays-list", ariaLabel: O().walls });
    table(list, [O().wallName, O().made, O().seen, ""], state.displays.map((one) => [one.name, `${when(one.made_ms)} ${one.made_by}`, one.seen_ms ? when(one.seen_ms) : O().never,
      one.revoked_ms ? chip(filled(O().revoked, { by: one.revoked_by }), "busy") : build.button(O().revoke, () => tries(async () => { await api(`/displays/${one.id}`, { method: "DELETE" }); state.displays = await api("/displays"); drawDisplays(); }), { ariaLabel: filled(O().revokeOf, { name: one.name }) })]), O().none);
    const shown = state.link ? [element("p", { role: "status", id: "display-link" }, O().wallLink, " ", element("code", { textContent: state.link }))] : [];
    shell.displays.replaceChildren(make, ...shown, element("div", { className: "wide" }, list));
  }

  return {
    load,
    redraw() { if (state.span) draw(); },
    forget() {
      Object.assign(state, { firms: [], rows: null, span: null, firm: "", certificate: null, displays: [], link: "" });
      place.replaceChildren();
      place.hidden = true;
    },
  };
}
