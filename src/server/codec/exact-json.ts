import { parseJson } from '../http/json.js';
import { withoutByteOrderMark } from '../../protocol/json/tokens.js';

export interface ExactOptions {
  /** Takes the tokens `NaN`, `Infinity` and `-Infinity`, which Python writes and RFC 8259 has not. */
  readonly nonFinite?: boolean;
}

/** An integer of 16 digits may be beyond 2^53. What is behind a point or an exponent is no integer. */
const unusual = /(?<![\w.+-])-?\d{16}|NaN|Infinity/;
/** Strings are matched so that nothing inside them is. */
const tokens = /"[^"\\]*(?:\\[^][^"\\]*)*"|(?<![\w.+-])-?\d{16,}(?![\d.eE])|-?\b(?:Infinity|NaN)\b/g;
/** No JSON text has this character unescaped, and no string that a model takes has it at all. */
const mark = '\u0000';

/**
 * A JSON text, parsed as `parseJson` does, but with integers beyond 2^53 as bigints, so that none is rounded.
 * @throws ERR_MALFORMED_JSON
 */
export function parseExactJson(given: Buffer, { nonFinite = false }: ExactOptions = {}): unknown {
  const bytes = withoutByteOrderMark(given);
  const text = bytes.toString('latin1');
  if (!unusual.test(text)) return parseJson(given);
  let isChanged = false;
  const marked = text.replace(tokens, (token) => {
    if (token.startsWith('"') || (!nonFinite && !/\d/.test(token)) || token === '-NaN') return token;
    isChanged = true;
    return `"\\u0000${token}"`;
  });
  if (!isChanged) return parseJson(given);
  return restored(parseJson(Buffer.from(marked, 'latin1')));
}

/** Puts numbers in the places of their texts. The text is at most 100 levels deep. */
function restored(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith(mark) ? numberOf(value) : value;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (typeof item !== 'number') value[index] = restored(item);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) (value as Record<string, unknown>)[key] = restored(item);
  }
  return value;
}

function numberOf(text: string): unknown {
  const token = text.slice(1);
  if (/^-?(?:Infinity|NaN)$/.test(token)) return Number(token);
  if (!/^-?\d{16,}$/.test(token)) return text;
  // A hundred thousand digits would take seconds to become a bigint, and no integer of a tensor has more than 20.
  if (token.length > 40) return Number(token);
  const exact = BigInt(token);
  return Number.isSafeInteger(Number(token)) ? Number(token) : exact;
}
