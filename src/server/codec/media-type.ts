import type { IncomingMessage } from 'node:http';
import { torchError } from '../../errors.js';

/**
 * Passes `application/json`, with UTF-8 as its charset if it names one.
 * @throws ERR_UNSUPPORTED_MEDIA_TYPE
 */
export function requireJson({ headers }: IncomingMessage): void {
  const header = headers['content-type'];
  if (header === 'application/json') return;
  if (header === undefined) {
    throw torchError('ERR_UNSUPPORTED_MEDIA_TYPE', 'Expected content-type application/json but received none');
  }
  const [type = '', ...parameters] = header.toLowerCase().split(';');
  if (type.trim() !== 'application/json') {
    throw torchError('ERR_UNSUPPORTED_MEDIA_TYPE', 'Expected content-type application/json but received another one');
  }
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=');
    if (name.trim() === 'charset' && !/^\s*"?utf-8"?\s*$/.test(value)) {
      throw torchError('ERR_UNSUPPORTED_MEDIA_TYPE', 'Expected charset utf-8 but received another one');
    }
  }
}
