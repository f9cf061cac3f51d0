interface Waiting {
  readonly go: () => void;
  /** A message of it has come in part: nobody else can finish it. */
  readonly hasBegun: boolean;
}

/**
 * Bounds what has been received and is still made use of, messages that have come in part too: beyond it nothing more is read,
 * and senders wait. Where parts alone fill it, one of them may go on: what is held is the bound, one message, and a chunk of each
 * sender that was reading.
 */
export class ReadGate {
  readonly #most: number;
  /** Of messages that are whole. */
  #whole = 0;
  /** Of messages that have come in part. */
  #parts = 0;
  /** By their owners, in the order that they came in. */
  readonly #waiting = new Map<object, Waiting>();
  #favoured: object | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  get held(): number {
    return this.#whole + this.#parts;
  }

  /** Calls back when there is room: at once, or after those that wait already. */
  enter(owner: object, go: () => void): void {
    if (this.held < this.#most && this.#waiting.size === 0) go();
    else this.#waiting.set(owner, { go, hasBegun: false });
  }

  /** A part of a message came. @returns whether its sender may go on; if not, it is called back once */
  part(owner: object, amount: number, go: () => void): boolean {
    this.#parts += amount;
    if (this.held < this.#most || this.#favoured === owner) return true;
    if (this.#favoured === undefined && this.#whole === 0) {
      this.#favoured = owner;
      return true;
    }
    this.#waiting.set(owner, { go, hasBegun: true });
    return false;
  }

  /** The parts of an owner are a message, or nothing any more. */
  partsEnd(owner: object, amount: number): void {
    this.#parts -= amount;
    if (this.#favoured === owner) this.#favoured = undefined;
    if (this.#waiting.get(owner)?.hasBegun) this.#waiting.delete(owner);
  }

  /** An owner reads no more. What it holds is to be released. */
  leave(owner: object): void {
    this.#waiting.delete(owner);
  }

  hold(amount: number): void {
    this.#whole += amount;
  }

  release(amount: number): void {
    this.#whole -= amount;
    while (this.held < this.#most) {
      const [first] = this.#waiting;
      if (!first) return;
      const [owner, { go }] = first;
      this.#waiting.delete(owner);
      go();
    }
    if (this.#whole > 0 || this.#favoured !== undefined) return;
    for (const [owner, { go, hasBegun }] of this.#waiting) {
      if (!hasBegun) continue;
      this.#waiting.delete(owner);
      this.#favoured = owner;
      go();
      return;
    }
  }
}

/** A message as the library keeps it: for as long as its call, and so without its bytes once they were taken. */
export class Received {
  #bytes: Buffer | undefined;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Once. */
  take(): Buffer {
    const bytes = this.#bytes as Buffer;
    this.#bytes = undefined;
    return bytes;
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
    if (this.#isOver) return;
    if (this.#messages) this.#messages.enter(this, () => this.#bytes.enter(this, read));
    // After the only message comes its end, and without it nothing is answered.
    else if (this.#hasMessage) read();
    else this.#bytes.enter(this, read);
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

  /** Nothing has a use for the bytes of a message any more, answered or not: a client may take its time with an answer. */
  used(bytes: number): void {
    if (this.#isOver) return;
    this.#held -= bytes;
    this.#bytes.release(bytes);
  }

  /** A message of a stream was answered. */
  answered(): void {
    if (!this.#isOver) this.#messages?.release(1);
  }

  /** Nobody waits for answers any more. */
  end(): void {
    this.#isOver = true;
    const held = this.#held;
    this.#held = 0;
    this.#endParts();
    this.#bytes.leave(this);
    this.#bytes.release(held);
  }

  #endParts(): void {
    const part = this.#part;
    this.#part = 0;
    this.#bytes.partsEnd(this, part);
  }
}
