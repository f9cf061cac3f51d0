import { torchError } from '../../errors.js';
import { isServedName } from '../../serving/names.js';

/** A model, and perhaps a version, as a caller of any protocol names it. */
interface Named {
  readonly model: string;
  readonly version?: string | undefined;
}

/**
 * Asks before anything is looked for: what no model can be called is a fault of the request, and not a model that is missing.
 * @throws ERR_BAD_REQUEST
 */
export function requireNames({ model, version }: Named): void {
  if (!isServedName(model)) throw notOfGrammar('the name of a model');
  if (version !== undefined && !isServedName(version)) throw notOfGrammar('a version');
}

function notOfGrammar(what: string) {
  const grammar = '1 to 128 letters, digits, . _ or - without two dots in a row';
  return torchError('ERR_BAD_REQUEST', `Expected ${what} (${grammar}) but received other text`);
}
