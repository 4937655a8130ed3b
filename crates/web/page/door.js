// At the door, of the house and of my page: after the password the code, where one is asked for, or a passkey instead of both.
import { ask, element, sending } from "/dom.js";
import { words } from "/door-words.js";
import { knowsPasskeys, usePasskey } from "/passkey.js";

/** `form` has the name (`field`), the password, a button and a place for errors; `side` is "" or "/my"; `entered` is what comes then. */
export function door({ form, field, side, language, entered }) {
  const T = () => words[language()] ?? words.en;
  const error = form.querySelector(".error");
  const named = element("span");
  const code = element("input", { name: "code", autocomplete: "one-time-code", autocapitalize: "none", spellcheck: false });
  const label = element("label", { hidden: true }, named, code);
  const passkey = element("button", { type: "button", hidden: !knowsPasskeys() });
  let askedOf = ""; // whose code
  let isBusy = false;
  form.querySelector("button.main").before(label);
  form.querySelector("button.main").after(passkey);

  const send = (path, body) => ask(path, language(), sending("POST", body));

  function wrong(problem) {
    if (problem.name === "NotAllowedError") return T().passkeyNot;
    if (problem.status === 401) return T().wrong;
    if (problem.status === 429) return T().slow.replace("{seconds}", problem.wait ?? "60");
    return problem.status ? problem.message : T().failed;
  }

  function noCode() {
    label.hidden = true;
    code.required = false;
    code.value = "";
  }

  async function come(work) {
    if (isBusy) return;
    isBusy = true;
    error.textContent = "";
    try {
      await work().finally(() => { isBusy = false; });
      forget();
      await entered();
    } catch (problem) {
      if (problem.body?.error === "code_needed") {
        label.hidden = false;
        askedOf = form.elements[field].value;
        code.required = true;
        code.focus();
        error.textContent = T().codeNeeded;
      } else error.textContent = wrong(problem);
    }
  }

  function forget() {
    form.reset();
    noCode();
  }

  function redraw() {
    named.textContent = T().code;
    passkey.textContent = T().passkey;
  }

  // Somebody else may have none.
  form.elements[field].addEventListener("input", () => { if (form.elements[field].value !== askedOf) noCode(); });
  form.onsubmit = (event) => {
    event.preventDefault();
    const body = { [field]: form.elements[field].value, password: form.elements.password.value };
    if (!label.hidden) body.code = code.value;
    come(() => send(`${side}/login`, body));
  };
  passkey.onclick = () => come(async () => send(`${side}/login/passkey`, await usePasskey(await send("/login/passkey/begin", {}))));
  redraw();
  return { redraw, forget };
}
