// A recording to look at and to hear: the caller above, our side below, where each field was said, and what plays now. A click plays
// from there; by the keyboard: space plays and pauses, arrows go 2 seconds back and on (10 with Shift), 1 to 9 play a field.

export const LEAD_MS = 6000; // people speak before an operator types
const STEP_S = 2;
const FAR_S = 10;
const WIDTH = 1200;
const HEIGHT = 120;
const LOUDEST = 128; // of the 8 bits of a peak

/** `tools` are the page's own; `label` names it, `hint` says its keys. Gives `{ place, shows, plays, at, forget }`. */
export function waveform(tools, { label, hint }) {
  const { element, api } = tools;
  const canvas = element("canvas", { width: WIDTH, height: HEIGHT, className: "wave", ariaHidden: "true" });
  const player = element("audio", { controls: true, preload: "none", ariaLabel: tools.W().recording });
  const board = element("div", { className: "wave-board", tabIndex: 0, role: "group", ariaLabel: label });
  const place = element("div", { className: "wave-place" }, board, player);
  const said = element("small", { className: "quiet", textContent: hint });
  board.append(canvas, said);
  const state = { peaks: null, total: 1, fields: [], key: null, frame: 0, stop: null };

  function draw() {
    const pen = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    const x = (ms) => WIDTH * ms / state.total;
    pen.clearRect(0, 0, WIDTH, HEIGHT);
    pen.fillStyle = style.getPropertyValue("accent-color") === "auto" ? style.color : style.getPropertyValue("accent-color");
    for (const { key, spans } of state.fields) {
      pen.globalAlpha = key === state.key ? 0.45 : 0.18;
      for (const span of spans) pen.fillRect(x(span.from_ms), 0, Math.max(3, x(span.until_ms - span.from_ms)), HEIGHT);
    }
    pen.globalAlpha = 1;
    pen.fillStyle = style.color;
    const { peaks } = state;
    for (let point = 0; point < (peaks?.length ?? 0); point++) {
      for (const channel of [0, 1]) {
        const [least, most] = [peaks.data[4 * point + 2 * channel], peaks.data[4 * point + 2 * channel + 1]];
        const middle = HEIGHT * (1 + 2 * channel) / 4;
        pen.fillRect(WIDTH * point / peaks.length, middle - most / LOUDEST * HEIGHT / 4, Math.max(1, WIDTH / peaks.length - 0.5), Math.max(1, (most - least) / LOUDEST * HEIGHT / 4));
      }
    }
    state.fields.forEach(({ spans }, at) => {
      if (at < 9 && spans.length) pen.fillText(String(at + 1), x(spans.at(-1).from_ms) + 2, 10);
    });
    pen.fillRect(x(player.currentTime * 1000), 0, 2, HEIGHT);
  }

  /** From this second on, until that one if it is given. */
  function plays(from_ms, until_ms = null) {
    state.stop = until_ms;
    player.currentTime = Math.max(0, from_ms) / 1000;
    return player.play().catch(() => {});
  }

  /** The seconds in which this field was said; false: nobody knows them. */
  function field(key) {
    const span = state.fields.find((one) => one.key === key)?.spans.at(-1);
    if (!span) return false;
    state.key = key;
    plays(span.from_ms - LEAD_MS);
    draw();
    return true;
  }

  const tick = () => { draw(); if (!player.paused) state.frame = requestAnimationFrame(tick); };
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", draw);
  player.onplay = tick;
  player.onseeked = draw;
  player.ontimeupdate = () => { if (state.stop != null && player.currentTime * 1000 >= state.stop) { state.stop = null; player.pause(); } };
  canvas.onclick = (event) => plays(event.offsetX / canvas.clientWidth * state.total);
  board.onkeydown = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const step = event.shiftKey ? FAR_S : STEP_S;
    const acts = {
      " ": () => player.paused ? player.play().catch(() => {}) : player.pause(),
      ArrowLeft: () => { player.currentTime = Math.max(0, player.currentTime - step); },
      ArrowRight: () => { player.currentTime += step; },
      Home: () => { player.currentTime = 0; },
    };
    const nth = /^[1-9]$/.test(event.key) ? state.fields[Number(event.key) - 1] : null;
    if (!acts[event.key] && !nth) return;
    event.preventDefault();
    state.stop = null;
    if (nth) field(nth.key); else acts[event.key]();
  };

  return {
    place, plays, field,
    at: () => Math.round(player.currentTime * 1000),
    /** This call's recording, with `fields` of `{ key, spans }`. */
    shows(call, total_ms, fields) {
      Object.assign(state, { total: Math.max(1, total_ms), fields, peaks: null, key: null });
      player.src = `/api/v1/calls/${call}/recording`;
      draw();
      api(`/calls/${call}/recording/peaks`).then((peaks) => { state.peaks = peaks; draw(); }, () => {});
    },
    focus: () => board.focus(),
    forget() { scheme.removeEventListener("change", draw); cancelAnimationFrame(state.frame); player.pause(); player.removeAttribute("src"); player.load(); },
  };
}
