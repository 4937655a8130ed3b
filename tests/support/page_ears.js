// Put into the operator's page by the tests before its own scripts: an ear at every call, which keeps each sample at 8 kHz.
"use strict";
window.heard = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) {
    super(...given);
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
