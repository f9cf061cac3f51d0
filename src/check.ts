/**
 * Checks of what callers give to public functions. Each throws ERR_INVALID_ARGUMENT with one kind of sentence: what was
 * expected, where, and what came. None of them takes `undefined`, except `signal`.
 */
import { expected } from './errors.js';

/**
 * An object of options, all of known names. A misspelt option would otherwise be silence.
 * @param where the function that takes the options, e.g. `loadModel`
 * @param internal names that are taken too, but not named to users
 */
export function options(
  where: string,
  value: unknown,
  known: readonly string[],
  internal: readonly string[] = [],
): asserts value is object {
  object(`the options of ${where}`, value);
  const names = Object.keys(value);
  // run(input, signal) instead of run(input, { signal }): a signal has no members of its own.
  if (names.length === 0 && isSignal(value)) throw expected('an object', `the options of ${where}`, value);
  for (const name of names) {
    if (known.includes(name) || internal.includes(name)) continue;
    throw expected(`one of ${[...known].sort().join(', ')}`, `an option of ${where}`, name);
  }
}

export function object(name: string, value: unknown): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw expected('an object', name, value);
}

/** Bounds are inclusive. */
export function integer(name: string, value: unknown, min: number, max: number): asserts value is number {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return;
  throw expected(`an integer from ${min} to ${max}`, name, value);
}

/** Bounds are inclusive; NaN is outside of any. */
export function number(name: string, value: unknown, min: number, max: number): asserts value is number {
  if (typeof value === 'number' && value >= min && value <= max) return;
  throw expected(`a number from ${min} to ${max}`, name, value);
}

/** A limit in milliseconds that a timer can hold: above 0 and below 2^31. */
export function milliseconds(name: string, value: unknown): asserts value is number {
  if (typeof value === 'number' && value > 0 && value <= 2 ** 31 - 1) return;
  throw expected('a number of milliseconds above 0 and below 2^31', name, value);
}

export function oneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): asserts value is T {
  if (typeof value === 'string' && (allowed as readonly string[]).includes(value)) return;
  throw expected(`one of ${allowed.join(', ')}`, name, value);
}

/** @param what what kind of text it is, for the message: `a path`, `a method name` */
export function text(name: string, value: unknown, what = 'a string'): asserts value is string {
  if (typeof value !== 'string' || value === '') throw expected(`${what} that is not empty`, name, value);
}

export function boolean(name: string, value: unknown): asserts value is boolean {
  if (typeof value !== 'boolean') throw expected('a boolean', name, value);
}

/** An AbortSignal or nothing. A signal may come from another realm (vm, Jest), where `instanceof` does not know it. */
export function signal(value: unknown, name = 'signal'): asserts value is AbortSignal | undefined {
  if (value !== undefined && !isSignal(value)) throw expected('an AbortSignal', name, value);
}

function isSignal(value: unknown): value is AbortSignal {
  if (value instanceof AbortSignal) return true;
  if (typeof value !== 'object' || value === null) return false;
  const { aborted, addEventListener, removeEventListener, throwIfAborted } = value as Partial<AbortSignal>;
  const methods = [addEventListener, removeEventListener, throwIfAborted];
  return typeof aborted === 'boolean' && methods.every((method) => typeof method === 'function');
}
