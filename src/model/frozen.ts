import { expected } from '../errors.js';

/** A value of plain objects and arrays that nobody changes any more, neither its maker nor its reader. */
export function frozen<T>(value: T): T {
  if (!isPlain(value)) return value;
  for (const member of Object.values(value)) frozen(member as unknown);
  return Object.freeze(value);
}

/** A copy of what a caller gave, taken before it is checked: what the caller does to it later was not. @throws ERR_INVALID_ARGUMENT */
export function copied<T>(name: string, value: T): T {
  try {
    return structuredClone(value);
  } catch {
    throw expected('plain objects, arrays, numbers and texts', name, value);
  }
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}
