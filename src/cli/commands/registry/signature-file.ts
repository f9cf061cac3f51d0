import { torchError } from '../../../errors.js';
import { readSmallFile } from '../../../files/regular-file.js';
import { maxBundleBytes } from '../../../registry/signing/bundle.js';

/** A signature that a command line names. @throws ERR_CONFIG when it cannot be read or is too long to be one */
export async function readSignature(path: string): Promise<string> {
  return readSmallFile(path, `the signature ${path}`, maxBundleBytes).catch((cause: unknown) => {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    if (code.startsWith('ERR_')) throw cause;
    throw torchError('ERR_CONFIG', `Expected a signature at ${path} but it cannot be read: ${message}`, { cause });
  });
}
