// What belongs to a firm and to an operator beside their forms: how long things are kept, who logs in to my page, the telephone's settings,
// the end; and who logs in to the house's pages.
import { staying } from "/dom.js";

const ROLES = ["admin", "supervisor", "operator"];
const MEMBERS = ["owner", "member", "reader"];

/** How long a firm's calls and reports are kept; nothing: as the house. */
export function keepingOf({ element, build, G, api, send, said, complaint, side }, firm) {
  const days = build.input("firm-days", side.days, { type: "number", min: 1, max: 3653, oninput: () => { side.days = days.value; } });
  const set = async () => {
    try {
      await send(`/keeping/${firm.id}`, "PUT", { days: days.value === "" ? null : Number(days.value) });
      delete side.days;
      said(G().daysSet);
    } catch (error) { said(complaint(error), "error"); }
  };
  api("/keeping").then((keeping) => {
    // What is typed is newer than what comes only now.
    if (side.days === undefined) days.value = keeping.firms.find((one) => one.customer === firm.id)?.days ?? "";
  }, () => {});
  return build.group(G().keeping, build.row(build.labelled(G().days, days, G().daysHint)), element("div", { className: "acts" }, build.button(G().setDays, set, { id: "firm-days-set" })),
    element("p", { className: "quiet", textContent: G().recordingsHint }));
}

/** Who of a firm logs in to my page, managed for the firm by the house. */
export function membersOf({ element, build, G, api, send, said, complaint, list, confirm, copied, chip, filled, side }, firm) {
  const place = element("div", { id: "members" });
  // Stays while the firm's form is drawn anew: who they are, what is typed, the password that is shown once.
  const state = side.members ??= { members: [], once: null, written: new Map() };
  const write = (key, input) => {
    input.value = state.written.get(key) ?? input.value;
    input.oninput = () => { state.written.set(key, input.value); };
    return input;
  };
  const forget = (...keys) => { for (const key of keys) state.written.delete(key); };
  const at = (rest = "") => `/customers/${firm.id}/members${rest}`;

  async function act(work, done) {
    said("");
    try {
      await work();
      state.members = await api(at());
      state.draw();
      if (done) said(done);
    } catch (error) { said(complaint(error), "error"); }
  }

  function line(member) {
    const { id, login, name, role } = member;
    // A login that has ended is read, not changed.
    if (!member.active) return [{ text: login, kind: "code" }, name, G().memberRoles[role], chip(G().ended, "missed"), ""];
    const keys = [`${id} name`, `${id} role`];
    const called = write(keys[0], build.input("member-name", name, { maxLength: 100, ariaLabel: `${G().name}: ${login}` }));
    const as = write(keys[1], build.select("member-role", MEMBERS.map((code) => [code, G().memberRoles[code]]), role));
    as.ariaLabel = `${G().role}: ${login}`;
    const change = () => act(async () => { await send(at(`/${id}`), "PUT", { login, name: called.value.trim(), role: as.value }); forget(...keys); }, G().changed);
    const renew = () => act(async () => { state.once = { login, ...await send(at(`/${id}/password`), "POST", {}) }; });
    const end = () => act(async () => { await send(at(`/${id}`), "DELETE"); forget(...keys); }, G().loginEnded);
    const acts = element("div", { className: "acts" }, build.button(G().save, change, { ariaLabel: `${G().save}: ${login}` }), build.button(G().newPassword, renew, { ariaLabel: `${G().newPassword}: ${login}` }),
      confirm(G().endLogin, `${G().endLogin}: ${login}`, G().endLoginMeans, end));
    return [{ text: login, kind: "code" }, called, as, "", acts];
  }

  function draw() {
    const { members, once } = state;
    const shown = once && element("p", { role: "status" }, filled(G().passwordOnce, { login: once.login }), " ", copied("member-password", once.password));
    const login = write("login", build.input("new-member-login", "", { required: true, autocapitalize: "none", spellcheck: false, placeholder: "sato@sakura.example" }));
    const name = write("name", build.input("new-member-name", "", { required: true, maxLength: 100 }));
    const role = write("role", build.select("new-member-role", MEMBERS.map((code) => [code, G().memberRoles[code]]), members.some((one) => one.active) ? "member" : "owner"));
    const add = (event) => {
      event.preventDefault();
      return act(async () => {
        state.once = await send(at(), "POST", { login: login.value.trim(), name: name.value.trim(), role: role.value });
        forget("login", "name", "role");
      });
    };
    staying(place, () => place.replaceChildren(...[shown].filter(Boolean), list(G().members, [G().loginName, G().name, G().role, "", ""], members.map(line)),
      element("form", { id: "member-add", onsubmit: add }, build.row(build.labelled(G().loginName, login), build.labelled(G().name, name), build.labelled(G().role, role)),
        element("div", { className: "acts" }, element("button", { textContent: G().addMember })))), () => place.querySelector("[name=new-member-login]"));
  }

  state.draw = draw;
  draw();
  act(async () => {});
  return build.group(G().members, element("p", { className: "quiet", textContent: G().membersHint }), place);
}

