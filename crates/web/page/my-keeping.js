// What a firm keeps by itself on my page: its people's schedule, notes for the operators, its logins.
import { staying } from "/dom.js";

/** Shown in `#keeping`; everything else is the page's own. */
export function keeping({ $, element, button, filled, when, send, api, wrong, may, state, W, begin }) {
  const labelled = (text, input) => element("label", {}, element("span", { textContent: text }), input);
  const input = (name, more = {}) => element("input", { name, autocomplete: "off", ...more });
  const select = (name, choices) => element("select", { name }, ...choices.map(([value, text]) => new Option(text, value)));
  /** A moment as a `datetime-local` field tells it, in Japan. */
  const moment = (text) => text ? Date.parse(`${text}:00+09:00`) : null;

  const typed = new Map(); // by form: what nobody has saved yet, but passwords
  const busy = new Set(); // forms that are on their way, whatever is drawn anew

  /** Above every page. That a session has ended is said there already. */
  const tells = (text) => { $("state").textContent = text || $("state").textContent; };

  /** A form that says what went wrong. What is typed stays until `act` has gone well, whatever is drawn anew; `then` looks again. */
  function form(code, title, fields, act, then) {
    const said = element("p", { className: "error", role: "alert" });
    const save = element("button", { className: "main", textContent: W().save, ariaLabel: `${W().save}: ${title}` });
    const made = element("form", {}, element("h3", { textContent: title }), element("div", { className: "fields" }, ...fields), said, element("div", { className: "acts" }, save));
    const lines = () => [...made.elements].filter((one) => one.name && one.type !== "password");
    for (const one of lines()) one.value = typed.get(code)?.[one.name] ?? one.value;
    made.oninput = () => typed.set(code, Object.fromEntries(lines().map((one) => [one.name, one.value])));
    made.onsubmit = async (event) => {
      event.preventDefault();
      if (busy.has(code)) return;
      busy.add(code);
      for (const field of made.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
      const { who } = state;
      try {
        const done = await act(made.elements);
        if (state.who !== who) return; // somebody else is here by now
        typed.delete(code);
        await then(done);
      } catch (error) {
        if (said.offsetParent) said.textContent = wrong(error); else tells(wrong(error));
        const field = made.elements[error.body?.field];
        if (field) { field.setAttribute("aria-invalid", "true"); field.focus(); }
      } finally {
        busy.delete(code);
      }
    };
    return made;
  }

  const panel = (title, ...inside) => element("section", { className: "panel" }, element("h2", { textContent: title }), ...inside);
  const rows = (items, none) => element("ul", { className: "rows" }, ...(items.length ? items : [element("li", { className: "quiet", textContent: none })]));
  function remover(what, path, tab) {
    const made = button(W().remove, async () => {
      try {
        await send("DELETE", path);
        await draw(tab);
      } catch (error) {
        tells(wrong(error));
      }
    });
    made.ariaLabel = filled(W().removeOf, { what });
    return made;
  }

  async function people() {
    const [{ people, entries }, notes] = await Promise.all([api("/schedules"), api("/notes")]);
    const name = (id) => people.find((person) => person.id === id)?.name ?? id;
    const entry = (one) => {
      const text = `${name(one.person)}: ${W().aways[one.away]} ${when(one.from_ms)} – ${when(one.until_ms)}`;
      return element("li", {}, [text, one.note].filter(Boolean).join(" "), ...(may("handle") ? [remover(text, `/schedules/${one.id}`, "people")] : []));
    };
    const note = (one) => element("li", {}, one.text, element("span", { className: "quiet", textContent: one.until_ms ? filled(W().until, { time: when(one.until_ms) }) : "" }),
      ...(may("handle") ? [remover(one.text, `/notes/${one.id}`, "people")] : []));
    const absences = panel(W().people, rows(entries.map(entry), W().noAway));
    if (!people.length) absences.append(element("p", { textContent: W().noPeople }));
    else if (may("handle")) absences.append(form("away", W().addAway, [
      labelled(W().person, select("person", people.map((person) => [person.id, person.name]))),
      labelled(W().away, select("away", Object.entries(W().aways))),
      labelled(W().fromTime, input("from_ms", { type: "datetime-local", required: true })),
      labelled(W().untilTime, input("until_ms", { type: "datetime-local", required: true })),
      labelled(W().note, input("note", { maxLength: 200 })),
    ], async (fields) => {
      await send("POST", "/schedules", { person: fields.person.value, away: fields.away.value, from_ms: moment(fields.from_ms.value), until_ms: moment(fields.until_ms.value), note: fields.note.value });
    }, () => draw("people")));
    const told = panel(W().notes, rows(notes.map(note), W().noNotes));
    if (may("handle")) told.append(form("note", W().addNote, [
      labelled(W().noteText, element("textarea", { name: "text", required: true, maxLength: 1000 })),
      labelled(W().noteUntil, input("until_ms", { type: "datetime-local" })),
    ], async (fields) => {
      await send("POST", "/notes", { text: fields.text.value, until_ms: moment(fields.until_ms.value) });
    }, () => draw("people")));
    return [absences, told];
  }

  /** Recordings by telephone: where to call, and the PIN, which is never shown again. */
  function byTelephone(line) {
    const T = W().dialIn;
    const since = line.set_ms ? filled(T.since, { time: when(line.set_ms), who: line.set_by.split(": ").at(-1) }) : T.none;
    const told = [filled(T.how, { line: line.line, code: line.code }), since, ...(line.in_plan ? [] : [T.notInPlan]),
      ...(line.locked_until_ms ? [filled(T.locked, { time: when(line.locked_until_ms) })] : [])];
    const made = panel(T.title, ...told.map((textContent) => element("p", { textContent })));
    made.id = "dial-in";
    if (!may("manage")) return made;
    if (line.set_ms) made.append(remover(T.pin, "/dial-in", "members"));
    made.append(form("dial-in", line.set_ms ? T.other : T.set, [
      labelled(T.newPin, input("pin", { type: "password", inputMode: "numeric", pattern: "[0-9]{6,8}", minLength: 6, maxLength: 8, required: true, autocomplete: "new-password", title: T.hint })),
    ], async (fields) => {
      await send("PUT", "/dial-in", { pin: fields.pin.value }).catch((error) => {
        if (error.body?.field === "pin") error.message = T.hint, error.body.remedy = "";
        throw error;
      });
    }, async () => {
      await draw("members");
      $("state").textContent = T.saved;
    }));
    return made;
  }

  async function members() {
    const [all, dialIn, door] = await Promise.all([api("/members"), api("/dial-in"), api("/door")]);
    state.members = all;
    const said = element("p", { role: "status" });
    const line = (one) => {
      const made = element("li", {}, `${one.name} (${one.login}) ${W().roles[one.role]}`, one.active ? "" : W().hasLeft);
      if (!may("manage") || !one.active) return made;
      const reset = button(W().resetPassword, async () => {
        const { who } = state;
        try {
          const { password } = await send("POST", `/members/${one.id}/password`);
          if (state.who === who) showsOnce({ login: one.login, password });
        } catch (error) {
          said.textContent = wrong(error);
        }
      });
      reset.ariaLabel = filled(W().resetOf, { name: one.name });
      const change = button(W().change, () => {
        const own = form(`member-${one.id}`, filled(W().changeOf, { name: one.name }), [
          labelled(W().memberName, input("name", { required: true, maxLength: 100, value: one.name })),
          labelled(W().role, Object.assign(select("role", Object.entries(W().roles).reverse()), { value: one.role })),
        ], (fields) => send("PUT", `/members/${one.id}`, { login: one.login, name: fields.name.value, role: fields.role.value }), () => draw("members"));
        change.replaceWith(own);
        own.elements.name.focus();
      });
      change.ariaLabel = filled(W().changeOf, { name: one.name });
      made.append(change, reset, remover(one.name, `/members/${one.id}`, "members"));
      return made;
    };
    const list = panel(W().members, rows(state.members.map(line), ""), said);
    if (may("manage")) list.append(form("member", W().addMember, [
      labelled(W().loginName, input("login", { required: true, autocapitalize: "none", spellcheck: false })),
      labelled(W().memberName, input("name", { required: true, maxLength: 100 })),
      labelled(W().role, select("role", Object.entries(W().roles).reverse())),
    ], (fields) => send("POST", "/members", { login: fields.login.value, name: fields.name.value, role: fields.role.value }), async (made) => {
      await draw("members");
      showsOnce(made);
    }));
    const demanded = door.second_factor_since_ms != null;
    const demand = element("input", { type: "checkbox", checked: demanded, disabled: !may("manage"), id: "demand" });
    demand.onchange = async () => {
      try { await send("PUT", "/door", { second_factor: demand.checked }); said.textContent = demand.checked ? W().demandOn : W().demandOff; } catch (error) { demand.checked = !demand.checked; said.textContent = wrong(error); }
    };
    if (demanded || may("manage")) list.append(element("label", { className: "tick" }, demand, element("span", { textContent: W().demand })));
    const own = panel(W().own, form("own", W().own, [
      labelled(W().old, input("old", { type: "password", required: true, autocomplete: "current-password" })),
      labelled(W().new, input("new", { type: "password", required: true, minLength: 12, autocomplete: "new-password" })),
    ], (fields) => send("POST", "/password", { old: fields.old.value, new: fields.new.value }), async () => {
      state.me = null;
      await begin();
      $("state").textContent = W().changed;
    }));
    return [list, ...(dialIn.line ? [byTelephone(dialIn)] : []), own];
  }

  let turn = 0;
  let drawn = { tab: "", parts: [] };
  const stands = (tab) => drawn.tab === tab && drawn.parts[0]?.isConnected;

  /** A password that nobody can ask for again: beside the logins, or above whatever is looked at by now. */
  const showsOnce = (made) => { (state.tab === "members" && stands("members") ? $("keeping").querySelector("[role=status]") : $("state")).textContent = filled(W().newPassword, made); };

  /** What was saved or removed is seen the next time, if something else is looked at by now. */
  async function draw(tab) {
    if (state.tab !== tab) return;
    const mine = ++turn;
    if (!stands(tab)) $("keeping").replaceChildren();
    try {
      const parts = await (tab === "members" ? members() : people());
      if (mine !== turn || state.tab !== tab) return;
      drawn = { tab, parts };
      staying($("keeping"), () => $("keeping").replaceChildren(...parts), () => $("tabs").querySelector("[aria-current]"));
    } catch (error) {
      if (mine !== turn || state.tab !== tab) return;
      // What stands there, and what is being written in it, is better than nothing.
      if (stands(tab)) tells(wrong(error));
      else $("keeping").replaceChildren(element("p", { className: "error", role: "alert", textContent: wrong(error) }), button(W().retry, () => draw(tab)));
    }
  }
  return { draw, forget() { typed.clear(); busy.clear(); turn += 1; }, get isChanged() { return typed.size > 0; } };
}
