/** Keys that sign models: ECDSA on three curves, in PEM. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { torchError, type ErrorCode, type TorchError } from '../../errors.js';
import { withRegularFile } from '../../files/regular-file.js';

/** Each curve has its hash: a shorter one would be the weakest part, a longer one would be cut off. */
const hashes: Readonly<Record<string, string>> = { prime256v1: 'sha256', secp384r1: 'sha384', secp521r1: 'sha512' };

const wanted = 'an ECDSA key on P-256, P-384 or P-521';

/** The name of the hash for a key's curve. */
export function hashOf(key: KeyObject): string {
  return hashes[key.asymmetricKeyDetails?.namedCurve ?? ''] as string;
}

export const isModelSigningKey = (key: KeyObject): boolean =>
  key.asymmetricKeyType === 'ec' && Object.hasOwn(hashes, key.asymmetricKeyDetails?.namedCurve ?? '');

/** What a key is, in a few words: `an RSA key`, `an EC key on secp256k1`. */
export function describeKey(key: KeyObject): string {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  const type = (key.asymmetricKeyType ?? key.type).toUpperCase();
  return curve === undefined ? `a key of type ${type}` : `a key of type ${type} on ${curve}`;
}

/** A PEM text, and how messages call it. */
export interface Pem {
  readonly text: string;
  readonly where: string;
  /** Permissions of the file that it was in. */
  readonly mode?: number;
}

const maxPemBytes = 2 ** 20;

/**
 * The text of a PEM file, or the text itself where it is one.
 * @param code of the error when the file cannot be read
 */
export async function readPem(pathOrText: string, what: string, code: ErrorCode): Promise<Pem> {
  if (pathOrText.includes('-----BEGIN ')) return { text: pathOrText, where: what };
  const where = `${what} ${pathOrText}`;
  try {
    const refuse = (): TorchError => torchError(code, `Expected ${where} to be a regular file`);
    return await withRegularFile(pathOrText, refuse, async ({ file, size }) => {
      if (size > maxPemBytes) throw torchError(code, `Expected ${where} to have at most ${maxPemBytes} bytes`);
      return { text: await file.readFile('utf8'), where, mode: (await file.stat()).mode };
    });
  } catch (error) {
    const system = (error as NodeJS.ErrnoException).code ?? '';
    if (system.startsWith('ERR_')) throw error;
    throw torchError(code, `Expected ${where} to be readable (${system})`, { cause: error });
  }
}

/** A key that is trusted. @throws ERR_CONFIG for anything but the PEM of a public key on one of the curves */
export function publicKeyOf({ text, where }: Pem): KeyObject {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    throw torchError(
      'ERR_CONFIG',
      `Expected a public key in ${where} but it holds a private one, which no verifier should have\n` +
        '  fix: openssl ec -in key.pem -pubout -out key.pub',
    );
  }
  let key: KeyObject;
  try {
    key = createPublicKey({ key: text, format: 'pem' });
  } catch (cause) {
    throw torchError('ERR_CONFIG', `Expected a public key in PEM in ${where}: ${(cause as Error).message}`, { cause });
  }
  if (isModelSigningKey(key)) return key;
  throw torchError('ERR_CONFIG', `Expected ${wanted} in ${where} but received ${describeKey(key)}`);
}

/**
 * The key that signs.
 * @param passphrase of an encrypted key
 * @throws ERR_INVALID_ARGUMENT for anything but the PEM of a private key on one of the curves
 */
export function privateKeyOf({ text, where }: Pem, passphrase?: string): KeyObject {
  const isEncrypted = /ENCRYPTED/.test(text);
  if (isEncrypted && passphrase === undefined) {
    throw torchError(
      'ERR_INVALID_ARGUMENT',
      `Expected a passphrase for ${where}, which is encrypted (registry sign reads NODE_LIBTORCH_KEY_PASSPHRASE)`,
    );
  }
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: text, format: 'pem', ...(passphrase !== undefined && { passphrase }) });
  } catch (cause) {
    const what = isEncrypted ? `Expected the passphrase of ${where}` : `Expected a private key in PEM in ${where}`;
    throw torchError('ERR_INVALID_ARGUMENT', `${what}: ${(cause as Error).message}`, { cause });
  }
  if (isModelSigningKey(key)) return key;
  throw torchError('ERR_INVALID_ARGUMENT', `Expected ${wanted} in ${where} but received ${describeKey(key)}`);
}

/** What to say of a key that others of the machine may read. */
export function keyWarnings({ where, mode }: Pem): readonly string[] {
  if (mode === undefined || process.platform === 'win32' || (mode & 0o077) === 0) return [];
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  return [`${where} can be used by others of this machine (mode ${octal}); chmod 600 it`];
}
