/** Readers of JSON that somebody else wrote: each takes a value and returns it with its type, or says what is wrong where. */
import { describe, torchError, type TorchError } from '../../errors.js';

/** @param at where the value is, such as `bundle/dsseEnvelope/payload` */
export type Reader<T> = (value: unknown, at: string) => T;

type Readers = Readonly<Record<string, Reader<unknown>>>;
// What has no members that may be left out.
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
type None = {};
type Read<R extends Readers> = { readonly [K in keyof R]: R[K] extends Reader<infer T> ? T : never };

/** The one error of everything that is wrong with a signature. */
export function invalid(message: string, cause?: unknown): TorchError {
  return torchError('ERR_SIGNATURE_INVALID', message, cause === undefined ? {} : { cause });
}

function wrong(wanted: string, at: string, value: unknown): TorchError {
  return invalid(`Expected ${wanted} at ${at} but received ${describe(value)}`);
}

/**
 * An object with these members.
 * @param extra whether it may have members that are not known; they are not read
 */
export function object<R extends Readers, O extends Readers = None>(
  required: R,
  optional?: O,
  extra: 'open' | 'closed' = 'closed',
): Reader<Read<R> & Partial<Read<O>>> {
  const known = { ...required, ...optional };
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('an object', at, value);
    for (const name of Object.keys(required)) {
      if (!Object.hasOwn(value, name))
        throw invalid(`Expected the member ${describe(name)} at ${at} but there is none`);
    }
    const result: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(value)) {
      const reader = Object.hasOwn(known, name) ? known[name] : undefined;
      if (reader) result[name] = reader(member, `${at}/${name}`);
      else if (extra === 'closed') {
        const names = Object.keys(known).join(', ');
        throw invalid(`Expected only the members ${names} at ${at} but received ${describe(name)}`);
      }
    }
    return result as Read<R> & Partial<Read<O>>;
  };
}

/** Bounds are inclusive. */
export function array<T>(item: Reader<T>, min: number, max: number): Reader<readonly T[]> {
  return (value, at) => {
    const wanted = min === max ? `an array of exactly ${min}` : `an array of ${min} to ${max}`;
    if (!Array.isArray(value) || value.length < min || value.length > max) throw wrong(wanted, at, value);
    return value.map((one, i) => item(one, `${at}/${i}`));
  };
}

/** @param wanted the pattern in words */
export function text(wanted = 'a text that is not empty', pattern = /./s): Reader<string> {
  return (value, at) => {
    if (typeof value !== 'string' || !pattern.test(value)) throw wrong(wanted, at, value);
    return value;
  };
}

/** Exactly one of these texts. */
export function oneOf<const T extends string>(...allowed: readonly T[]): Reader<T> {
  return (value, at) => {
    if (!(allowed as readonly unknown[]).includes(value)) {
      throw wrong(allowed.length === 1 ? `${allowed[0]}` : `one of ${allowed.join(', ')}`, at, value);
    }
    return value as T;
  };
}

export const flag: Reader<boolean> = (value, at) => {
  if (typeof value !== 'boolean') throw wrong('true or false', at, value);
  return value;
};

export const positiveInteger: Reader<number> = (value, at) => {
  if (!Number.isSafeInteger(value) || (value as number) < 1) throw wrong('an integer above 0', at, value);
  return value as number;
};

/** Lower-case hex, at least one digit. */
export const hex = text('lower-case hex digits', /^[0-9a-f]+$/);

/** Any value. What it means, somebody else says. */
export const anything: Reader<unknown> = (value) => value;

/** An object of texts by names that are not known before. */
export function dictionary<T>(item: Reader<T>): Reader<ReadonlyMap<string, T>> {
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('an object', at, value);
    return new Map(Object.entries(value).map(([name, member]) => [name, item(member, `${at}/${name}`)]));
  };
}

/** Bytes in base64 as RFC 4648 §4 writes them: with padding, without anything else. */
export const base64: Reader<Buffer> = (value, at) => {
  if (typeof value !== 'string' || value === '') throw wrong('base64', at, value);
  const bytes = Buffer.from(value, 'base64');
  // Node skips what is no base64, so only what comes back the same was all of it.
  if (bytes.toString('base64') !== value) {
    throw invalid(`Expected base64 with its padding, and nothing else, at ${at}`);
  }
  return bytes;
};

/** JSON of somebody else. @throws ERR_SIGNATURE_INVALID */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(`Expected JSON in ${what}: ${(cause as Error).message}`, cause);
  }
}
