// One call for those who may open it: its facts, what each line was like, its recording and its story. Loaded when the first one is opened.

// Scores in hundredths from which a line is good, or fair: the bounds of ITU-T G.107 Annex B for "some" and "many users dissatisfied".
const GOOD = 403;
const FAIR = 360;
const BEST = 450;

/** `tools` are the page's own. Gives what draws a call. */
export function callPanel(tools) {
  const { $, element, api, chip, filled, when, seconds, duration, number, firm, caller, ending, W } = tools;

  /** `again`: it is there already, and whoever reads or types elsewhere is not called to it. */
  function drawCall(call, ladder, again) {
    $("one").hidden = false;
    $("one-title").textContent = [firm(call), caller(call), when(call.arrived_ms)].join(" — ");
    const facts = [
      [W().did, call.did_display], [W().operator, call.operator_name], [W().wait, call.answered_ms == null ? W().abandoned : seconds(call.wait_ms)],
      [W().talk, duration(call.talk_ms)], [W().ending, call.ended_ms == null ? W().states[call.state] : ending(call)],
    ];
    $("facts").replaceChildren(...facts.filter(([, text]) => text).map(([name, text]) =>
      element("div", {}, element("dt", { textContent: name }), element("dd", { textContent: text }))));
    drawLines(call);
    drawRecording(call);
    drawStory(call);
    $("ladder").textContent = ladder;
    if (again) return;
    $("one-title").focus({ preventScroll: true });
    $("one").scrollIntoView({ block: "nearest" });
  }

  /** What each party's line was like, in words: whose fault was it that somebody could not hear? */
  function drawLines(call) {
    $("lines").replaceChildren(...call.legs.filter((leg) => leg.statistics?.received || leg.statistics?.sent).map((leg) => {
      const figures = leg.statistics;
      const words = [W().legs[leg.role] ?? leg.role, leg.party].filter(Boolean).join(" ");
      const share = (lost, all) => all ? `${(100 * lost / all).toFixed(1)} %` : "";
      const from = { quality: quality(figures), lost: share(figures.lost, figures.received + figures.lost), jitter: Math.round(figures.jitter_us / 1000) };
      const to = { quality: grade(figures.remote_mos_x100), lost: share(figures.remote_lost, figures.sent), jitter: Math.round((figures.remote_jitter_us ?? 0) / 1000) };
      const parts = [figures.received ? filled(W().lineFrom, from) : W().lineSilent];
      if (figures.worst_mos_x100 != null && figures.worst_mos_x100 < FAIR) parts.push(filled(W().lineWorst, { quality: grade(figures.worst_mos_x100), at: worstAt(call, leg) }));
      if (figures.remote_mos_x100 != null) parts.push(filled(W().lineTo, to));
      if (figures.round_trip_ms != null) parts.push(filled(W().lineTrip, { ms: figures.round_trip_ms }));
      const bad = Math.min(figures.mos_x100 ?? BEST, figures.worst_mos_x100 ?? BEST, figures.remote_mos_x100 ?? BEST) < FAIR || !figures.received;
      return element("li", {}, chip(words, bad ? "missed" : "ready"), element("span", { textContent: ` ${parts.join(" ")}` }));
    }));
  }

  /** A mean opinion score as people understand it (ITU-T G.107 Annex B). */
  const grade = (mos) => mos == null ? "" : `${mos >= GOOD ? W().lineGood : mos >= FAIR ? W().lineFair : W().linePoor} (MOS ${(mos / 100).toFixed(1)})`;
  const quality = (figures) => figures.received ? grade(figures.mos_x100) : "";

  /** When the worst moment was, on the recording's clock. */
  function worstAt(call, leg) {
    const heard = call.events.find((event) => event.kind === "heard" && event.detail?.leg === leg.role)?.offset_ms;
    const answered = call.events.find((event) => event.kind === "answered")?.offset_ms;
    return heard == null || answered == null ? "" : clock((heard + leg.statistics.worst_at_ms - answered) / 1000);
  }

  /** The waveform, the caller above and our side below, with what is missing marked; a click plays from there. */
  async function drawWave(call) {
    const canvas = $("wave");
    canvas.hidden = true;
    if (!call.recording?.peaks) return;
    const peaks = await api(`/calls/${call.call}/recording/peaks`).catch(() => null);
    if (!peaks || tools.shown() !== call.call) return;
    canvas.hidden = false;
    const pen = canvas.getContext("2d");
    const { width, height } = canvas;
    const style = getComputedStyle(canvas);
    pen.clearRect(0, 0, width, height);
    const total = Math.max(call.recording.samples / 8, 1);
    for (const [spans, alpha] of [[call.recording.gaps, 0.5], [call.recording.pauses, 0.2]]) {
      pen.globalAlpha = alpha;
      pen.fillStyle = style.color;
      for (const [from, length] of spans) pen.fillRect(width * from / total, 0, Math.max(1, width * length / total), height);
    }
    pen.globalAlpha = 1;
    pen.fillStyle = style.color;
    for (let point = 0; point < peaks.length; point++) {
      for (const channel of [0, 1]) {
        const [least, most] = [peaks.data[4 * point + 2 * channel], peaks.data[4 * point + 2 * channel + 1]];
        const middle = height * (1 + 2 * channel) / 4;
        const x = width * point / peaks.length;
        pen.fillRect(x, middle - most / 128 * height / 4, Math.max(1, width / peaks.length - 0.5), Math.max(1, (most - least) / 128 * height / 4));
      }
    }
    canvas.onclick = (event) => {
      $("player").currentTime = event.offsetX / canvas.clientWidth * total / 1000;
      $("player").play().catch(() => {});
    };
  }

  function drawRecording(call) {
    drawWave(call);
    $("fault").hidden = !call.recording?.fault;
    $("fault").textContent = call.recording?.fault ? filled(W().fault, { why: call.recording.fault }) : "";
    const player = $("player");
    const address = `/api/v1/calls/${call.call}/recording`;
    player.hidden = $("file").hidden = !call.recording;
    $("no-recording").textContent = call.recording || call.ended_ms == null ? ""
      : W().noRecordings[call.no_recording] ?? (call.no_recording ? `${W().noRecording} (${call.no_recording})` : W().noRecording);
    if (!call.recording) {
      player.removeAttribute("src");
      player.load();
      return;
    }
    // It is not fetched before somebody plays it: each fetch is a line in the audit log.
    if (player.getAttribute("src") !== address) player.src = address;
    $("download").href = address;
    $("download").download = call.recording.path.split("/").pop();
    $("sha").textContent = call.recording.sha256;
  }

  /** The recording begins with our answer: what came before cannot be heard. */
  function drawStory(call) {
    const answered = call.events.find((event) => event.kind === "answered")?.offset_ms;
    $("timeline").replaceChildren(...call.events.filter((event) => event.kind !== "sip").map((event) => {
      const at = answered == null ? -1 : (event.offset_ms - answered) / 1000;
      const word = W().events[event.kind] ?? event.kind;
      const detail = eventDetail(event.detail ?? {});
      const inside = [
        element("span", { className: "at", textContent: clock(at, event.offset_ms, answered) }),
        element("span", { textContent: word }),
        ...(detail ? [element("span", { className: "quiet", textContent: detail })] : []),
      ];
      if (!call.recording || at < 0 || at * 8000 > call.recording.samples) return element("li", {}, element("span", { className: "moment" }, ...inside));
      const play = () => { $("player").currentTime = at; $("player").play().catch(() => {}); };
      return element("li", {}, element("button", { type: "button", className: "moment", onclick: play, ariaLabel: filled(W().seek, { what: `${word} ${clock(at)}` }) }, ...inside));
    }));
  }

  function clock(at, offset_ms, answered) {
    if (at < 0) return answered == null ? `+${(offset_ms / 1000).toFixed(1)}` : `−${(-at).toFixed(1)}`;
    return `${Math.floor(at / 60)}:${(at % 60).toFixed(1).padStart(4, "0")}`;
  }

  function eventDetail({ operator, name, number: called, leg, reason, who: whom, why, chance_percent: chance, digit, by, policy, calls, last_ms, from_ms, to_ms }) {
    if (whom) return tools.said(`${whom} ${why}`);
    if (chance != null) return `${chance}%`;
    const who = tools.operator(operator) ?? name ?? (called ? number(called) : W().legs[leg]);
    const earlier = last_ms == null ? "" : filled(W().earlierCalls, { calls, last: when(last_ms) });
    const length = to_ms == null ? "" : seconds(to_ms - from_ms);
    return [who, digit, W().pauseBy[by], W().abandonedPolicies[policy], earlier, length, reason, why].filter(Boolean).join(" · ");
  }

  return drawCall;
}
