import type { Addon } from './addon.js';
import { fromNative } from './dispatcher.js';

/** The addon with functions that throw errors of our table. */
export function codedAddon(addon: Addon): Addon {
  const coded = Object.entries(addon as unknown as Record<string, unknown>).map(([name, value]) => [
    name,
    typeof value === 'function' ? coding(value as (...args: unknown[]) => unknown) : value,
  ]);
  return Object.freeze(Object.fromEntries(coded)) as Addon;
}

function coding(call: (...args: unknown[]) => unknown): (...args: unknown[]) => unknown {
  return (...args) => {
    try {
      return call(...args);
    } catch (error) {
      throw fromNative(error);
    }
  };
}
