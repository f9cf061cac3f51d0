import { torchError } from '../../errors.js';
import { closingQuote } from '../../protocol/json/tokens.js';

/**
 * What one JSON text may hold: each array, object and member becomes an object in memory, and a few bytes of text each would
 * hold the event loop for a second.
 */
const most = { containers: 2 ** 17, members: 2 ** 17 };

const quote = 0x22;
const colon = 0x3a;
const openArray = 0x5b;
const openObject = 0x7b;

/**
 * Looks at a text before it is parsed, and no further than where it has too much. Numbers and texts are not counted: those
 * that a body can hold cost little.
 * @throws ERR_PAYLOAD_TOO_LARGE
 */
export function requireModest(bytes: Buffer): void {
  let containers = 0;
  let members = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) at = closingQuote(bytes, at);
    else if (byte === openArray || byte === openObject) {
      if (++containers > most.containers) throw tooMuch(`${most.containers} arrays and objects`);
    } else if (byte === colon && ++members > most.members) throw tooMuch(`${most.members} members of objects`);
  }
}

export function tooMuch(what: string) {
  return torchError(
    'ERR_PAYLOAD_TOO_LARGE',
    `Expected JSON with at most ${what} but received more: /v2/models/NAME/infer takes tensors of any size in binary`,
  );
}
