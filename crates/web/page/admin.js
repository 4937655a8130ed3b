// Administration: health, every firm's channels and proofs, prompts, settings, keeping and purging, backups, the audit log. A tab is loaded when it
// is opened. Supervisors see health and channels, and change nothing there.
import { auditPart } from "/admin-audit.js";
import { backupsPart } from "/admin-backups.js";
import { bansPart } from "/admin-bans.js";
import { channelsPart } from "/admin-channels.js";
import { healthPart } from "/admin-health.js";
import { keepingPart } from "/admin-keeping.js";
import { onboardingPart } from "/onboarding.js";
import { promptsPart } from "/admin-prompts.js";
import { settingsPart } from "/admin-settings.js";
import { words } from "/admin-words.js";
import { staying } from "/dom.js";
import { blocks } from "/form.js";

/** Tabs in their order, and what makes each; those after the third are the administrator's alone. */
const TABS = [["health", healthPart], ["channels", channelsPart], ["onboarding", onboardingPart], ["prompts", promptsPart], ["settings", settingsPart], ["keeping", keepingPart], ["bans", bansPart], ["backups", backupsPart], ["audit", auditPart]];
const FOR_SUPERVISORS = ["health", "channels", "onboarding"];

/** `tools` are the page's own. */
export function adminDesk(tools) {
  const { $, element } = tools;
  const A = () => words[tools.language()] ?? words.en;
  const build = blocks(element);
  const place = $("admin");
  const parts = new Map();
  const state = { open: "health", isOpen: false, user: null };
  const isAdmin = () => tools.me()?.role === "admin";
  const mine = () => TABS.map(([code]) => code).filter((code) => isAdmin() || FOR_SUPERVISORS.includes(code));
  const panel = () => $(`admin-panel-${state.open}`);
  const bytes = (size) => size >= 1e9 ? `${(size / 1e9).toFixed(1)} GB` : size >= 1e6 ? `${(size / 1e6).toFixed(1)} MB` : `${Math.ceil(size / 1e3)} kB`;

  const inner = {
    ...tools, A, build, isAdmin, bytes, said, show, act,
    /** A table with a name, scrolled on its own. */
    list: (name, heads, rows, none) => {
      const made = element("table", { ariaLabel: name });
      tools.table(made, heads, rows, none ?? A().none);
      return element("div", { className: "wide", tabIndex: 0, role: "region", ariaLabel: name }, made);
    },
    send: (path, method, body) => tools.api(path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
  };

  function part(code) {
    if (!parts.has(code)) parts.set(code, TABS.find(([known]) => known === code)[1](inner));
    return parts.get(code);
  }

  function said(text, kind = "") {
    const line = $("admin-said");
    if (line) Object.assign(line, { textContent: text, className: kind });
  }

  /** Does something, says what came of it, and shows the tab as it is then. */
  async function act(work, done = "") {
    said("");
    try {
      const result = await work();
      await part(state.open).load();
      show();
      if (done) said(done);
      return result;
    } catch (error) {
      said([error.body?.what ?? tools.wrong(error), error.body?.remedy].filter(Boolean).join(" — "), "error");
      return null;
    }
  }

  function show() {
    const shown = panel();
    if (shown) staying(shown, () => shown.replaceChildren(...part(state.open).draw()), () => $(`admin-tab-${state.open}`));
  }

  function open(code) {
    parts.get(state.open)?.leave?.();
    state.open = code;
    draw();
    return act(async () => {});
  }

  function tab(code) {
    const isOpen = code === state.open;
    const button = build.button(A().tabs[code], () => open(code), { id: `admin-tab-${code}`, role: "tab", ariaSelected: String(isOpen), tabIndex: isOpen ? 0 : -1 });
    button.setAttribute("aria-controls", `admin-panel-${code}`);
    button.onkeydown = (event) => {
      const all = mine();
      const at = all.indexOf(code);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const next = all[(to + all.length) % all.length];
      open(next);
      $(`admin-tab-${next}`).focus();
    };
    return button;
  }

  function draw() {
    const tabs = element("div", { className: "tabs", role: "tablist", ariaLabel: A().title }, ...mine().map(tab));
    const panels = mine().map((code) => {
      const made = element("div", { id: `admin-panel-${code}`, role: "tabpanel", hidden: code !== state.open });
      made.setAttribute("aria-labelledby", `admin-tab-${code}`);
      return made;
    });
    const details = element("details", { open: state.isOpen, ontoggle: (event) => {
      if (event.target.open && !state.isOpen) { state.isOpen = true; act(async () => {}); }
      state.isOpen = event.target.open;
    } }, element("summary", { textContent: A().title }), tabs, element("p", { id: "admin-said", role: "status" }), ...panels);
    staying(place, () => place.replaceChildren(details), () => $(`admin-tab-${state.open}`));
    place.hidden = false;
    if (state.isOpen && parts.has(state.open)) show();
  }

  return {
    async load() {
      state.user = tools.me().name;
      if (!mine().includes(state.open)) state.open = "health";
      draw();
    },
    /** A firm's proofs, opened from elsewhere. */
    onboard(firm) {
      Object.assign(state, { open: "onboarding", isOpen: true });
      draw();
      place.scrollIntoView({ block: "start" });
      return part("onboarding").open(firm);
    },
    hears(stamped) { if (state.isOpen && state.open === "onboarding") parts.get("onboarding")?.hears(stamped); },
    /** In another language; what the server says in its own words is asked for again. */
    redraw() {
      draw();
      if (state.isOpen && parts.get(state.open)?.speaks) act(async () => {});
    },
    /** Nothing is shown to whoever comes next; what was typed waits for its writer, until somebody else comes. */
    forget(next = null) {
      const isOther = next != null && next !== state.user;
      for (const one of parts.values()) one.leave?.();
      for (const [code, one] of parts) if (isOther || !one.isChanged?.()) parts.delete(code);
      if (!parts.has(state.open)) Object.assign(state, { open: "health", isOpen: false });
      place.replaceChildren();
      place.hidden = true;
    },
  };
}
