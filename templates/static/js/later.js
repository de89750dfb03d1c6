// What is loaded when it is first wanted.

export class Later {
  /** `load(tries)` promises it. A browser may remember by the address that something could not be loaded. */
  constructor(load) {
    this.load = load;
    this.loading = null;
    this.tries = 0;
  }

  /** Null while it cannot be had: the next one who wants it tries again. */
  async get() {
    try {
      return await (this.loading ??= this.load(this.tries));
    } catch {
      this.loading = null;
      this.tries += 1;
      return null;
    }
  }
}
