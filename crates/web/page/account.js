// One's own account, of the house or of a client firm: where one is logged in, the password, codes, passkeys; and for administrators
// everybody's logins. Whatever comes from outside is put on the page as text.
import { $, ask, element, filled, sending } from "/dom.js";
import { keeping, refused } from "/form.js";
import { words } from "/account-words.js";
import { users } from "/account-users.js";
import { base64url, bytes, knowsPasskeys } from "/passkey.js";

const SVG = "http://www.w3.org/2000/svg";
const QUIET_BORDER = 4; // squares around a QR code
const firms = location.pathname.startsWith("/my");
const base = firms ? "/my/account" : "/account";
const stored = firms ? "my-language" : "language";

let language = localStorage.getItem(stored) ?? (navigator.language.startsWith("ja") ? "ja" : "en");
const W = () => words[language] ?? words.en;
const when = (ms) => ms == null ? W().never : new Date(ms).toLocaleString(W().locale, { timeZone: "Asia/Tokyo", dateStyle: "medium", timeStyle: "short" });
// What was begun and what is shown once stay while the rest is drawn anew.
const state = { account: null, begun: null, recovery: null };

async function api(method, path, body) {
  try {
    return await ask(path, language, sending(method, body));
  } catch (problem) {
    if (problem.status === 401) location.assign(firms ? "/my" : "/");
    throw problem;
  }
}

function wrong(problem) {
  if (problem.name === "NotAllowedError" || problem.name === "InvalidStateError") return W().passkeyNot;
  if (problem.body?.field === "new") return W().weak;
  if (problem.status === 429) return filled(W().slow, { seconds: problem.wait ?? 60 });
  return problem.status ? [problem.message, problem.body?.remedy].filter(Boolean).join(" ") : W().failed;
}

// ---- Pieces ----

const labelled = (text, input) => element("label", {}, element("span", { textContent: text }), input);
const password = (name = "password", autocomplete = "current-password") => element("input", { name, type: "password", autocomplete, required: true });
const button = (textContent, onclick, more = {}) => element("button", { type: "button", textContent, onclick, ...more });

/** A form that does `work` with its fields; what goes wrong stands in it, or in the one that was drawn in its place meanwhile. */
function form(id, text, fields, work, className = "") {
  const error = element("p", { className: "error", role: "alert" });
  const made = element("form", { id, className }, ...fields, error, element("button", { className: "main", textContent: text }));
  made.onsubmit = async (event) => {
    event.preventDefault();
    error.textContent = "";
    made.dataset.sent = "";
    try { await work(made.elements); } catch (problem) {
      const now = refused(made);
      if (now) now.querySelector(".error").textContent = wrong(problem); else say(wrong(problem));
    }
  };
  return made;
}

function table(label, heads, rows, empty) {
  const cell = (content) => content instanceof Node ? element("td", {}, content) : element("td", { textContent: content ?? "" });
  const head = element("tr", {}, ...heads.map((text) => text ? element("th", { textContent: text, scope: "col" }) : element("td")));
  const lines = rows.map((cells) => element("tr", {}, ...cells.map(cell)));
  if (!rows.length) lines.push(element("tr", {}, element("td", { textContent: empty, colSpan: heads.length, className: "quiet" })));
  return element("div", { className: "wide", tabIndex: 0, role: "region", ariaLabel: label }, element("table", { ariaLabel: label }, element("thead", {}, head), element("tbody", {}, ...lines)));
}

const panel = (id, title, ...children) => element("section", { id, className: "panel" }, element("h2", { textContent: title }), ...children);

// ---- Parts of the page ----

function sessions() {
  const { sessions } = state.account;
  const end = (one) => one.own ? W().thisOne : button(W().end, () => act(() => api("DELETE", `${base}/sessions/${one.id}`)), { ariaLabel: filled(W().endOf, { device: one.device || W().unknownDevice, address: one.address }) });
  const rows = sessions.map((one) => [one.device || W().unknownDevice, one.address, when(one.begun_ms), when(one.seen_ms), end(one)]);
  const others = button(W().endOthers, () => act(() => api("DELETE", `${base}/sessions`)), { id: "end-others", disabled: sessions.length < 2 });
  return panel("sessions", W().sessions, table(W().sessions, [W().device, W().address, W().since, W().seen, W().end], rows, ""), element("p", { className: "acts" }, others));
}

function passwords() {
  const made = form("password-form", W().change, [labelled(W().oldPassword, password("old")), labelled(W().newPassword, password("new", "new-password")), element("small", { className: "quiet", textContent: W().passwordHint })], async (fields) => {
    await api("POST", `${base}/password`, { old: fields.old.value, new: fields.new.value });
    await load();
    say(W().passwordChanged);
  });
  // Where a browser that keeps passwords looks for whose it is.
  made.prepend(element("input", { name: "username", autocomplete: "username", value: state.account.name, hidden: true, readOnly: true }));
  return panel("password", W().password, made);
}

function recovery() {
  if (!state.recovery) return null;
  const done = button(W().kept, () => { state.recovery = null; draw(); });
  return element("div", { className: "notice panel", role: "status" }, element("h3", { textContent: W().recoveryTitle }), element("p", { textContent: W().recoveryAbout }),
    element("ol", { id: "recovery" }, ...state.recovery.map((code) => element("li", { textContent: code }))), done);
}

