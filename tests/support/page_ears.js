// Put into the operator's page by the tests before its own scripts: an ear at every call, which keeps each sample at 8 kHz; and a
// headset as WebHID shows one, with a hook switch, a mute button and three lamps.
"use strict";
window.heard = [];
window.calls = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) {
    super(...given);
    window.calls.push(this);
    this.addEventListener("track", ({ track }) => {
      const context = new AudioContext({ sampleRate: 8000 });
      // A node of its own script would need more than the page's policy allows.
      const ear = context.createScriptProcessor(1024, 1, 1);
      ear.onaudioprocess = ({ inputBuffer }) => window.heard.push(Float32Array.from(inputBuffer.getChannelData(0)));
      context.createMediaStreamSource(new MediaStream([track])).connect(ear);
      ear.connect(context.destination);
      window.ears = [...(window.ears ?? []), { context, ear }];
    });
  }
};
window.takeHeard = () => {
  const samples = window.heard.splice(0);
  const bytes = new Uint8Array(2 * samples.reduce((length, part) => length + part.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const part of samples) for (const sample of part) { view.setInt16(at, Math.max(-1, Math.min(1, sample)) * 32767, true); at += 2; }
  let text = "";
  for (let from = 0; from < bytes.length; from += 8192) text += String.fromCharCode(...bytes.subarray(from, from + 8192));
  return btoa(text);
};

// A steady tone is noise to a browser, which suppresses it: the microphone as it is.
const devices = navigator.mediaDevices;
const ask = devices.getUserMedia.bind(devices);
window.recorded = [];
devices.getUserMedia = async ({ audio }) => {
  const stream = await ask({ audio: { ...audio, echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
  window.recorded.push(...stream.getTracks());
  return stream;
};

// What the page plays, in the order in which it makes them: the voice, the bell, the second bell. And what it tells the desktop.
window.sounds = [];
window.Audio = class extends Audio {
  constructor(...given) {
    super(...given);
    window.sounds.push(this);
  }
};
window.notices = [];
window.Notification = class extends Notification {
  constructor(...given) {
    super(...given);
    window.notices.push({ title: given[0], isClosed: false });
  }
  close() {
    super.close();
    window.notices.at(-1).isClosed = true;
  }
};

const bit = (usage) => ({ reportCount: 1, reportSize: 1, isConstant: false, isArray: false, isRange: false, usages: [usage] });
const padding = (count) => ({ reportCount: count, reportSize: 1, isConstant: true, isArray: false, isRange: false, usages: [] });
window.headset = {
  opened: false, productName: "Headset of the tests", lamps: [],
  collections: [{
    usagePage: 0x0b, usage: 0x05, children: [],
    inputReports: [{ reportId: 2, items: [bit(0x0b0020), bit(0x0b002f), padding(6)] }],
    outputReports: [{ reportId: 3, items: [bit(0x080018), bit(0x080017), bit(0x080009), padding(5)] }],
  }],
  async open() { this.opened = true; },
  async sendReport(id, bytes) { this.lamps.push([id, ...bytes]); },
};
Object.defineProperty(navigator, "hid", { configurable: true, value: {
  addEventListener() {}, async getDevices() { return []; }, async requestDevice() { return [window.headset]; },
} });
/** The bits of its buttons, as they stand now: 1 off the hook, 2 mute. */
window.press = (bits) => window.headset.oninputreport({ reportId: 2, data: new DataView(Uint8Array.of(bits).buffer) });
