import type { DestinationStream } from 'pino';

interface FlushableStream extends DestinationStream {
  flush(done?: (error?: Error) => void): void;
}

/** Puts the lines of one turn of the event loop together: under load a write for each would cost more than the lines. */
export class TurnBuffer implements FlushableStream {
  readonly #target: FlushableStream;
  readonly #largest: number;
  #text = '';
  #scheduled = false;

  /** @param largest characters written at once, unless a single line is longer */
  constructor(target: FlushableStream, largest: number) {
    this.#target = target;
    this.#largest = largest;
  }

  write(line: string): void {
    if (this.#text.length + line.length > this.#largest) this.#pass();
    this.#text += line;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pass();
    });
  }

  flush(done?: (error?: Error) => void): void {
    this.#pass();
    this.#target.flush(done);
  }

  #pass(): void {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    this.#target.write(text);
  }
}
