interface Waiting {
  readonly go: () => void;
  /** Whose message has come in part: nobody else can finish it. Undefined for one that has not begun. */
  readonly begun?: object | undefined;
}

/**
 * Bounds what has been received and is not answered yet, messages that have come in part too: beyond it nothing more is read,
 * and senders wait. Where parts alone fill it, one of them may go on: what is held is the bound, one message, and a chunk of each
 * sender that was reading.
 */
export class ReadGate {
  readonly #most: number;
  /** Of messages that are whole. */
  #whole = 0;
  /** Of messages that have come in part. */
  #parts = 0;
  #waiting: Waiting[] = [];
  #favoured: object | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  get held(): number {
    return this.#whole + this.#parts;
  }

  /** Calls back when there is room: at once, or after those that wait already. */
  enter(go: () => void): void {
    if (this.held < this.#most && this.#waiting.length === 0) go();
    else this.#waiting.push({ go });
  }

  /** A part of a message came. @returns whether its sender may go on; if not, it is called back once */
  part(owner: object, amount: number, go: () => void): boolean {
    this.#parts += amount;
    if (this.held < this.#most || this.#favoured === owner) return true;
    if (this.#favoured === undefined && this.#whole === 0) {
      this.#favoured = owner;
      return true;
    }
    this.#waiting.push({ go, begun: owner });
    return false;
  }

  /** The parts of an owner are a message, or nothing any more. */
  partsEnd(owner: object, amount: number): void {
    this.#parts -= amount;
    if (this.#favoured === owner) this.#favoured = undefined;
    this.#waiting = this.#waiting.filter(({ begun }) => begun !== owner);
  }

  hold(amount: number): void {
    this.#whole += amount;
  }

  release(amount: number): void {
    this.#whole -= amount;
    while (this.held < this.#most) {
      const next = this.#waiting.shift();
      if (!next) return;
      next.go();
    }
    if (this.#whole > 0 || this.#favoured !== undefined) return;
    const at = this.#waiting.findIndex(({ begun }) => begun !== undefined);
    const [next] = at === -1 ? [] : this.#waiting.splice(at, 1);
    this.#favoured = next?.begun;
    next?.go();
  }
}

/** What one call reads: bytes within a bound for all calls, and of a stream messages within a bound of its own. */
export class Reading {
  readonly #bytes: ReadGate;
  readonly #messages: ReadGate | undefined;
  #part = 0;
  #held = 0;
  #hasMessage = false;
  #isOver = false;

  constructor(bytes: ReadGate, mostMessages?: number) {
    this.#bytes = bytes;
    this.#messages = mostMessages === undefined ? undefined : new ReadGate(mostMessages);
  }

  enter(read: () => void): void {
    if (this.#messages) this.#messages.enter(() => this.#bytes.enter(read));
    // After the only message comes its end, and without it nothing is answered.
    else if (this.#hasMessage) read();
    else this.#bytes.enter(read);
  }

  /** A part of a message came. @param source is paused while there is no room for more */
  arrived(bytes: number, source: { pause(): unknown; resume(): unknown }): void {
    if (this.#isOver) return;
    this.#part += bytes;
    if (!this.#bytes.part(this, bytes, () => source.resume())) source.pause();
  }

  /** A message is whole. */
  received(bytes: number): void {
    if (this.#isOver) return;
    this.#hasMessage = true;
    this.#messages?.hold(1);
    this.#held += bytes;
    this.#bytes.hold(bytes);
    this.#endParts();
    // It may have been larger before it was inflated.
    this.#bytes.release(0);
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
    this.#endParts();
    this.#bytes.release(held);
  }

  #endParts(): void {
    const part = this.#part;
    this.#part = 0;
    this.#bytes.partsEnd(this, part);
  }
}
