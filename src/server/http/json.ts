import { isUtf8 } from 'node:buffer';
import { jsonFaultPosition } from './json-fault.js';
import { closingQuote, malformed, withoutByteOrderMark } from '../../protocol/json/tokens.js';

/** Deeper nesting is refused before parsing: what recurses over a parsed value would overflow the stack. */
const maxJsonDepth = 100;

/** Up to here everything is cheap: to parse what is no request, and to look for the place of a fault. */
export const smallText = 64 * 1024;

const quote = 0x22;
const openers = ['[', '{'] as const;

/**
 * A JSON text in UTF-8, parsed.
 * @throws ERR_MALFORMED_JSON saying where, as long as that is quickly found, and never what
 */
export function parseJson(given: Buffer): unknown {
  const bytes = withoutByteOrderMark(given);
  if (bytes.length === 0) throw malformed('Expected a JSON body but received an empty one');
  if (!isUtf8(bytes)) throw malformed('Expected a JSON body in UTF-8 but received other bytes');
  if (mayBeDeep(bytes)) requireShallow(bytes, 0, bytes.length);
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    if (text.length > smallText) throw malformed('Expected valid JSON');
    const position = jsonFaultPosition(text);
    const what = position >= text.length ? 'the text ends too early' : 'an unexpected character';
    throw malformed(`Expected valid JSON: ${what} at position ${position}`);
  }
}

/** Counts brackets until there are too many: a flat body is passed in two searches. */
function mayBeDeep(bytes: Buffer): boolean {
  let count = 0;
  for (const opener of openers) {
    for (let at = bytes.indexOf(opener); at !== -1; at = bytes.indexOf(opener, at + 1)) {
      if (++count > maxJsonDepth) return true;
    }
  }
  return false;
}

/** Looks at the first value from one byte to another, at most to the end. @throws ERR_MALFORMED_JSON for nesting that is too deep */
export function requireShallow(bytes: Buffer, from: number, to = from + smallText): void {
  let depth = 0;
  const end = Math.min(to, bytes.length);
  for (let at = from; at < end; at++) {
    const byte = bytes[at];
    if (byte === quote) at = closingQuote(bytes, at);
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > maxJsonDepth) throw malformed(`Expected JSON nested at most ${maxJsonDepth} levels deep`);
    } else if ((byte === 0x5d || byte === 0x7d) && --depth <= 0) return;
  }
}
