/** What the server says of itself, asked again and again while the page is seen. */
import { get } from './api.js';

const everyMs = 4000;
const retryMs = [500, 1000, 2000, 4000];

export class Store extends EventTarget {
  /** The last answer of console/state; undefined before the first. */
  state = undefined;
  /** Why there is none newer. */
  error = undefined;
  #timer = undefined;
  #failures = 0;
  #asking = undefined;
  #again = undefined;

  start() {
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) void this.refresh();
    });
    return this.refresh();
  }

  /** Asks now. */
  async refresh() {
    // What is under way was perhaps asked before a change.
    const before = this.#asking;
    if (before) {
      this.#again ??= before.then(() => ((this.#again = undefined), this.refresh()));
      return this.#again;
    }
    this.#asking = this.#ask();
    await this.#asking;
  }

  async #ask() {
    clearTimeout(this.#timer);
    try {
      this.state = await get('console/state', { signal: AbortSignal.timeout(10_000) });
      this.error = undefined;
      this.#failures = 0;
    } catch (error) {
      this.error = error;
      if (error.needsToken) this.state = undefined;
      this.#failures++;
    } finally {
      this.#asking = undefined;
      this.dispatchEvent(new Event('change'));
      this.#plan();
    }
  }

  #plan() {
    if (document.hidden || this.error?.needsToken) return;
    const wait = this.error ? (retryMs[Math.min(this.#failures, retryMs.length) - 1] ?? everyMs) : everyMs;
    this.#timer = setTimeout(() => void this.refresh(), wait);
  }
}

/** By name, the versions of each: the default one first, then those that are up. */
export function byName(models) {
  const names = new Map();
  for (const model of models) {
    if (!names.has(model.name)) names.set(model.name, []);
    names.get(model.name).push(model);
  }
  const rank = (model) => (model.isDefault ? 0 : model.state === 'READY' ? 1 : 2);
  for (const versions of names.values()) versions.sort((a, b) => rank(a) - rank(b));
  return names;
}