/** The end of a row: what becomes of it then is said before it is done. */
export function endingOf({ element, build, G, send, said, complaint, confirm }, kind, row, done) {
  if (!row.active) return element("div");
  const end = async () => {
    try {
      await send(`/${{ firm: "customers", operator: "operators", trunk: "trunks" }[kind]}/${row.id}`, "DELETE");
      await done();
      said(G().ends[kind].done);
    } catch (error) { said(complaint(error), "error"); }
  };
  return build.group(G().ends[kind].title, element("p", { className: "quiet", textContent: G().ends[kind].means }), confirm(G().ends[kind].title, `${G().ends[kind].title}: ${row.name}`, G().ends[kind].sure, end, { id: "setup-end" }));
}

/** What is entered into an operator's telephone. The password is shown only when it is made. */
export function softphoneOf({ element, build, G, api, send, said, complaint, confirm, copied, wrong, side }, operator) {
  const facts = element("dl", { className: "facts", id: "softphone" });
  const shown = element("p", { role: "status" });
  const fact = (name, text) => text ? [element("div", {}, element("dt", { textContent: name }), element("dd", { textContent: text }))] : [];
  const show = () => shown.replaceChildren(...(side.secret ? [G().sipPasswordOnce, " ", copied("sip-password", side.secret)] : []));
  show();
  api(`/operators/${operator.id}/softphone`).then((phone) => {
    const ways = [["UDP", phone.udp], ["TCP", phone.tcp], ["TLS", phone.tls]].filter(([, socket]) => socket).map(([way, socket]) => `${way} ${socket}`);
    facts.replaceChildren(...fact(G().sipUser, phone.user), ...fact(G().sipServer, phone.registrar), ...fact(G().sipDomain, phone.domain), ...fact(G().sipWays, ways.join(G().comma)), ...fact(G().sipSocket, phone.wss),
      ...fact(G().srtp, G().srtps[operator.srtp]), ...fact(G().sipCodecs, "PCMU (G.711 μ-law), PCMA"), ...fact(G().sipExpires, String(phone.expires_seconds)));
  }, (error) => { shown.append(wrong(error)); });
  const renew = async () => {
    said("");
    try {
      side.secret = (await send(`/operators/${operator.id}/password`, "POST", {})).password;
      show();
    } catch (error) { said(complaint(error), "error"); }
  };
  return build.group(G().softphone, element("p", { className: "quiet", textContent: G().softphoneHint }), facts, shown, confirm(G().newSipPassword, `${G().newSipPassword}: ${operator.login}`, G().newSipPasswordMeans, renew, { id: "sip-password-new" }));
}

