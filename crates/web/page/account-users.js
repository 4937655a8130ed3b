// For administrators: who logs in to the house's pages, links for new passwords, sessions and second factors of others, and of whom a second
// factor is demanded.
import { keeping } from "/form.js";

/** `tools` are the account page's own. */
export function users(tools) {
  const { element, W, filled, when, api, wrong, form, table, panel, labelled, button, say } = tools;
  const place = element("div", { id: "everybody" });
  const state = { me: null, users: [], doors: new Map(), demanded: [], link: null };
  const roles = ["admin", "supervisor", "operator"];

  /** Nothing for those who are no administrators. */
  async function load(nothing) {
    state.me = nothing ? null : await api("GET", "/me");
    if (state.me?.role !== "admin") return;
    const [list, door] = await Promise.all([api("GET", "/users"), api("GET", "/door")]);
    Object.assign(state, { users: list.filter((user) => user.active), demanded: door.second_factor });
    state.doors = new Map(await Promise.all(state.users.map(async (user) => [user.id, await api("GET", `/users/${user.id}/sessions`)])));
    redraw();
  }

  async function act(work) {
    say("");
    try { await work(); await load(false); } catch (problem) { say(wrong(problem)); }
  }

  const link = (user) => async () => { state.link = { name: user.name, ...await api("POST", `/users/${user.id}/link`) }; };

  function line(user) {
    const { codes_since_ms, passkeys, sessions } = state.doors.get(user.id) ?? { codes_since_ms: null, passkeys: 0, sessions: [] };
    const factors = [codes_since_ms == null ? "" : W().codes, passkeys ? `${W().passkeys} ${passkeys}` : ""].filter(Boolean).join(", ") || W().none;
    const seen = sessions.length ? filled(W().sessionsSeen, { count: sessions.length, time: when(sessions[0].seen_ms) }) : W().none;
    const one = (text, of, work) => button(text, () => act(work), { ariaLabel: filled(of, { name: user.name }) });
    const acts = element("span", { className: "acts" }, one(W().newLink, W().newLinkOf, link(user)));
    if (user.id !== state.me.id) {
      acts.append(one(W().endAll, W().endAllOf, () => api("DELETE", `/users/${user.id}/sessions`)),
        one(W().resetFactor, W().resetFactorOf, () => api("DELETE", `/users/${user.id}/second-factor`)),
        one(W().endUser, W().endUserOf, () => api("DELETE", `/users/${user.id}`)));
    }
    return [user.name, W().roles[user.role], factors, seen, acts];
  }

  function demand() {
    const boxes = roles.map((role) => element("input", { type: "checkbox", name: role, checked: state.demanded.includes(role) }));
    const labels = boxes.map((box) => element("label", { className: "check" }, box, element("span", { textContent: W().roles[box.name] })));
    const field = element("fieldset", { className: "roles" }, element("legend", { textContent: W().demand }), ...labels);
    return form("door-form", W().save, [field, element("small", { className: "quiet", textContent: W().demandAbout })], async () => {
      await api("PUT", "/door", { second_factor: boxes.filter((box) => box.checked).map((box) => box.name) });
      location.reload();
    });
  }

  function newUser() {
    const name = element("input", { name: "name", required: true, autocomplete: "off", autocapitalize: "none", spellcheck: false });
    const role = element("select", { name: "role" }, ...["supervisor", "admin"].map((one) => new Option(W().roles[one], one)));
    const made = form("user-form", W().addUser, [labelled(W().loginName, name), labelled(W().role, role)], async () => {
      const user = await api("POST", "/users", { name: name.value.trim(), role: role.value });
      await act(link(user));
    });
    return element("details", {}, element("summary", { textContent: W().addUser }), element("p", { className: "quiet", textContent: W().addUserAbout }), made);
  }

  function redraw() {
    if (state.me?.role !== "admin") return place.replaceChildren();
    const shown = state.link && element("div", { className: "panel notice", role: "status" }, element("p", { textContent: filled(W().linkOf, { name: state.link.name, time: when(state.link.until_ms) }) }),
      element("code", { id: "link", textContent: location.origin + state.link.path }));
    keeping(place, () => place.replaceChildren(panel("users", W().users, ...[shown].filter(Boolean), table(W().users, [W().loginName, W().role, W().factors, W().sessions, W().acts], state.users.map(line), ""), newUser(), demand())));
  }

  return { place, load, redraw };
}
