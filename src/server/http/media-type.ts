import type { IncomingMessage } from 'node:http';
import { torchError } from '../../errors.js';

/** What a body may be; as `accept` says it in an answer to anything else. */
export const acceptedTypes = 'application/json, application/octet-stream';

export type BodyType = 'json' | 'octets';

/**
 * What `content-type` says the body is: JSON, with UTF-8 as its charset if it names one, or raw numbers.
 * @throws ERR_UNSUPPORTED_MEDIA_TYPE
 */
export function bodyTypeOf({ headers }: IncomingMessage): BodyType {
  const header = headers['content-type'];
  if (header === 'application/json') return 'json';
  if (header === undefined) throw unsupported('none');
  const [type = '', ...parameters] = header.toLowerCase().split(';');
  const name = type.trim();
  if (name === 'application/octet-stream') return 'octets';
  if (name !== 'application/json') throw unsupported('another one');
  for (const parameter of parameters) {
    const [key = '', value = ''] = parameter.split('=');
    if (key.trim() === 'charset' && !/^\s*"?utf-8"?\s*$/.test(value)) {
      throw torchError('ERR_UNSUPPORTED_MEDIA_TYPE', 'Expected charset utf-8 but received another one');
    }
  }
  return 'json';
}

function unsupported(got: string) {
  return torchError(
    'ERR_UNSUPPORTED_MEDIA_TYPE',
    `Expected content-type application/json or application/octet-stream but received ${got}`,
  );
}
