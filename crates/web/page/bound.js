// Inputs that write what is typed straight into a document and know their path in it: what the server says of `rules[1].to` stands
// beside that field, and drawing a form anew loses nothing. Everything is made of elements, nothing of HTML text.
import { blocks } from "/form.js";

let made = 0; // for ids that are nobody else's

/** `tools` are the page's own; `changed` hears of each change; `words` gives `remove`, `up`, `down`, `none`. */
export function bound({ element, changed, words }) {
  const build = blocks(element);
  const places = new Map(); // path → { input, line }

  /** An input with its label, and a line below in which it is said what is wrong with it. */
  function framed(label, path, input, hint = "") {
    const line = element("span", { className: "wrong", id: `wrong-${++made}` });
    input.setAttribute("aria-describedby", line.id);
    places.set(path, { input, line });
    return element("div", { className: "bound" }, build.labelled(label, input, hint), line);
  }

  /** It is another one now: what was wrong with the one before is no longer said. */
  function typed(path) {
    const place = places.get(path);
    if (place?.line.textContent) say(place, "");
    changed();
  }

  function say({ input, line }, text) {
    line.textContent = text;
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }

  const name = (path) => path.replace(/[[\].]+/g, "-").replace(/-$/, "");

  /** A line of text at `object[key]`. Empty is `more.empty` where that is given: `null` for what may be left out. */
  function line(object, key, path, label, { hint, empty, ...more } = {}) {
    const input = build.input(name(path), object[key], more);
    input.oninput = () => { object[key] = input.value || empty === undefined ? input.value : empty; typed(path); };
    return framed(label, path, input, hint);
  }

  function text(object, key, path, label, { hint, empty, rows = 3, ...more } = {}) {
    const input = element("textarea", { name: name(path), value: object[key] ?? "", rows, ...more });
    input.oninput = () => { object[key] = input.value || empty === undefined ? input.value : empty; typed(path); };
    return framed(label, path, input, hint);
  }

  /** A number; what is in the input counts `by` of what the document has. */
  function count(object, key, path, label, { hint, by = 1, ...more } = {}) {
    const input = build.input(name(path), object[key] == null ? "" : object[key] / by, { type: "number", step: "any", ...more });
    input.oninput = () => { object[key] = input.value === "" ? null : Math.round(Number(input.value) * by); typed(path); };
    return framed(label, path, input, hint);
  }

  /** One of `[value, words]`; `read` and `write` turn what the document has into a value, and back. */
  function choice(object, key, path, label, choices, { hint, then, read = (value) => value ?? "", write = (value) => value } = {}) {
    const now = read(object[key]);
    // What nobody offers any more is shown as it is, and stays until somebody chooses.
    const known = choices.some(([value]) => value === now) ? choices : [...choices, [now, now]];
    const input = build.select(name(path), known, now);
    input.onchange = () => { object[key] = write(input.value); typed(path); then?.(); };
    return framed(label, path, input, hint);
  }

  function tick(object, key, path, label, { hint, then } = {}) {
    const whole = build.check(name(path), label, object[key], hint);
    const input = whole.querySelector("input");
    input.onchange = () => { object[key] = input.checked; typed(path); then?.(); };
    const line = element("span", { className: "wrong", id: `wrong-${++made}` });
    places.set(path, { input, line });
    return element("div", { className: "bound" }, whole, line);
  }

  /** Any of `[value, words]`, as ticks: a list in the order of the choices. */
  function some(object, key, path, label, choices, { hint } = {}) {
    // What is chosen and not offered any more can be taken away.
    const all = [...choices, ...object[key].filter((value) => !choices.some(([known]) => known === value)).map((value) => [value, value])];
    const boxes = all.map(([value, words]) => {
      const box = element("input", { type: "checkbox", value, checked: object[key].includes(value), name: name(path) });
      box.onchange = () => {
        object[key] = all.map(([one]) => one).filter((one) => one === value ? box.checked : object[key].includes(one));
        typed(path);
      };
      return element("label", { className: "check" }, box, element("span", { textContent: words }));
    });
    const line = element("span", { className: "wrong", id: `wrong-${++made}` });
    const set = element("fieldset", { className: "some" }, element("legend", { textContent: label }), ...boxes, ...(hint ? [element("small", { className: "quiet", textContent: hint })] : []), line);
    places.set(path, { input: set, line });
    return set;
  }

  /** Hours of the day, `{ from, until }`, or nothing: the whole day. */
  function hours(object, key, path, label, until) {
    const [from, to] = ["from", "until"].map((end) => build.input(`${name(path)}-${end}`, object[key]?.[end], { placeholder: end === "from" ? "9:00" : "18:00", maxLength: 5, inputMode: "numeric" }));
    from.oninput = to.oninput = () => { object[key] = from.value || to.value ? { from: from.value, until: to.value } : null; typed(path); };
    const place = framed(label, path, from);
    place.querySelector("label").after(build.labelled(until, to));
    place.classList.add("hours");
    return place;
  }

  /** Several texts in one input: between commas, or in `rows` one a line. */
  function several(object, key, path, label, { hint, rows, ...more } = {}) {
    const between = rows ? /\n/ : /[,、，\n]/;
    const input = rows ? element("textarea", { name: name(path), rows, ...more }) : build.input(name(path), "", more);
    input.value = (object[key] ?? []).join(rows ? "\n" : ", ");
    input.oninput = () => { object[key] = input.value.split(between).map((one) => one.trim()).filter(Boolean); typed(path); };
    return framed(label, path, input, hint);
  }

  /**
   * Entries of a list, each drawn by `draw(item, path, at)`, with buttons that move it and take it away; `add` makes a new one. What is
   * wrong with the list as a whole stands above it.
   */
  function rows(items, path, { draw, add, addLabel, what, ordered = true, id, max = 500 }) {
    const place = element("ol", { className: "rows", ...(id ? { id } : {}) });
    const line = element("span", { className: "wrong" });
    const more = build.button(addLabel, () => { items.push(add()); again(items.length - 1); moved(); }, id ? { id: `${id}-add` } : {});
    const frame = element("div", { className: "rows-frame" }, line, place, more);
    const moved = () => { changed(); frame.dispatchEvent(new Event("change", { bubbles: true })); };
    const move = (at, by) => { const [item] = items.splice(at, 1); items.splice(at + by, 0, item); again(at + by, by < 0 ? "up" : "down"); moved(); };
    const mover = (at, by, sort) => build.button(by < 0 ? "↑" : "↓", () => move(at, by), {
      className: `move ${sort}`, disabled: at + by < 0 || at + by >= items.length, ariaLabel: `${what(items[at], at)}: ${words()[sort]}` });

    function fill() {
      for (const known of [...places.keys()]) if (known.startsWith(`${path}[`)) places.delete(known);
      place.replaceChildren(...items.map((item, at) => {
        const gone = () => { items.splice(at, 1); again(Math.min(at, items.length - 1)); moved(); };
        const acts = element("div", { className: "row-acts" }, ...(ordered ? [mover(at, -1, "up"), mover(at, 1, "down")] : []),
          build.button(words().remove, gone, { className: "link remove", ariaLabel: `${what(item, at)}: ${words().remove}` }));
        return element("li", {}, element("div", { className: "row-body" }, ...[draw(item, `${path}[${at}]`, at)].flat()), acts);
      }));
      if (!items.length) place.append(element("li", { className: "quiet", textContent: words().none }));
      more.disabled = items.length >= max;
      places.set(path, { input: more, line });
    }

    /** After a change of the list the hands stay where they were. */
    function again(at, sort) {
      fill();
      const row = place.children[at];
      const next = sort ? row?.querySelector(`.${sort}:not(:disabled)`) ?? row?.querySelector(".move:not(:disabled)") : row?.querySelector("input, select, textarea");
      (next ?? more).focus();
    }

    fill();
    return frame;
  }

  /** The path of the nearest field that is shown, for a problem's path. */
  function nearest(path) {
    for (let known = path, before = ""; known && known !== before; before = known, known = known.replace(/(\[\d+\]|\.?[^.[\]]+)$/, "")) {
      if (places.has(known)) return known;
    }
    return null;
  }

  return {
    ...build, line, text, count, choice, tick, some, several, hours, rows, framed, places,
    /** Says beside each field what is wrong with it; gives the problems that have no field here. */
    tells(problems) {
      for (const place of places.values()) if (place.line.textContent) say(place, "");
      const homeless = [];
      const told = new Map();
      for (const problem of problems) {
        const path = nearest(problem.field ?? "");
        if (path) told.set(path, [...(told.get(path) ?? []), [problem.what, problem.remedy].filter(Boolean).join(" — ")]);
        else homeless.push(problem);
      }
      for (const [path, texts] of told) say(places.get(path), texts.join(" / "));
      return homeless;
    },
    /** To the first field of which something is said. */
    focusWrong() {
      const first = [...places.values()].find((place) => place.line.textContent);
      first?.input.focus();
      first?.input.scrollIntoView({ block: "center" });
    },
    forgets() { places.clear(); },
  };
}

/** The problems of a refusal, one or many. */
export const problemsOf = (error) => error.body?.problems ?? (error.body?.field ? [error.body] : []);
