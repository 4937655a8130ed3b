// What callers hear: listened to, uploaded, recorded with the computer's microphone, or typed and spoken.

const SECONDS_MAX = 600;

/** `tools` are the page's own and the administration's. */
export function promptsPart(tools) {
  const { element, build, A, api, send, act, show, said, filled, when } = tools;
  const state = { firm: "", firms: [], library: { voice: false, prompts: [] }, chosen: null, written: {}, recording: null };
  const path = (name) => `/prompts/${encodeURIComponent(name)}`;

  async function load() {
    [state.firms, state.library] = await Promise.all([api("/customers"), api(`/prompts${state.firm ? `?customer=${state.firm}` : ""}`)]);
  }

  // ---- Sound ----

  /** Plays a file that is nowhere but in memory. */
  async function play(bytes) {
    const context = new AudioContext();
    const source = context.createBufferSource();
    source.buffer = await context.decodeAudioData(bytes);
    source.connect(context.destination);
    source.onended = () => context.close();
    source.start();
    return source.buffer.duration;
  }

  async function bytesOf(address, options = {}) {
    const response = await fetch(`/api/v1${address}`, { headers: { "Content-Type": "application/json", "Accept-Language": tools.language() }, ...options });
    if (response.ok) return response.arrayBuffer();
    const body = await response.json().catch(() => null);
    throw Object.assign(new Error(body?.what ?? response.statusText), { status: response.status, body });
  }

  /** 16-bit WAV of one channel. */
  function wav(chunks, rate) {
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const view = new DataView(new ArrayBuffer(44 + length * 2));
    const text = (at, letters) => [...letters].forEach((letter, n) => view.setUint8(at + n, letter.charCodeAt(0)));
    text(0, "RIFF"); view.setUint32(4, 36 + length * 2, true); text(8, "WAVEfmt ");
    view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
    view.setUint32(24, rate, true); view.setUint32(28, rate * 2, true); view.setUint16(32, 2, true); view.setUint16(34, 16, true);
    text(36, "data"); view.setUint32(40, length * 2, true);
    let at = 44;
    for (const chunk of chunks) for (const sample of chunk) { view.setInt16(at, Math.max(-1, Math.min(1, sample)) * 32767, true); at += 2; }
    return view.buffer;
  }

  async function record() {
    if (state.asking) return;
    state.asking = true;
    let [stream, context] = [null, null];
    const off = () => {
      for (const track of stream?.getTracks() ?? []) track.stop();
      return context?.close().catch(() => {});
    };
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
      // Whoever has gone elsewhere meanwhile records nothing.
      if (!tools.$("admin-prompt-record")) return off();
      context = new AudioContext();
      await context.audioWorklet.addModule("/admin-recorder.js");
      const node = new AudioWorkletNode(context, "admin-recorder");
      const now = { chunks: [], frames: 0, rate: context.sampleRate };
      node.port.onmessage = ({ data }) => {
        now.chunks.push(data);
        now.frames += data.length;
        if (now.frames > SECONDS_MAX * now.rate) now.stop();
      };
      now.off = off;
      now.stop = async () => {
        await off();
        state.recording = null;
        state.written.take = wav(now.chunks, now.rate);
        show();
        said(filled(A().recorded, { seconds: (now.frames / now.rate).toFixed(1) }));
      };
      context.createMediaStreamSource(stream).connect(node);
      state.recording = now;
      show();
      said(A().recordingNow);
    } catch (error) {
      off();
      said(`${A().noMicrophone} (${error.message})`, "error");
    } finally { state.asking = false; }
  }

  const upload = (bytes, recorded) => act(async () => {
    const asked = new URLSearchParams({ label: state.written.label ?? "", ...(recorded ? { recorded: "true" } : {}) });
    await api(`${path(nameOf())}?${asked}`, { method: "PUT", body: bytes, headers: { "Content-Type": "audio/wav", "Accept-Language": tools.language() } });
    state.written = {};
  }, A().promptKept);

  // ---- The list ----

  function line(prompt) {
    const listen = element("audio", { controls: true, preload: "none", src: `/api/v1${path(prompt.name)}`, ariaLabel: filled(A().listenTo, { name: prompt.name }) });
    const change = build.button(A().change, () => { state.chosen = prompt.name; state.written = { label: prompt.label, text: prompt.text || prompt.words || "" }; show(); tools.$("admin-prompt-form")?.scrollIntoView({ block: "nearest" }); }, { className: "link", ariaLabel: `${A().change}: ${prompt.name}` });
    change.dataset.prompt = prompt.name;
    const acts = [change];
    if (prompt.origin === "own") {
      const remove = build.button(A().removePrompt, () => act(() => send(path(prompt.name), "DELETE"), A().promptRemoved), { className: "link", ariaLabel: `${A().removePrompt}: ${prompt.name}` });
      remove.dataset.removes = prompt.name;
      acts.push(" ", remove);
    }
    const source = prompt.source ? A().sources[prompt.source] : A().origins[prompt.origin];
    const by = prompt.by ? `${source} · ${prompt.by} · ${when(prompt.at_ms)}` : source;
    const length = prompt.length_ms == null ? "" : filled(A().seconds, { seconds: (prompt.length_ms / 1000).toFixed(1) });
    return [element("span", {}, element("code", { textContent: prompt.name }), prompt.label ? ` ${prompt.label}` : ""),
      element("span", { textContent: prompt.text || prompt.words || "" }), by, length,
      prompt.used_by.map((use) => A().uses[use]).join(A().comma), prompt.origin === "missing" ? "" : listen, element("span", {}, ...acts)];
  }

  const nameOf = () => state.chosen ?? (state.firm ? `customer/${state.firm}/${state.written.name ?? ""}` : state.written.name ?? "");

  /** One prompt: by a file, a microphone or words. */
  function form() {
    const written = (key, input) => { input.oninput = () => { state.written[key] = input.value; }; return input; };
    const label = written("label", build.input("prompt-label", state.written.label, { maxLength: 100 }));
    const name = written("name", build.input("prompt-name", state.chosen ?? state.written.name, { maxLength: 80, readOnly: Boolean(state.chosen), spellcheck: false, autocapitalize: "none", placeholder: "our-music" }));
    const file = element("input", { type: "file", name: "prompt-file", accept: ".wav,audio/wav,audio/x-wav" });
    file.onchange = async () => { if (file.files[0]) upload(await file.files[0].arrayBuffer(), false); };
    const text = written("text", element("textarea", { name: "prompt-text", rows: 3, maxLength: 1000, value: state.written.text ?? "" }));
    const microphone = state.recording
      ? build.button(A().stopRecording, () => state.recording?.stop(), { id: "admin-prompt-stop", className: "main" })
      : build.button(A().startRecording, record, { id: "admin-prompt-record" });
    const take = state.written.take
      ? [build.button(A().hear, () => play(state.written.take.slice(0))), build.button(A().keepTake, () => upload(state.written.take, true), { id: "admin-prompt-take" })] : [];
    const words = () => ({ text: state.written.text ?? "", label: state.written.label ?? "" });
    const hear = build.button(A().hear, () => act(async () => {
      const seconds = await play(await bytesOf("/speech", { method: "POST", body: JSON.stringify({ text: words().text }) }));
      state.heard = seconds;
    }, A().playing), { id: "admin-prompt-hear", disabled: !state.library.voice });
    const keep = build.button(A().keepWords, () => act(() => send(`${path(nameOf())}/words`, "PUT", words()), A().promptKept), { id: "admin-prompt-words", disabled: !state.library.voice });
    const chosen = state.library.prompts.find((one) => one.name === state.chosen);
    const rename = chosen?.origin === "own" ? renaming(chosen) : [];
    return element("div", { id: "admin-prompt-form" },
      element("h3", { textContent: state.chosen ? filled(A().changing, { name: state.chosen }) : A().newPrompt }),
      build.row(build.labelled(A().promptName, name, A().promptNameHint), build.labelled(A().promptLabel, label)),
      build.group(A().byFile, build.labelled(A().file, file, A().fileHint)),
      build.group(A().byMicrophone, element("div", { className: "acts" }, microphone, ...take)),
      build.group(A().byWords, build.labelled(A().text, text, state.library.voice ? "" : A().noVoice), element("div", { className: "acts" }, hear, keep)),
      ...rename,
      element("div", { className: "acts" }, build.button(A().another, () => { state.chosen = null; state.written = {}; show(); })));
  }

  function renaming(prompt) {
    const to = build.input("prompt-rename", prompt.name, { maxLength: 80, spellcheck: false, autocapitalize: "none" });
    const done = build.button(A().rename, () => act(async () => {
      const renamed = await send(`${path(prompt.name)}/name`, "PUT", { name: to.value, label: state.written.label ?? "" });
      state.chosen = renamed.name;
    }, A().promptRenamed), { id: "admin-prompt-rename" });
    return [build.group(A().rename, build.labelled(A().newName, to), element("div", { className: "acts" }, done))];
  }

  return {
    load,
    /** Somebody goes elsewhere: the microphone is off, and nothing is kept of what it heard. */
    leave() {
      state.recording?.off();
      state.recording = null;
    },
    draw() {
      const firm = build.select("prompts-firm", [["", A().house], ...state.firms.filter((one) => one.active).map((one) => [String(one.id), one.name])], state.firm);
      firm.onchange = () => { Object.assign(state, { firm: firm.value, chosen: null, written: {} }); act(async () => {}); };
      return [element("p", { className: "quiet", textContent: A().promptsHint }), build.row(build.labelled(A().whose, firm)),
        tools.list(A().tabs.prompts, [A().promptName, A().said, A().from, A().length, A().usedBy, A().listen, ""], state.library.prompts.toSorted((one, other) => one.name.localeCompare(other.name, "en", { numeric: true })).map(line), A().noPrompts), form()];
    },
  };
}
