/** Bounds what has been received and is not answered yet: beyond it nothing more is read, and senders wait. */
export class ReadGate {
  readonly #most: number;
  #held = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** Calls back when there is room: at once, or after those that wait already. */
  enter(read: () => void): void {
    if (this.#held < this.#most && this.#waiting.length === 0) read();
    else this.#waiting.push(read);
  }

  hold(amount: number): void {
    this.#held += amount;
  }

  release(amount: number): void {
    this.#held -= amount;
    while (this.#held < this.#most) {
      const read = this.#waiting.shift();
      if (!read) return;
      read();
    }
  }
}

/** What one call reads: bytes within a bound for all calls, and of a stream messages within a bound of its own. */
export class Reading {
  readonly #bytes: ReadGate;
  readonly #messages: ReadGate | undefined;
  #held = 0;
  #isOver = false;

  constructor(bytes: ReadGate, mostMessages?: number) {
    this.#bytes = bytes;
    this.#messages = mostMessages === undefined ? undefined : new ReadGate(mostMessages);
  }

  enter(read: () => void): void {
    if (this.#messages) this.#messages.enter(() => this.#bytes.enter(read));
    else this.#bytes.enter(read);
  }

  received(bytes: number): void {
    if (this.#isOver) return;
    this.#messages?.hold(1);
    this.#held += bytes;
    this.#bytes.hold(bytes);
  }

  /** A message was answered. */
  answered(bytes: number): void {
    if (this.#isOver) return;
    this.#held -= bytes;
    this.#bytes.release(bytes);
    this.#messages?.release(1);
  }

  /** Nobody waits for answers any more. */
  end(): void {
    this.#isOver = true;
    const held = this.#held;
    this.#held = 0;
    this.#bytes.release(held);
  }
}
