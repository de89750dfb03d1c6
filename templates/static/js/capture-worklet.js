// The audio thread's part: what a microphone gives, as s16le pieces with their level and the moment they ended.
// While muted it is silence that leaves here, so the stream's clock goes on and nothing that is said does.

const PIECE_S = 0.1;

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.muted = false;
    this.begin();
    this.port.onmessage = ({ data }) => {
      if ("muted" in data) this.muted = data.muted;
      if (data.flush) this.flush();
    };
  }

  begin() {
    this.pcm = new Int16Array(Math.round(sampleRate * PIECE_S));
    this.filled = 0;
    this.energy = 0;
  }

  process([channels]) {
    // Without a source nothing is made up: what is missing becomes a gap.
    if (!channels.length) this.flush();
    else for (let at = 0; at < channels[0].length; at += 1) this.take(mix(channels, at));
    return true;
  }

  take(sample) {
    this.energy += sample * sample;
    this.pcm[this.filled] = this.muted ? 0 : Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
    this.filled += 1;
    if (this.filled === this.pcm.length) this.flush();
  }

  flush() {
    if (!this.filled) return;
    const pcm = this.pcm.slice(0, this.filled);
    const level = Math.sqrt(this.energy / this.filled);
    this.port.postMessage({ pcm, level, at: Date.now() }, [pcm.buffer]);
    this.begin();
  }
}

function mix(channels, at) {
  let sum = 0;
  for (const channel of channels) sum += channel[at];
  return sum / channels.length;
}

registerProcessor("capture", Capture);
