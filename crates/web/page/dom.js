// What every page begins with: elements, words with their gaps filled, and the way to the API. Whatever comes from outside is put on
// the page as text, never as HTML.

const ANSWER_MAX_MS = 10_000;

export const $ = (id) => document.getElementById(id);

/** An element with these properties and children; children that are nothing are left out. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter((child) => child != null));
  return made;
}

/** A text whose `{name}`s are filled with these values. */
export const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");

/** Draws `place` anew by `draw`. Whoever works there with the keyboard stays at what is called the same, or is taken to `home()`. */
export function staying(place, draw, home = () => null) {
  const was = place.contains(document.activeElement) ? document.activeElement : null;
  const called = (one) => [one.id, one.name, one.ariaLabel, one.matches("button, summary") ? one.textContent : ""].join("\n");
  const same = (name) => [...place.querySelectorAll(was.localName)].filter((one) => called(one) === name);
  const name = was && called(was);
  const nth = was && same(name).indexOf(was);
  draw();
  if (!was || place.contains(document.activeElement)) return;
  const found = same(name);
  const now = found[Math.min(nth, found.length - 1)] ?? home();
  now?.focus({ preventScroll: true });
  if (now?.selectionStart != null && now.value === was.value) now.setSelectionRange(was.selectionStart, was.selectionEnd);
}

/** Asks the API, in this language; `options.tagged` hears in which state the row is that comes. A refusal is thrown with its `status`, `body` and `wait`, the seconds after which to ask again. */
export async function ask(path, language, options = {}) {
  const headers = { "Content-Type": "application/json", "Accept-Language": language };
  const response = await fetch("/api/v1" + path, { headers, signal: AbortSignal.timeout(ANSWER_MAX_MS), ...options });
  const text = await response.text();
  const body = text && response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
  if (response.ok) {
    options.tagged?.(response.headers.get("etag"));
    return body;
  }
  throw Object.assign(new Error(body?.what ?? response.statusText), { status: response.status, body, wait: response.headers.get("retry-after") });
}

/** What a body makes of a request. */
export const sending = (method, body) => ({ method, body: body === undefined ? undefined : JSON.stringify(body) });