/** Who logs in to the house's pages: role, which operator it is, a link for a new password, the end. */
export function usersPart(given) {
  const state = { users: [], link: null, written: new Map() };
  const write = (key, input) => {
    input.value = state.written.get(key) ?? input.value;
    input.onchange = () => { state.written.set(key, input.value); };
    return input;
  };

  async function load() {
    state.users = await given().api("/users");
  }

  async function act(work, done) {
    const { said, complaint, reload } = given();
    said("");
    try {
      await work();
      await reload();
      if (done) said(done);
    } catch (error) { said(complaint(error), "error"); }
  }

  const link = (name, id) => async () => { state.link = { name, ...await given().send(`/users/${id}/link`, "POST", {}) }; };

  function choices() {
    const { G, operators } = given();
    return [["", G().noOperator], ...operators().map((one) => [String(one.id), `${one.name} (${one.login})`])];
  }

  function line(user) {
    const { G, element, build, send, confirm, me } = given();
    const own = user.id === me().id;
    const keys = [`${user.id} role`, `${user.id} operator`];
    const role = write(keys[0], build.select("user-role", ROLES.map((code) => [code, G().roles[code]]), user.role));
    Object.assign(role, { ariaLabel: `${G().role}: ${user.name}`, disabled: own });
    const operator = write(keys[1], build.select("user-operator", choices(), String(user.operator_id ?? "")));
    operator.ariaLabel = `${G().operator}: ${user.name}`;
    const form = () => ({ name: user.name, role: role.value, operator_id: operator.value ? Number(operator.value) : null });
    const save = async () => {
      await send(`/users/${user.id}`, "PUT", form());
      for (const key of keys) state.written.delete(key);
    };
    const acts = element("div", { className: "acts" }, build.button(G().save, () => act(save, G().changed), { ariaLabel: `${G().save}: ${user.name}` }),
      build.button(G().newLink, () => act(link(user.name, user.id)), { ariaLabel: `${G().newLink}: ${user.name}` }));
    if (!own) acts.append(confirm(G().endLogin, `${G().endLogin}: ${user.name}`, G().endLoginMeans, () => act(() => send(`/users/${user.id}`, "DELETE"), G().loginEnded), { id: `user-end-${user.id}` }));
    return [{ text: user.name, kind: "code" }, role, operator, acts];
  }

  return {
    load,
    /** Nothing is left for whoever comes next, least of all a link. */
    forget() {
      Object.assign(state, { users: [], link: null });
      state.written.clear();
    },
    draw() {
      const { G, element, build, list, copied, filled, when, send } = given();
      const name = build.input("user-name", "", { required: true, autocapitalize: "none", spellcheck: false, maxLength: 40 });
      const role = build.select("new-user-role", ROLES.map((code) => [code, G().roles[code]]), "operator");
      const operator = build.select("new-user-operator", choices(), "");
      const add = (event) => {
        event.preventDefault();
        return act(async () => {
          const made = await send("/users", "POST", { name: name.value.trim(), role: role.value, operator_id: operator.value ? Number(operator.value) : null });
          event.target.reset();
          await link(made.name, made.id)();
        }, G().made);
      };
      const shown = state.link && element("div", { className: "notice", role: "status" }, element("p", { textContent: filled(G().linkOf, { name: state.link.name, time: when(state.link.until_ms) }) }), copied("user-link", location.origin + state.link.path));
      return [...[shown].filter(Boolean), list(G().tabs.users, [G().loginName, G().role, G().operator, ""], state.users.filter((user) => user.active).map(line)),
        element("form", { id: "user-add", onsubmit: add }, build.group(G().addUser, build.row(build.labelled(G().loginName, name), build.labelled(G().role, role), build.labelled(G().operator, operator, G().userOperatorHint)),
          element("div", { className: "acts" }, element("button", { className: "main", textContent: G().addUser })))),
        element("p", {}, element("a", { href: "/account", textContent: G().account }))];
    },
  };
}
