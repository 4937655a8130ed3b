// What is heard and said: the microphone with its level, the caller's voice, and a bell at one or two places.

const LOOK_MS = 100;
// The bell of a Japanese telephone: 400 Hz, trembling sixteen times a second, a second on and two off.
const BELL_HZ = 400;
const TREMBLE_HZ = 16;
const ON_S = 1;
const PERIOD_S = 3;
const BELL_GAIN = 0.25;

/** `failed`: something about the devices has changed. */
export function sounds({ failed }) {
  let context = null;
  let microphone = null; // the stream of the device
  let asked = ""; // the device that was asked for last, which need not be the one that was got
  let chosen = {}; // every device, as it was chosen last
  let turn = 0; // grows whenever a device is asked for: what an earlier turn gets comes too late
  let fault = ""; // why there is none
  let asking = false; // the browser asks the person, maybe
  let nothing = null; // a voice that says nothing
  let ears = null; // sees how loud the microphone is
  let bell = null;
  const voice = new Audio();
  const bells = [new Audio(), new Audio()];

  const send = (audio, sink) => audio.setSinkId?.(sink).catch(() => {});
  const wake = () => { if (context?.state === "suspended") context.resume().catch(() => {}); };
  for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, wake, true);

  const stop = (stream) => { for (const track of stream?.getTracks() ?? []) track.stop(); };
  const devices = () => navigator.mediaDevices.enumerateDevices().catch(() => []);
  const isThere = async (device) => (await devices()).some((one) => one.kind === "audioinput" && one.deviceId === device);

  /** Where everything is heard. What was chosen and is not there now, or not shown before a microphone is allowed, is the usual device. */
  async function place() {
    const known = (await devices()).filter((one) => one.kind === "audiooutput");
    const at = (wanted) => known.some((one) => one.deviceId === wanted) ? wanted : "";
    await Promise.all([send(voice, at(chosen.speaker)), send(bells[0], at(chosen.ringer || chosen.speaker)), send(bells[1], at(chosen.bell))]);
    bells[1].wanted = Boolean(chosen.bell);
  }

  async function listen(device) {
    const mine = ++turn;
    const exact = device ? { deviceId: { exact: device } } : {};
    let [got, why] = [null, ""];
    asking = true;
    try {
      got = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...exact } });
    } catch (error) { why = error.name; }
    if (mine === turn) asking = false;
    // Switched off in the meantime, or another was asked for: a microphone that nobody needs is not left on.
    if (!context || mine !== turn) return stop(got);
    // The one that was chosen is not there: another will do.
    if (!got && device && why !== "NotAllowedError") return listen("");
    stop(microphone);
    [microphone, fault] = [got, why];
    ears?.source?.disconnect();
    if (microphone) {
      const [source, analyser] = [context.createMediaStreamSource(microphone), context.createAnalyser()];
      source.connect(analyser);
      ears = { source, analyser };
      // Unplugged, or not allowed any more: another will do, and if there is none it is known why.
      got.getAudioTracks()[0].onended = () => { if (microphone === got) listen(asked); };
    } else ears = null;
    failed();
  }

  return {
    async open(choice) {
      if (!context) {
        context = new AudioContext();
        const [mute, still] = [context.createMediaStreamDestination(), context.createConstantSource()];
        // Without a source nothing at all is sent, and the server takes that for a telephone that is gone.
        still.offset.value = 0;
        still.connect(mute);
        still.start();
        nothing = mute.stream;
      }
      wake();
      await this.use(choice);
    },
    /** Takes these devices from now on. */
    async use(choice) {
      if (!context) return;
      chosen = choice;
      await place();
      if (!context) return; // switched off meanwhile
      const device = choice.microphone;
      const now = microphone?.getAudioTracks()[0];
      const isOther = device !== asked;
      asked = device;
      // Another was got, because the one that was chosen was not there: is it again?
      const isBack = async () => device && now.getSettings().deviceId !== device && await isThere(device);
      if (!now || now.readyState !== "live" || isOther || await isBack()) {
        await listen(device);
        await place();
      }
    },
    close() {
      this.still();
      this.deaf();
      turn += 1;
      stop(microphone);
      microphone = ears = null;
      asked = "";
      context?.close().catch(() => {});
      context = null;
      fault = "";
    },
    /** What is said: the microphone, or nothing at all. */
    voice: () => microphone ?? nothing,
    silent: () => context != null && !microphone,
    fault: () => fault,
    asking: () => asking,
    analyser: () => ears?.analyser,
    hear(track) {
      voice.srcObject = new MediaStream([track]);
      voice.play().catch(() => {});
    },
    deaf() { voice.srcObject = null; },
    ring() {
      if (!context || bell) return;
      wake();
      const place = context.createMediaStreamDestination();
      const [tone, tremble, depth, gain] = [context.createOscillator(), context.createOscillator(), context.createGain(), context.createGain()];
      tone.frequency.value = BELL_HZ;
      tremble.frequency.value = TREMBLE_HZ;
      depth.gain.value = 0;
      gain.gain.value = 0;
      tremble.connect(depth).connect(gain.gain);
      tone.connect(gain).connect(place);
      tone.start();
      tremble.start();
      const strike = () => {
        const now = context.currentTime;
        for (const [parameter, value] of [[gain.gain, BELL_GAIN / 2], [depth.gain, BELL_GAIN / 2]]) {
          parameter.setValueAtTime(value, now);
          parameter.setValueAtTime(0, now + ON_S);
        }
      };
      strike();
      bell = { parts: [tone, tremble], timer: setInterval(strike, 1000 * PERIOD_S) };
      for (const audio of bells) {
        if (audio === bells[1] && !audio.wanted) continue;
        audio.srcObject = place.stream;
        audio.play().catch(() => {});
      }
    },
    still() {
      if (!bell) return;
      clearInterval(bell.timer);
      for (const part of bell.parts) part.stop();
      bell = null;
      for (const audio of bells) { audio.pause(); audio.srcObject = null; }
    },
  };
}

/** Shows on this `<meter>` how loud it is, until stopped. */
export function meter(place, analyser) {
  const samples = new Float32Array(512);
  const timer = setInterval(() => {
    const ear = analyser();
    let loudest = 0;
    if (ear) {
      ear.getFloatTimeDomainData(samples);
      for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample));
    }
    // In decibels, for that is how loud it sounds: from -60 to 0.
    place.value = loudest ? Math.max(0, 1 + Math.log10(loudest) / 3) : 0;
  }, LOOK_MS);
  return { stop() { clearInterval(timer); place.value = 0; } };
}