/** The QR code, and the secret for whoever types it. */
function begun() {
  const { picture, secret } = state.begun;
  const svg = document.createElementNS(SVG, "svg");
  const border = picture.size + 2 * QUIET_BORDER;
  for (const [name, value] of Object.entries({ id: "qr", viewBox: `${-QUIET_BORDER} ${-QUIET_BORDER} ${border} ${border}`, role: "img", "aria-label": W().qr, "shape-rendering": "crispEdges" })) svg.setAttribute(name, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", picture.path);
  svg.append(path);
  const code = element("input", { name: "code", autocomplete: "one-time-code", inputMode: "numeric", required: true });
  return element("div", {}, element("p", { textContent: W().scan }), svg, element("p", {}, W().orType + " ", element("code", { id: "secret", textContent: secret })),
    form("codes-confirm", W().confirm, [labelled(W().shownCode, code)], async (fields) => {
      state.recovery = (await api("POST", `${base}/codes/confirm`, { code: fields.code.value })).recovery_codes;
      state.begun = null;
      await load();
    }));
}

function codes() {
  const { codes_since_ms, recovery_codes } = state.account;
  const proved = (id, text, path, then) => form(id, text, [labelled(W().oldPassword, password())], async (fields) => {
    await then(await api("POST", `${base}/codes${path}`, { password: fields.password.value }));
    await load();
  });
  if (state.begun) return panel("codes", W().codes, begun());
  if (codes_since_ms == null) {
    return panel("codes", W().codes, element("p", { textContent: W().codesAbout }), proved("codes-begin", W().codesBegin, "", (answer) => { state.begun = answer; }));
  }
  return panel("codes", W().codes, element("p", { textContent: filled(W().codesSince, { time: when(codes_since_ms), left: recovery_codes }) }), recovery(),
    element("details", {}, element("summary", { textContent: W().renew }), proved("codes-renew", W().renew, "/recovery", (answer) => { state.recovery = answer.recovery_codes; })),
    element("details", {}, element("summary", { textContent: W().codesEnd }), proved("codes-end", W().codesEnd, "/end", () => { state.recovery = null; })));
}

/** Makes a passkey as the server wants it. */
async function makePasskey(wanted) {
  const made = await navigator.credentials.create({ publicKey: {
    challenge: bytes(wanted.challenge),
    rp: { id: wanted.rp_id, name: "Denwaban" },
    user: { id: bytes(wanted.user_id), name: wanted.user_name, displayName: wanted.user_name },
    pubKeyCredParams: wanted.algorithms.map((alg) => ({ type: "public-key", alg })),
    excludeCredentials: wanted.known.map((id) => ({ type: "public-key", id: bytes(id) })),
    authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
    attestation: "none",
  } });
  return { client_data: base64url(made.response.clientDataJSON), attestation: base64url(made.response.attestationObject) };
}

function passkeys() {
  const { passkeys, passkeys_here } = state.account;
  const rename = (one) => {
    const name = element("input", { name: "name", value: one.name, maxLength: 100, required: true, ariaLabel: filled(W().nameOf, { name: one.name }) });
    return form(`passkey-${one.id}`, W().rename, [name], async () => { await api("PUT", `${base}/passkeys/${one.id}`, { name: name.value }); await load(); }, "line");
  };
  const remove = (one) => {
    const sure = form(`passkey-remove-${one.id}`, W().remove, [labelled(W().oldPassword, password())], async (fields) => {
      await api("POST", `${base}/passkeys/${one.id}/remove`, { password: fields.password.value });
      await load();
    });
    return element("details", {}, element("summary", { textContent: W().remove, ariaLabel: filled(W().removeOf, { name: one.name }) }), sure);
  };
  const list = table(W().passkeys, [W().name, W().since, W().seen, W().remove], passkeys.map((one) => [rename(one), when(one.created_ms), when(one.used_ms), remove(one)]), W().noPasskey);
  const name = element("input", { name: "name", maxLength: 100, required: true, autocomplete: "off", placeholder: W().passkeyExample });
  const add = form("passkey-add", W().passkeyAdd, [labelled(W().passkeyName, name), labelled(W().oldPassword, password())], async (fields) => {
    const made = await makePasskey(await api("POST", `${base}/passkeys/begin`, { password: fields.password.value }));
    await api("POST", `${base}/passkeys`, { name: fields.name.value, ...made });
    await load();
  });
  const why = !passkeys_here ? W().passkeysElsewhere : !knowsPasskeys() ? W().passkeysUnknown : "";
  return panel("passkeys", W().passkeys, element("p", { textContent: W().passkeysAbout }), list, why ? element("p", { className: "quiet", textContent: why }) : add);
}

// ---- The page ----

function say(text) { $("state").textContent = text; }

async function act(work) {
  say("");
  try { await work(); await load(); } catch (problem) { say(wrong(problem)); }
}

function draw() {
  document.documentElement.lang = language;
  document.title = W().account;
  $("title").textContent = W().account;
  $("language").textContent = W().other;
  $("language").lang = W().otherLang;
  $("back").textContent = W().back;
  $("back").href = firms ? "/my" : "/";
  if (!state.account) return;
  const { name, lacks_factor } = state.account;
  $("title").textContent = `${W().account}: ${name}`;
  const notice = lacks_factor ? element("section", { id: "lacks", className: "panel notice", role: "status" }, element("p", { textContent: W().lacks })) : null;
  const parts = [notice, codes(), passkeys(), sessions(), passwords()].filter((part) => part != null);
  keeping($("account"), () => $("account").replaceChildren(...parts, everybody.place), () => $("back"));
}

async function load() {
  state.account = await api("GET", base);
  draw();
  await everybody.load(firms || state.account.lacks_factor).catch((problem) => say(wrong(problem)));
}

$("language").onclick = () => {
  language = W().otherLang;
  localStorage.setItem(stored, language);
  draw();
  everybody.redraw();
};
const everybody = users({ element, W, filled, when, api, wrong, form, table, panel, labelled, button, say });
draw();
load().catch((problem) => say(wrong(problem)));
