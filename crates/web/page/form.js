// Building blocks of forms: a label with its input, a list of lines to which one can add and from which one can take away; and what keeps
// what is typed while a page is drawn anew. Everything is made of elements, nothing of HTML text.
import { staying } from "/dom.js";

/** `element` is the page's own. */
export function blocks(element) {
  const labelled = (label, input, hint = "") => {
    const parts = [element("span", { textContent: label }), input];
    if (hint) parts.push(element("small", { className: "quiet", textContent: hint }));
    return element("label", {}, ...parts);
  };
  const input = (name, value, more = {}) => element("input", { name, value: value ?? "", autocomplete: "off", ...more });
  const button = (text, onclick, more = {}) => element("button", { type: "button", textContent: text, onclick, ...more });
  const select = (name, choices, value) => {
    const made = element("select", { name });
    made.append(...choices.map(([code, text]) => new Option(text, code, false, code === value)));
    return made;
  };
  const check = (name, label, on, hint = "") => {
    const box = element("input", { type: "checkbox", name, checked: Boolean(on) });
    const parts = [box, element("span", { textContent: label })];
    if (hint) parts.push(element("small", { className: "quiet", textContent: hint }));
    return element("label", { className: "check" }, ...parts);
  };
  const group = (title, ...inside) => element("fieldset", {}, element("legend", { textContent: title }), ...inside);
  const row = (...inside) => element("div", { className: "fields" }, ...inside);

  /** Lines that are shown by `line(item)`, each with a button that takes it away. Gives the list's element; `items` is changed. */
  function list(items, line, words) {
    const place = element("ul", { className: "lines" });
    const draw = () => {
      place.replaceChildren(...items.map((item, at) => {
        const remove = button(words.remove, () => { items.splice(at, 1); draw(); stays(at); place.dispatchEvent(new Event("change", { bubbles: true })); }, { className: "link" });
        remove.ariaLabel = `${words.remove}: ${typeof item === "string" ? item : words.nth.replace("{n}", at + 1)}`;
        return element("li", {}, line(item, at), remove);
      }));
      if (!items.length) place.append(element("li", { className: "quiet", textContent: words.none }));
    };
    /** Whoever works with the keyboard is at the next line, or at the list when there is none. */
    const stays = (at) => {
      place.tabIndex = -1;
      (place.querySelectorAll(":scope > li > button.link")[Math.min(at, items.length - 1)] ?? place).focus();
    };
    draw();
    return Object.assign(place, { add(item) { items.push(item); draw(); } });
  }

  return { labelled, input, button, select, check, group, row, list };
}

/** Text to a number; nothing to nothing. */
export const numberOrNothing = (text) => text === "" ? null : Number(text);

/** Words between commas or spaces, of either width. */
export const several = (text) => text.split(/[,、，\s]+/).filter(Boolean);

const fields = (place) => [...place.querySelectorAll("form input, form select, form textarea")];
const typedIn = (place) => fields(place).filter((one) => "typed" in one.dataset);

/** What was typed into these fields is in those of `place` that are called the same, unless somebody has typed there since. */
function putsBack(typed, place) {
  const called = (one) => [one.form.id, one.name, one.type === "checkbox" ? one.value : ""].join("\n");
  for (const was of typed) {
    const now = fields(place).find((one) => one !== was && called(one) === called(was));
    if (!now || "typed" in now.dataset) continue;
    Object.assign(now, was.type === "checkbox" ? { checked: was.checked } : { value: was.value });
    now.dataset.typed = "";
    const hidden = now.closest("details");
    if (hidden) hidden.open = true;
  }
}

/** Draws `place` anew as `staying` does; what was typed into its forms and not sent stays there. A form that was sent says so: `dataset.sent`. */
export function keeping(place, draw, home) {
  place.oninput ??= ({ target }) => { target.dataset.typed = ""; };
  const typed = typedIn(place).filter((one) => !("sent" in one.form.dataset));
  staying(place, () => {
    draw();
    putsBack(typed, place);
  }, home);
}

/** A form that was not taken: what was typed is in the one that stands in its place by now. Gives that, or nothing. */
export function refused(form) {
  delete form.dataset.sent;
  const now = document.getElementById(form.id);
  if (now && now !== form) putsBack(typedIn(form), now);
  return now;
}
