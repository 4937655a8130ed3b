// What was counted for a firm in a month, and the proofs that no call was forgotten, to be taken away.
import { blocks } from "/form.js";
import { fromJapan, toJapan } from "/profile-day.js";
import { words } from "/past-words.js";

const DAY_MS = 86_400_000;
const PROOFS = 24;

/** `tools` are the page's own. */
export function figures(tools) {
  const { $, element, table, chip, filled, when, api, wrong } = tools;
  const B = () => words[tools.language()] ?? words.en;
  const build = blocks(element);
  const place = $("figures-and-proofs");
  const state = { firms: [], customer: "", month: toJapan(Date.now()).slice(0, 7), counted: null, proofs: null, span: null };
  const shell = {};

  async function load() {
    state.firms = await api("/customers");
    draw();
  }

  async function count() {
    shell.error.textContent = "";
    try { state.counted = state.customer && state.month ? await api(`/customers/${state.customer}/counters?month=${state.month}`) : null; }
    catch (error) { state.counted = null; shell.error.textContent = error.body?.what ?? wrong(error); }
    drawCounts();
  }

  async function proofs() {
    shell.error.textContent = "";
    try { state.proofs = await api(`/reconciliations?limit=${PROOFS}`); } catch (error) { shell.error.textContent = wrong(error); }
    drawProofs();
  }

  async function prove() {
    const span = { from_ms: fromJapan(state.span.from), to_ms: fromJapan(state.span.to) };
    shell.error.textContent = "";
    try {
      await api("/reconciliations", { method: "POST", body: JSON.stringify(span) });
      await proofs();
    } catch (error) { shell.error.textContent = [error.body?.what ?? wrong(error), error.body?.remedy].filter(Boolean).join(" — "); }
  }

  function draw() {
    const now = Date.now();
    state.span ??= { from: toJapan(now - DAY_MS), to: toJapan(now) };
    Object.assign(shell, {
      error: element("p", { className: "error", role: "alert" }), counts: element("table", { id: "past-counts" }), agrees: element("p", { role: "status" }),
      all: element("a", { textContent: B().countsCsv, download: "" }), proofs: element("table", { id: "past-proofs" }), chain: element("p", { role: "status" }), evidence: element("a", { textContent: B().proofCsv, download: "", id: "past-proof-csv" }),
    });
    const firm = build.select("figures-firm", [["", B().choose], ...state.firms.map((one) => [String(one.id), one.name])], state.customer);
    const month = build.input("figures-month", state.month, { type: "month" });
    firm.onchange = () => { state.customer = firm.value; links(); count(); };
    month.onchange = () => { state.month = month.value; links(); count(); };
    const edge = (key) => build.input(`figures-${key}`, state.span[key], { type: "datetime-local", onchange: (event) => { state.span[key] = event.target.value; links(); } });
    const was = place.querySelector("details")?.open ?? false;
    place.replaceChildren(element("details", { open: was, ontoggle: (event) => { if (event.target.open && !state.proofs) proofs(); } }, element("summary", { textContent: B().figures }),
      build.row(build.labelled(B().firm, firm), build.labelled(B().month, month)), shell.error,
      element("h3", { textContent: B().counts }), element("div", { className: "wide" }, shell.counts), shell.agrees, element("p", {}, shell.all),
      element("h3", { textContent: B().proofs }), element("p", { className: "quiet", textContent: B().proofsHint }), build.row(build.labelled(B().from, edge("from")), build.labelled(B().to, edge("to"))),
      element("div", { className: "acts" }, build.button(B().prove, prove, { id: "past-prove" }), shell.evidence), shell.chain, element("div", { className: "wide" }, shell.proofs)));
    place.hidden = false;
    links();
    drawCounts();
    drawProofs();
  }

  function links() {
    shell.all.href = `/api/v1/counters/export?month=${state.month}`;
    const asked = new URLSearchParams({ from_ms: fromJapan(state.span.from) ?? 0, to_ms: fromJapan(state.span.to) ?? 0 });
    if (state.customer) asked.set("customer", state.customer);
    shell.evidence.href = `/api/v1/proof/export?${asked}`;
  }

  function drawCounts() {
    const { counted } = state;
    const classes = counted ? [...new Set([...Object.keys(counted.counts), ...Object.keys(counted.recount)])].sort() : [];
    table(shell.counts, [B().class, B().counted, B().recounted], classes.map((one) => [B().classes[one] ?? one, { text: String(counted.counts[one] ?? 0), kind: "number" }, { text: String(counted.recount[one] ?? 0), kind: "number" }]), counted ? B().noCounts : B().chooseFirm);
    shell.agrees.replaceChildren(...(counted ? [counted.agrees ? chip(B().agrees, "ready") : chip(B().disagrees, "missed")] : []));
  }

  function drawProofs() {
    const { proofs: shown } = state;
    table(shell.proofs, [B().madeAt, B().span, B().answeredCalls, B().sentReports, B().waivedCalls, B().openReports, B().wrongCalls], (shown?.proofs ?? []).map((one) => {
      const { proof } = one;
      const bad = proof.missing + proof.doubled + proof.strangers + proof.overdue + proof.unsaved;
      return [when(one.at_ms), `${when(one.from_ms)} – ${when(one.to_ms)}`, ...[proof.answered, proof.sent, proof.waived, proof.open].map((text) => ({ text: String(text), kind: "number" })), bad ? chip(String(bad), "missed") : chip("0", "ready")];
    }), B().none);
    shell.chain.replaceChildren(...(!shown ? [] : [shown.broken == null ? chip(B().chainWhole, "ready") : chip(filled(B().chainBroken, { id: shown.broken }), "missed")]));
  }

  return {
    load, redraw: draw,
    forget() {
      Object.assign(state, { firms: [], customer: "", counted: null, proofs: null, span: null });
      place.replaceChildren();
      place.hidden = true;
    },
  };
}
