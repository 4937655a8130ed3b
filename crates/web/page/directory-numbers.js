// The numbers that firms forward to: whose each is, another one, one fewer, and how a call to any number is answered at any moment.

/** Most rows that are shown at once; a search finds the others. */
const SHOWN_MAX = 200;

/** `given()` gives the page's own tools and the directory's. */
export function numbersPart(given) {
  const state = { dids: [], find: "", checked: null };

  async function load() {
    state.dids = await given().api("/dids");
  }

  async function act(work, done) {
    const { said, complaint, reload } = given();
    said("");
    try {
      await work();
      await reload();
      said(done);
    } catch (error) { said(complaint(error), "error"); }
  }

  function line(did) {
    const { G, send, number, chip, confirm, filled } = given();
    const means = filled(G().removeNumberMeans, { number: number(did.number), firm: did.name });
    const away = () => act(() => send(`/dids/${encodeURIComponent(`+${did.number}`)}`, "DELETE"), G().removed);
    return [{ text: number(did.number), kind: "firm" }, `${did.name} (${did.code})`, did.active ? "" : chip(G().ended, "missed"),
      confirm(G().remove, `${G().remove}: ${number(did.number)}`, means, away, { className: "link", id: `did-remove-${did.number}` })];
  }

  function listed() {
    const { G, element, list, filled, number } = given();
    const wanted = state.find.normalize("NFKC").toLowerCase().trim();
    const digits = wanted.replace(/\D/g, "").replace(/^0/, "");
    const fits = (did) => `${did.name} ${did.code}`.toLowerCase().includes(wanted) || (digits && did.number.includes(digits)) || number(did.number).includes(wanted);
    const rows = state.dids.filter((did) => !wanted || fits(did));
    const place = element("div", { id: "did-list" }, list(G().tabs.numbers, [G().number, G().firm, "", ""], rows.slice(0, SHOWN_MAX).map(line), wanted ? G().nothingFound : G().none));
    if (rows.length > SHOWN_MAX) place.append(element("p", { className: "quiet", textContent: filled(G().more, { shown: SHOWN_MAX, count: rows.length }) }));
    return place;
  }

  function adding() {
    const { G, element, build, firms, send } = given();
    const number = build.input("did-number", "", { required: true, inputMode: "tel", placeholder: "03-1234-5678" });
    const firm = build.select("did-firm", [["", G().choose], ...firms().map((one) => [String(one.id), `${one.name} (${one.code})`])], "");
    firm.required = true;
    const add = (event) => {
      event.preventDefault();
      return act(async () => {
        await send("/dids", "POST", { number: number.value.trim(), customer: Number(firm.value) });
        event.target.reset();
      }, G().numberAdded);
    };
    return element("form", { id: "did-add", onsubmit: add }, build.group(G().addNumber, build.row(build.labelled(G().number, number), build.labelled(G().firm, firm)),
      element("div", { className: "acts" }, element("button", { className: "main", textContent: G().addNumber }))));
  }

  /** Which firm, which greeting, which way, at which hour. */
  function checking() {
    const { G, W, element, build, api, complaint, when, filled } = given();
    const number = build.input("check-number", state.checked?.number ?? "", { required: true, inputMode: "tel", placeholder: "03-1234-5678" });
    const at = build.input("check-at", state.checked?.at ?? "", { type: "datetime-local" });
    const told = element("dl", { id: "did-checked", className: "facts" });
    const wrong = element("p", { id: "did-check-said", role: "status" });
    const fact = (name, text) => text ? [element("div", {}, element("dt", { textContent: name }), element("dd", { textContent: text }))] : [];
    const show = (answer) => {
      const { did, standing } = answer;
      const isOpen = !standing || standing.standing === "open";
      const why = standing?.why?.holiday ?? W().why[standing?.why] ?? "";
      told.replaceChildren(...fact(G().moment, when(answer.at_ms)), ...fact(G().firm, did ? `${did.name} (${did.code})` : G().nobodys),
        ...fact(G().route, isOpen ? W().isOpen : `${filled(W().isClosed, { why })} ${W().closedThen[standing.then] ?? ""}`),
        ...fact(G().greeting, answer.greeting), ...fact(G().spoken, answer.spoken), ...fact(G().opens, answer.opens_ms ? when(answer.opens_ms) : ""));
    };
    const ask = async (event) => {
      event.preventDefault();
      const ms = at.value ? `?at_ms=${new Date(`${at.value}+09:00`).getTime()}` : "";
      wrong.textContent = "";
      try {
        const answer = await api(`/dids/${encodeURIComponent(number.value.trim())}/check${ms}`);
        state.checked = { number: number.value, at: at.value, answer };
        show(answer);
      } catch (error) { state.checked = null; told.replaceChildren(); wrong.textContent = complaint(error); }
    };
    if (state.checked) show(state.checked.answer);
    return element("form", { id: "did-check", onsubmit: ask }, build.group(G().checkNumber, build.row(build.labelled(G().number, number), build.labelled(W().momentAt, at, G().emptyNow)),
      element("div", { className: "acts" }, element("button", { textContent: W().momentAsk })), told, wrong));
  }

  return {
    load,
    /** Nothing is left for whoever comes next. */
    forget() { Object.assign(state, { dids: [], find: "", checked: null }); },
    draw() {
      const { G, build } = given();
      const find = build.input("did-find", state.find, { type: "search", oninput: (event) => { state.find = event.target.value; document.getElementById("did-list").replaceWith(listed()); } });
      return [build.row(build.labelled(G().find.numbers, find)), listed(), adding(), checking()];
    },
  };
}
