// The operator's phone in the browser: JsSIP, a voice from a file, an ear that keeps every sample. Driven by
// tests/support/browser.rs, which calls the functions of `phone` and reads `phone.events`.
"use strict";

// JsSIP and what it needs are CommonJS: `bundle` maps each file to a function, `mains` each package to its main file.
const loaded = {};
function load(path) {
  if (!(path in loaded)) {
    const module = { exports: {} };
    loaded[path] = module;
    bundle[path](name => load(resolve(path, name)), module, module.exports);
  }
  return loaded[path].exports;
}
function resolve(from, name) {
  const parts = name.startsWith(".") ? from.split("/").slice(0, -1) : [];
  for (const part of (parts.length ? name : mains[name]).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  const path = parts.join("/");
  const found = [path, `${path}.js`, `${path}.json`, `${path}/index.js`].find(candidate => candidate in bundle);
  if (!found) throw new Error(`${name} of ${from} is not in the bundle`);
  return found;
}
const JsSIP = load(resolve("", "jssip"));

const EAR = `registerProcessor("ear", class extends AudioWorkletProcessor {
  process([input]) {
    if (input[0]) this.port.postMessage(input[0].slice());
    return true;
  }
});`;

const phone = {
  events: [],
  session: null,
  peer: null,
  samples: [],
  tell(event, more) { this.events.push({ event, ...more }); },

  // Registers; `setup` is {user, password, domain, server, register}.
  async start(setup) {
    // 8 kHz, like every other ear of the tests.
    this.context = new AudioContext({ sampleRate: 8000 });
    await this.context.audioWorklet.addModule(URL.createObjectURL(new Blob([EAR], { type: "text/javascript" })));
    this.domain = setup.domain;
    this.ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(setup.server)],
      uri: `sip:${setup.user}@${setup.domain}`,
      password: setup.password,
      register_expires: 60,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 2,
      user_agent: "browser of the tests",
    });
    this.ua.on("connected", () => this.tell("connected"));
    this.ua.on("disconnected", ({ code, reason }) => this.tell("disconnected", { code, reason }));
    this.ua.on("registered", () => this.tell("registered"));
    this.ua.on("unregistered", () => this.tell("unregistered"));
    this.ua.on("registrationFailed", ({ cause, response }) =>
      this.tell("registration failed", { cause, status: response && response.status_code }));
    this.ua.on("newRTCSession", ({ originator, session, request }) => this.take(originator, session, request));
    this.ua.start();
  },

  take(originator, session, request) {
    this.session = session;
    session.on("peerconnection", ({ peerconnection }) => this.wire(peerconnection));
    // No trickle: the first candidate will do, for the house is found without a STUN server.
    session.on("icecandidate", ({ ready }) => ready());
    session.on("progress", () => this.tell("progress"));
    session.on("accepted", () => this.tell("accepted"));
    session.on("confirmed", () => this.tell("confirmed"));
    session.on("hold", ({ originator }) => this.tell("hold", { originator }));
    session.on("unhold", ({ originator }) => this.tell("unhold", { originator }));
    session.on("ended", ({ originator, cause }) => this.tell("ended", { originator, cause }));
    session.on("failed", ({ originator, cause, message }) =>
      this.tell("failed", { originator, cause, status: message && message.status_code }));
    session.on("newDTMF", ({ originator, dtmf }) => this.tell("digit", { originator, digit: dtmf.tone }));
    session.on("peerconnection:setremotedescriptionfailed", error => this.tell("refused", { why: String(error) }));
    session.on("getusermediafailed", error => this.tell("no microphone", { why: String(error) }));
    if (session.connection) this.wire(session.connection);
    const from = session.remote_identity;
    this.tell(originator === "remote" ? "incoming" : "dialling",
      { number: from.uri.user, name: from.display_name, offer: request.body || "" });
  },

  wire(peer) {
    if (this.peer === peer) return;
    this.peer = peer;
    peer.addEventListener("track", ({ track }) => {
      const stream = new MediaStream([track]);
      // What no element plays is not decoded.
      this.player = new Audio();
      this.player.srcObject = stream;
      this.player.muted = true;
      this.player.play();
      const ear = new AudioWorkletNode(this.context, "ear", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
      ear.port.onmessage = ({ data }) => this.samples.push(data);
      this.context.createMediaStreamSource(stream).connect(ear);
    });
    peer.addEventListener("connectionstatechange", () => this.tell("media", { state: peer.connectionState }));
  },

  media() {
    // As it is, without improvement: the tests measure.
    const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    return {
      mediaConstraints: { audio, video: false },
      pcConfig: { iceServers: [] },
      rtcOfferConstraints: { offerToReceiveAudio: true, offerToReceiveVideo: false },
    };
  },

  answer() { this.session.answer(this.media()); },
  dial(number) { this.ua.call(`sip:${number}@${this.domain}`, this.media()); },
  hangUp() { this.session.terminate(); },
  hold() { return this.session.hold(); },
  resume() { return this.session.unhold(); },
  press(keys) { this.session.sendDTMF(keys, { transportType: "RFC2833", duration: 100, interToneGap: 100 }); },

  // What was heard since the last asking, as 16-bit samples in base64.
  takeHeard() {
    const length = this.samples.reduce((sum, block) => sum + block.length, 0);
    const bytes = new Uint8Array(2 * length), view = new DataView(bytes.buffer);
    let at = 0;
    for (const block of this.samples) {
      for (const x of block) {
        view.setInt16(at, Math.max(-1, Math.min(1, x)) * 32767, true);
        at += 2;
      }
    }
    this.samples = [];
    let text = "";
    for (let n = 0; n < bytes.length; n += 0x8000) text += String.fromCharCode(...bytes.subarray(n, n + 0x8000));
    return btoa(text);
  },

  // What the browser counts of the call's media.
  async statistics() {
    const all = [...(await this.peer.getStats()).values()];
    const one = (type, more) => all.find(entry => entry.type === type && more(entry)) || {};
    const codec = entry => (all.find(other => other.id === entry.codecId) || {}).mimeType || null;
    const inbound = one("inbound-rtp", entry => entry.kind === "audio");
    const outbound = one("outbound-rtp", entry => entry.kind === "audio");
    const transport = one("transport", () => true);
    return {
      hears: codec(inbound), speaks: codec(outbound), received: inbound.packetsReceived, lost: inbound.packetsLost,
      discarded: inbound.packetsDiscarded, sent: outbound.packetsSent, dtls: transport.dtlsState, tls: transport.tlsVersion,
      srtp: transport.srtpCipher, ice: transport.iceState, role: transport.dtlsRole,
    };
  },
};
