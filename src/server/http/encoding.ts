import { promisify } from 'node:util';
import { gunzip, inflate, type InputType, type ZlibOptions } from 'node:zlib';
import { torchError, type TorchError } from '../../errors.js';

/** What `content-encoding` may say. */
export const acceptedEncodings = 'gzip, deflate, identity';

type Decoder = (bytes: Buffer, limit: number) => Promise<Buffer>;
type Inflate = (bytes: InputType, options: ZlibOptions) => Promise<Buffer>;

const decoders: Readonly<Record<string, Decoder>> = {
  gzip: decoder(promisify(gunzip)),
  'x-gzip': decoder(promisify(gunzip)),
  deflate: decoder(promisify(inflate)),
};

/**
 * How the body of a request with this `content-encoding` is decompressed; undefined when it is not compressed.
 * @throws ERR_UNSUPPORTED_MEDIA_TYPE, for a list of encodings too
 */
export function decoderOf(contentEncoding: string): Decoder | undefined {
  const name = contentEncoding.trim().toLowerCase();
  if (name === 'identity' || name === '') return undefined;
  if (Object.hasOwn(decoders, name)) return decoders[name];
  throw torchError(
    'ERR_UNSUPPORTED_MEDIA_TYPE',
    `Expected content-encoding to be one of ${acceptedEncodings} but received another one`,
  );
}

function decoder(decompress: Inflate): Decoder {
  return async (bytes, limit) => {
    try {
      return await decompress(bytes, { maxOutputLength: limit });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit);
      throw torchError('ERR_BAD_REQUEST', 'Expected a body compressed as content-encoding says', { cause });
    }
  };
}

export function tooLarge(limit: number): TorchError {
  return torchError('ERR_PAYLOAD_TOO_LARGE', `Expected a body of at most ${limit} bytes but received a larger one`);
}
