// The administrator's forms: how a client firm's calls are answered, and an operator's place in the queue. Loaded when an
// administrator has logged in, and for nobody else.
import { blocks } from "/form.js";
import { firmForm, momentForm } from "/firm.js";
import { operatorForm } from "/operator.js";
import { words } from "/setup-words.js";

/** `tools` are the page's own: `$`, `element`, `api`, `wrong`, `when`, `filled`, `language()`, `changed()`. */
export function setup(tools) {
  const { $, element, api } = tools;
  const build = blocks(element);
  const place = $("setup");
  const state = { firms: [], operators: [], of: "firm", id: null, row: null, form: null };
  const W = () => words[tools.language()] ?? words.en;

  const kinds = {
    firm: { path: "/customers", make: firmForm, rows: () => state.firms },
    operator: { path: "/operators", make: operatorForm, rows: () => state.operators },
  };

  async function load() {
    [state.firms, state.operators] = await Promise.all([api("/customers"), api("/operators")]);
    draw();
  }

  /** Everybody who can be chosen; those that have ended are not. */
  function chooser(kind, label) {
    const rows = kinds[kind].rows().filter((row) => row.active);
    const select = build.select(`setup-${kind}`, [["", W().choose], ...rows.map((row) => [String(row.id), row.code ? `${row.name} (${row.code})` : `${row.name} (${row.login})`])], state.of === kind ? String(state.id ?? "") : "");
    select.onchange = () => { if (select.value) open(kind, Number(select.value)); };
    return build.labelled(label, select);
  }

  async function open(kind, id) {
    try {
      // What somebody else has changed meanwhile is not undone.
      Object.assign(state, { of: kind, id, row: await api(`${kinds[kind].path}/${id}`) });
      draw();
    } catch (error) { said(tools.wrong(error), "error"); }
  }

  const known = () => {
    const teams = [...state.firms.map((firm) => firm.team), ...state.operators.flatMap((operator) => operator.teams)];
    return { teams: [...new Set(teams.filter(Boolean))].sort(), codes: new Map(state.firms.filter((firm) => firm.active).map((firm) => [firm.code, firm.name])) };
  };

  function draw() {
    const parts = [element("summary", { textContent: W().title }), build.row(chooser("firm", W().firm), chooser("operator", W().operator))];
    state.form = null;
    if (state.row) {
      const inner = { ...tools, build, words: W(), ...known() };
      state.form = kinds[state.of].make(inner, state.row);
      const form = element("form", { id: "setup-form", onsubmit: save },
        element("h3", { textContent: state.row.name }), state.form.form,
        element("div", { className: "acts" }, element("button", { className: "main", textContent: W().save }), build.button(W().discard, () => open(state.of, state.id))));
      parts.push(form);
      if (state.of === "firm") parts.push(momentForm(inner, state.row));
    }
    parts.push(element("p", { id: "setup-said", role: "status" }));
    const was = place.querySelector("details")?.open ?? false;
    place.replaceChildren(element("details", { open: was }, ...parts));
    place.hidden = false;
  }

  function said(text, kind = "") {
    const line = place.querySelector("#setup-said");
    if (line) Object.assign(line, { textContent: text, className: kind });
  }

  async function save(event) {
    event.preventDefault();
    const kind = kinds[state.of];
    said("");
    try {
      state.row = await api(`${kind.path}/${state.id}`, { method: "PUT", body: JSON.stringify(state.form.read()) });
      const rows = kind.rows();
      rows[rows.findIndex((row) => row.id === state.id)] = state.row;
      draw();
      said(W().saved);
      tools.changed();
    } catch (error) { said(complaint(error), "error"); }
  }

  /** Each wrong field by its name on the form, with the remedy. */
  function complaint(error) {
    const problems = error.body?.problems ?? (error.body?.field ? [error.body] : []);
    if (!problems.length) return tools.wrong(error);
    const words = W();
    const one = ({ field, what, remedy }) => `${words.fields[field] ?? field}: ${words.remedies[field] ?? `${what}; ${remedy}`}`;
    return [...new Set(problems.map(one))].join(" / ");
  }

  return {
    load,
    /** In another language: what is in the inputs stays. */
    redraw() {
      if (state.form) state.row = { ...state.row, ...state.form.read() };
      draw();
    },
    /** Nothing is left for whoever comes next. */
    forget() {
      Object.assign(state, { firms: [], operators: [], id: null, row: null, form: null });
      place.replaceChildren();
      place.hidden = true;
    },
  };
}
