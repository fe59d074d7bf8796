/** The times of what happened lately, in milliseconds. Each costs the same, however many there are. */
export class Recent {
  /** Ascending from `#first` on. */
  #times: number[] = [];
  #first = 0;

  /**
   * One more; how many there are within the window then, at most `most`: of more the oldest are forgotten. Far away is
   * far away, before or after: the clock may have been set back.
   */
  add(at: number, windowMs: number, most: number): number {
    if (at < (this.#times.at(-1) ?? at)) this.#goBack(at, windowMs);
    else this.#times.push(at);
    while (this.#first < this.#times.length - 1 && at - (this.#times[this.#first] ?? at) >= windowMs) this.#first++;
    this.#first = Math.max(this.#first, this.#times.length - most);
    if (this.#first > this.#times.length / 2) {
      this.#times = this.#times.slice(this.#first);
      this.#first = 0;
    }
    return this.#times.length - this.#first;
  }

  #goBack(at: number, windowMs: number): void {
    const near = this.#times.slice(this.#first).filter((time) => Math.abs(at - time) < windowMs);
    this.#times = [...near, at].sort((a, b) => a - b);
    this.#first = 0;
  }
}
