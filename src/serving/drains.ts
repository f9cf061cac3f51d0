import type { ServedModel, ServedModelParts } from './served-model.js';

const defaultDrainMs = 60_000;

type Warn = (event: { readonly model: string; readonly version: string; readonly message: string }) => void;

/** What drains. */
interface Going {
  /** It is disposed. */
  readonly gone: Promise<void>;
  /** The promise of `drain`, which may be over before. */
  readonly end: Promise<void>;
}

/** Served models that take no more calls, until the last one has ended and they are disposed. */
export class Drains {
  readonly #timeoutMs: number;
  readonly #warn: Warn;
  readonly #going = new Map<ServedModel, Going>();

  constructor(timeoutMs: number | undefined, warn: Warn) {
    this.#timeoutMs = timeoutMs ?? defaultDrainMs;
    this.#warn = warn;
  }

  /** Calls of models that take no more. */
  get inFlight(): number {
    let sum = 0;
    for (const served of this.#going.keys()) sum += served.inFlight;
    return sum;
  }

  /**
   * Waits for the last call of a retired model, and disposes it. Resolves when that is done or has taken too long, in which
   * case what waits in its queue is dropped and what runs goes on. It never rejects.
   */
  drain(served: ServedModel): Promise<void> {
    const { name: model, version } = served;
    const gone = dispose(served)
      .catch((error: unknown) => {
        this.#warn({ model, version, message: `what was unloaded could not be disposed: ${(error as Error).message}` });
      })
      .finally(() => this.#going.delete(served));
    const end = this.#inTime(served, gone);
    this.#going.set(served, { gone, end });
    return end;
  }

  /** Resolves as `drain` does for all of a version that drain at the moment. */
  async end(model: string, version: string | undefined): Promise<void> {
    const same = [...this.#going].filter(([served]) => served.name === model && served.version === version);
    await Promise.all(same.map(([, { end }]) => end));
  }

  async #inTime(served: ServedModel, gone: Promise<void>): Promise<void> {
    const { name: model, version } = served;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, this.#timeoutMs, 'late').unref();
    });
    const first = await Promise.race([gone, late]);
    clearTimeout(timer);
    if (first !== 'late') return;
    const calls = served.inFlight;
    this.#warn({ model, version, message: `unloaded with ${calls} calls in flight after ${this.#timeoutMs} ms` });
    // Drops what waits for an instance. It resolves when what runs has ended, which `gone` waits for as well.
    served.model.dispose().catch(() => undefined);
  }

  /** Disposes models that never took a call. It never rejects. */
  async disposeAll(parts: readonly Pick<ServedModelParts, 'model'>[]): Promise<void> {
    await Promise.allSettled(parts.map(({ model }) => model.dispose()));
  }

  /** Resolves once all of them are gone. */
  async idle(): Promise<void> {
    await Promise.all([...this.#going.values()].map(({ gone }) => gone));
  }
}

async function dispose(served: ServedModel): Promise<void> {
  await served.idle();
  // A row may still be checked by itself.
  await served.queue?.close();
  await served.model.dispose();
}
