// The page behind a one-time link: a name, for the first administrator, and a password. The link's secret stands behind the `#`, which no
// browser sends anywhere; it is taken out of the address at once.
import { $, ask, element, sending } from "/dom.js";
import { keeping } from "/form.js";
import { words } from "/account-words.js";

const PASSWORD_CHARS_MIN = 12;
let language = localStorage.getItem("language") ?? (navigator.language.startsWith("ja") ? "ja" : "en");
const W = () => words[language] ?? words.en;
const secret = location.hash.slice(1);
history.replaceState(null, "", "/join");
const state = { link: null, gone: null };

const send = (path, body) => ask(path, language, sending("POST", body));
const wrong = (problem) => problem.body?.field === "password" ? W().weak : problem.body?.field === "name" ? W().badName
  : problem.status === 404 ? W().linkGone : problem.status ? [problem.message, problem.body?.remedy].filter(Boolean).join(" ") : W().failed;

function draw() {
  document.documentElement.lang = language;
  document.title = W().joinTitle;
  $("language").textContent = W().other;
  $("language").lang = W().otherLang;
  if (state.gone) return $("join").replaceChildren(element("section", { className: "panel" }, element("h2", { textContent: W().joinTitle }), element("p", { className: "error", role: "alert", textContent: wrong(state.gone) })));
  if (!state.link) return;
  const first = state.link.name == null;
  const name = element("input", { name: "name", autocomplete: "username", autocapitalize: "none", spellcheck: false, required: true, value: state.link.name ?? "", readOnly: !first });
  const password = element("input", { name: "password", type: "password", autocomplete: "new-password", required: true, minLength: PASSWORD_CHARS_MIN });
  const again = element("input", { name: "again", type: "password", autocomplete: "new-password", required: true });
  const hint = element("small", { id: "hint", className: "quiet", textContent: W().passwordHint });
  password.setAttribute("aria-describedby", "hint");
  const error = element("p", { className: "error", role: "alert" });
  const labelled = (text, input) => element("label", {}, element("span", { textContent: text }), input);
  const form = element("form", { id: "join-form", className: "panel" }, element("h2", { textContent: first ? W().firstTitle : W().joinTitle }),
    element("p", { textContent: first ? W().firstAbout : W().joinAbout }), labelled(W().loginName, name), labelled(W().newPassword, password), hint,
    labelled(W().again, again), error, element("button", { className: "main", textContent: W().join }));
  form.onsubmit = async (event) => {
    event.preventDefault();
    error.textContent = password.value === again.value ? "" : W().differ;
    if (error.textContent) return again.focus();
    try {
      const joined = await send("/join", { secret, name: name.value.trim(), password: password.value });
      // With codes or a passkey set up before, the door asks for them.
      await send("/login", { name: joined.name, password: password.value }).catch(() => {});
      location.assign("/");
    } catch (problem) { $("join").querySelector(".error").textContent = wrong(problem); } // in which language it stands there by now
  };
  const begins = !$("join").firstChild;
  keeping($("join"), () => $("join").replaceChildren(form));
  if (begins) (first ? name : password).focus();
}

$("language").onclick = () => {
  language = W().otherLang;
  localStorage.setItem("language", language);
  draw();
};
send("/join/look", { secret }).then((link) => { state.link = link; }, (problem) => { state.gone = problem; }).then(draw);
