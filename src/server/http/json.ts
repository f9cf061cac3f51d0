import { isUtf8 } from 'node:buffer';
import { torchError } from '../../errors.js';
import { jsonFaultPosition } from './json-fault.js';

/** Deeper nesting is refused before parsing: what recurses over a parsed value would overflow the stack. */
const maxJsonDepth = 100;

const quote = 0x22;
const backslash = 0x5c;
const openers = ['[', '{'] as const;

/**
 * A JSON text in UTF-8, parsed.
 * @throws ERR_MALFORMED_JSON saying where, never what
 */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) throw malformed('Expected a JSON body but received an empty one');
  if (!isUtf8(bytes)) throw malformed('Expected a JSON body in UTF-8 but received other bytes');
  if (mayBeDeep(bytes) && isDeep(bytes)) throw malformed(`Expected JSON nested at most ${maxJsonDepth} levels deep`);
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
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

function isDeep(bytes: Buffer): boolean {
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) at = endOfString(bytes, at);
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > maxJsonDepth) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}

/** Index of the closing quote of the string that opens at `start`, or the end of the text. */
function endOfString(bytes: Buffer, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    if (bytes[at] === backslash) at++;
    else if (bytes[at] === quote) return at;
  }
  return bytes.length;
}

function malformed(message: string) {
  return torchError('ERR_MALFORMED_JSON', message);
}
