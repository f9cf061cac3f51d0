import { isError, TorchError, torchError } from '../../errors.js';
import { Interrupted } from './guarded-fetch.js';

/** What to do about a status of the hub. */
const remedies: Readonly<Record<number, string>> = {
  401: 'it is private or gated, or it is not there; set HF_TOKEN to a token that may read it',
  403: 'accept its terms on its page, and set HF_TOKEN to a token that may read it',
  429: 'wait some minutes, or set HF_TOKEN',
};

/** Our error for what the hub's library threw. @param what of the hub was asked for */
export function hubError(error: unknown, what: string): unknown {
  if (error instanceof TorchError || (isError(error) && error.name === 'AbortError')) return error;
  if (error instanceof Interrupted)
    return failed(what, error.message, 'check the network and the endpoint, then try again', error);
  const { statusCode, message } = error as { statusCode?: unknown; message?: unknown };
  const said = short(message);
  if (typeof statusCode !== 'number')
    return failed(what, said || 'it is no answer of a hub', 'check the endpoint', error);
  if (statusCode === 404) {
    return torchError(
      'ERR_MODEL_NOT_FOUND',
      `Expected ${what} on the hub but it is not there (404: ${said})\n  fix: check the name, the revision and the file`,
      { cause: error },
    );
  }
  const fix = remedies[statusCode] ?? (statusCode >= 500 ? 'try again later' : 'check the endpoint');
  return failed(what, `the hub answered ${statusCode} (${said})`, fix, error);
}

function failed(what: string, why: string, fix: string, cause: unknown): TorchError {
  return torchError('ERR_DOWNLOAD', `Could not fetch ${what}: ${why}\n  fix: ${fix}`, { cause });
}

/** One line of what a stranger's server says. */
function short(message: unknown): string {
  const text = typeof message === 'string' ? message.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim() : '';
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}
