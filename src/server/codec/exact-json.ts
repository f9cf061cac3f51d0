import { parseJson } from '../http/json.js';
import { tooMuch } from './json-size.js';
import { closingQuote, malformed, withoutByteOrderMark } from '../../protocol/json/tokens.js';

export interface ExactOptions {
  /** Takes the tokens `NaN`, `Infinity` and `-Infinity`, which Python writes and RFC 8259 has not. */
  readonly nonFinite?: boolean;
}

/** An integer of 16 digits may be beyond 2^53. Strings may have it too: this only spares most texts a closer look. */
const unusual = /\d{16}|NaN|Infinity/;
const longInteger = /^-?[1-9]\d{15,}$/;
const nonFiniteToken = /^(?:NaN|-?Infinity)$/;
/** No string that a model takes has it. */
const mark = '\u0000';

const quote = 0x22;
/** Each is read by itself. */
const mostMarks = 2 ** 16;

/**
 * A JSON text, parsed as `parseJson` does, but with integers beyond 2^53 as bigints, so that none is rounded.
 * @throws ERR_MALFORMED_JSON
 */
export function parseExactJson(given: Buffer, { nonFinite = false }: ExactOptions = {}): unknown {
  const bytes = withoutByteOrderMark(given);
  if (!unusual.test(bytes.toString('latin1'))) return parseJson(given);
  const marked = withMarks(bytes, (token) => longInteger.test(token) || (nonFinite && nonFiniteToken.test(token)));
  return marked ? restored(parseJson(marked)) : parseJson(given);
}

/**
 * The text with some tokens outside of strings as strings with a mark; undefined where there are none. One pass: a pattern
 * would look again at what follows each quote of a string that does not end.
 */
function withMarks(bytes: Buffer, isWanted: (token: string) => boolean): Buffer | undefined {
  const parts: Buffer[] = [];
  let copied = 0;
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] === quote) at = closingQuote(bytes, at) + 1;
    else if (!isTokenByte(bytes[at] as number)) at++;
    else {
      const begin = at;
      while (at < bytes.length && isTokenByte(bytes[at] as number)) at++;
      // `NaN` is the shortest.
      const token = at - begin < 3 ? '' : bytes.toString('latin1', begin, at);
      if (!isWanted(token)) continue;
      if (parts.length / 2 === mostMarks) throw tooMuch(`${mostMarks} numbers that are no double`);
      parts.push(bytes.subarray(copied, begin), Buffer.from(`"\\u0000${token}"`));
      copied = at;
    }
  }
  return copied === 0 ? undefined : Buffer.concat([...parts, bytes.subarray(copied)]);
}

/** Letters, digits, `+`, `-` and `.`: what numbers and words are made of. */
function isTokenByte(byte: number): boolean {
  const isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
  return isLetter || (byte >= 0x30 && byte <= 0x39) || byte === 0x2b || byte === 0x2d || byte === 0x2e;
}

/** Puts numbers in the places of their texts. The text is at most 100 levels deep. */
function restored(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith(mark) ? numberOf(value) : value;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (typeof item !== 'number') value[index] = restored(item);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      // What was no string became one, in a place where JSON has nothing else.
      if (key.startsWith(mark) && typeof numberOf(key) !== 'string') throw malformed('Expected valid JSON');
      (value as Record<string, unknown>)[key] = restored(item);
    }
  }
  return value;
}

/** A hundred thousand digits would take seconds to become a bigint, and no integer of a tensor has more than 20. */
const mostDigits = 40;

function numberOf(text: string): unknown {
  const token = text.slice(1);
  if (nonFiniteToken.test(token) || (longInteger.test(token) && token.length > mostDigits)) return Number(token);
  if (!longInteger.test(token)) return text;
  return Number.isSafeInteger(Number(token)) ? Number(token) : BigInt(token);
}
