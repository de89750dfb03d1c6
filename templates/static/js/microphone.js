// What is heard: a microphone or a tab's sound, through the audio thread, in pieces of s16le with their level.

export const MICROPHONE = "microphone";

export class Microphone {
  /**
   * `worklet`: the address of the audio thread's part; `onPiece({pcm, level, at})`;
   * `onChange(state)`: "hearing", "suspended" by the browser, "silenced" by the system, "unplugged".
   */
  constructor(worklet, { onPiece, onChange }) {
    Object.assign(this, { worklet, onPiece, onChange });
    this.context = null;
    this.node = null;
    this.source = null;
    this.stream = null;
    this.muted = false;
  }

  get rate() {
    return this.context.sampleRate;
  }

  get device() {
    return this.stream?.getAudioTracks()[0]?.getSettings().deviceId ?? "";
  }

  /**
   * Opens what is to be heard, in place of what was before; `wishes` are the browser's audio constraints.
   * Fails with the name of why not: NotAllowedError, NotFoundError, NotReadableError, NoSound and others.
   */
  async open(kind, wishes) {
    const stream = await (kind === MICROPHONE ? askMicrophone(wishes) : askTab());
    try {
      await this.listen(stream);
    } catch (error) {
      stop(stream);
      throw error;
    }
  }

  async listen(stream) {
    if (!this.context) await this.build();
    const source = this.context.createMediaStreamSource(stream);
    this.release();
    this.source = source;
    this.stream = stream;
    this.source.connect(this.node);
    const [track] = stream.getAudioTracks();
    track.onended = () => this.lose();
    track.onmute = track.onunmute = () => this.tell();
    await this.resume();
  }

  // The rate is the device's own: Firefox joins no others, and the service resamples better.
  async build() {
    const context = new AudioContext();
    await context.audioWorklet.addModule(this.worklet);
    this.node = new AudioWorkletNode(context, "capture");
    this.node.connect(context.destination); // silence; Safari runs nothing that leads nowhere
    this.node.port.onmessage = ({ data }) => this.onPiece(data);
    this.context = context;
    this.mute(this.muted);
    context.onstatechange = () => this.tell();
  }

  mute(muted) {
    this.muted = muted;
    this.node?.port.postMessage({ muted });
  }

  /** Goes on after the browser stopped the audio; some do so only in answer to a tap. */
  async resume() {
    // It may never be answered without one.
    await Promise.race([this.context.resume(), new Promise((done) => setTimeout(done, 500))]).catch(() => null);
    this.tell();
  }

  lose() {
    this.release();
    this.onChange("unplugged");
  }

  /** Lets go of the device; the audio thread hands over what it has. */
  release() {
    this.source?.disconnect();
    if (this.stream) stop(this.stream);
    this.source = this.stream = null;
    this.node?.port.postMessage({ flush: true });
  }

  async close() {
    this.release();
    const context = this.context;
    this.context = null;
    // The last piece comes before the thread ends.
    await new Promise((done) => setTimeout(done, 50));
    await context?.close();
  }

  tell() {
    if (!this.stream) return;
    const [track] = this.stream.getAudioTracks();
    this.onChange(this.context.state !== "running" ? "suspended" : track.muted ? "silenced" : "hearing");
  }
}

/** The microphones there are, as far as the browser tells; without permission it names none. */
export async function listMicrophones() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter(({ kind, deviceId, label }) => kind === "audioinput" && deviceId && label);
}

function askMicrophone({ device, ...wishes }) {
  const audio = { ...wishes, channelCount: 1 };
  if (device) audio.deviceId = { ideal: device };
  return navigator.mediaDevices.getUserMedia({ audio });
}

async function askTab() {
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  // A browser shares no sound without a picture; nobody looks at it.
  const video = { frameRate: 1 };
  const stream = await navigator.mediaDevices.getDisplayMedia({ audio, video, systemAudio: "include" });
  for (const track of stream.getVideoTracks()) track.enabled = false;
  if (stream.getAudioTracks().length) return stream;
  stop(stream);
  throw new DOMException("nothing to hear", "NoSound");
}

function stop(stream) {
  for (const track of stream.getTracks()) {
    track.onended = null;
    track.stop();
  }
}
