// What a firm keeps by itself on my page: its people's schedule, notes for the operators, its logins.

/** Shown in `#keeping`; everything else is the page's own. */
export function keeping({ $, element, button, filled, when, send, api, wrong, may, state, W, begin }) {
  const labelled = (text, input) => element("label", {}, element("span", { textContent: text }), input);
  const input = (name, more = {}) => element("input", { name, autocomplete: "off", ...more });
  const select = (name, choices) => element("select", { name }, ...choices.map(([value, text]) => new Option(text, value)));
  /** A moment as a `datetime-local` field tells it, in Japan. */
  const moment = (text) => text ? Date.parse(`${text}:00+09:00`) : null;

  /** A form that says what went wrong, keeps what was typed then, and looks again when it went well. */
  function form(title, fields, act) {
    const said = element("p", { className: "error", role: "alert" });
    const save = element("button", { className: "main", textContent: W().save });
    const made = element("form", {}, element("h3", { textContent: title }), element("div", { className: "fields" }, ...fields), said, element("div", { className: "acts" }, save));
    made.onsubmit = async (event) => {
      event.preventDefault();
      save.disabled = true;
      for (const field of made.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
      try {
        await act(made.elements);
      } catch (error) {
        said.textContent = wrong(error);
        const field = made.elements[error.body?.field];
        if (field) { field.setAttribute("aria-invalid", "true"); field.focus(); }
      } finally {
        save.disabled = false;
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
        $("state").textContent = wrong(error);
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
    else if (may("handle")) absences.append(form(W().addAway, [
      labelled(W().person, select("person", people.map((person) => [person.id, person.name]))),
      labelled(W().away, select("away", Object.entries(W().aways))),
      labelled(W().fromTime, input("from_ms", { type: "datetime-local", required: true })),
      labelled(W().untilTime, input("until_ms", { type: "datetime-local", required: true })),
      labelled(W().note, input("note", { maxLength: 200 })),
    ], async (fields) => {
      await send("POST", "/schedules", { person: fields.person.value, away: fields.away.value, from_ms: moment(fields.from_ms.value), until_ms: moment(fields.until_ms.value), note: fields.note.value });
      await draw("people");
    }));
    const told = panel(W().notes, rows(notes.map(note), W().noNotes));
    if (may("handle")) told.append(form(W().addNote, [
      labelled(W().noteText, element("textarea", { name: "text", required: true, maxLength: 1000 })),
      labelled(W().noteUntil, input("until_ms", { type: "datetime-local" })),
    ], async (fields) => {
      await send("POST", "/notes", { text: fields.text.value, until_ms: moment(fields.until_ms.value) });
      await draw("people");
    }));
    return [absences, told];
  }

  async function members() {
    state.members = await api("/members");
    const said = element("p", { role: "status" });
    const line = (one) => {
      const made = element("li", {}, `${one.name} (${one.login}) ${W().roles[one.role]}`, one.active ? "" : W().hasLeft);
      if (!may("manage") || !one.active) return made;
      const reset = button(W().resetPassword, async () => {
        try {
          const { password } = await send("POST", `/members/${one.id}/password`);
          said.textContent = filled(W().newPassword, { login: one.login, password });
        } catch (error) {
          said.textContent = wrong(error);
        }
      });
      reset.ariaLabel = filled(W().resetOf, { name: one.name });
      made.append(reset, remover(one.name, `/members/${one.id}`, "members"));
      return made;
    };
    const list = panel(W().members, rows(state.members.map(line), ""), said);
    if (may("manage")) list.append(form(W().addMember, [
      labelled(W().loginName, input("login", { required: true, autocapitalize: "none", spellcheck: false })),
      labelled(W().memberName, input("name", { required: true, maxLength: 100 })),
      labelled(W().role, select("role", Object.entries(W().roles).reverse())),
    ], async (fields) => {
      const made = await send("POST", "/members", { login: fields.login.value, name: fields.name.value, role: fields.role.value });
      await draw("members");
      $("keeping").querySelector("[role=status]").textContent = filled(W().newPassword, made);
    }));
    const own = panel(W().own, form(W().own, [
      labelled(W().old, input("old", { type: "password", required: true, autocomplete: "current-password" })),
      labelled(W().new, input("new", { type: "password", required: true, minLength: 12, autocomplete: "new-password" })),
    ], async (fields) => {
      await send("POST", "/password", { old: fields.old.value, new: fields.new.value });
      state.me = null;
      await begin();
      $("state").textContent = W().changed;
    }));
    return [list, own];
  }

  async function draw(tab) {
    try {
      $("keeping").replaceChildren(...await (tab === "members" ? members() : people()));
    } catch (error) {
      $("keeping").replaceChildren(element("p", { className: "error", textContent: wrong(error) }));
    }
  }
  return { draw };
}
