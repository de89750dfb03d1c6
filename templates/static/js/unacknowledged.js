// What was spoken and is not yet acknowledged: kept to be sent again. Positions are samples of the stream.
// No network, no clock.

export class Unacknowledged {
  constructor() {
    this.kept = []; // {start, end, pcm}, without holes; a gap has no pcm
    this.start = 0;
    this.end = 0;
    this.samples = 0; // of audio: gaps take no memory
  }

  append(pcm) {
    this.kept.push({ start: this.end, end: this.end + pcm.length, pcm });
    this.end += pcm.length;
    this.samples += pcm.length;
  }

  /** Leaves out samples that never existed. */
  appendGap(samples) {
    this.end += samples;
    const last = this.kept.at(-1);
    if (last && !last.pcm) last.end = this.end;
    else this.kept.push({ start: this.end - samples, end: this.end, pcm: null });
  }

  /** Forgets what is before `through`; a position that was acknowledged already changes nothing. */
  acknowledge(through) {
    this.start = Math.max(this.start, Math.min(through, this.end));
    let done = 0;
    while (done < this.kept.length && this.kept[done].end <= this.start) {
      this.samples -= this.kept[done].pcm?.length ?? 0;
      done += 1;
    }
    this.kept.splice(0, done);
    const first = this.kept[0];
    if (!first || first.start === this.start) return;
    this.samples -= first.pcm ? this.start - first.start : 0;
    first.pcm = first.pcm?.subarray(this.start - first.start) ?? null;
    first.start = this.start;
  }

  /** What follows `position`: audio of one piece, at most `most` samples of it, or a whole gap. */
  partAfter(position, most) {
    const part = this.kept.find(({ end }) => end > position);
    if (!part) return null;
    const start = Math.max(part.start, position);
    if (!part.pcm) return { start, end: part.end, pcm: null };
    const end = Math.min(part.end, start + most);
    return { start, end, pcm: part.pcm.subarray(start - part.start, end - part.start) };
  }

  /** Calls the first sample kept `start`, after a gap of so many samples: the service counts from elsewhere. */
  move(start, gap = 0) {
    const by = start + gap - this.start;
    this.end += by;
    for (const part of this.kept) {
      part.start += by;
      part.end += by;
    }
    if (gap) this.kept.unshift({ start, end: start + gap, pcm: null });
    this.start = start;
  }
}
