import { createGunzip, createInflate, type Gunzip, type Inflate } from 'node:zlib';
import { torchError, TorchError } from '../../errors.js';
import { tooLarge, type Body, type ReadLimits } from './body-bytes.js';

/** What `content-encoding` may say. */
export const acceptedEncodings = 'gzip, deflate, identity';

type Decoder = (bytes: Buffer, limits: Required<ReadLimits>) => Promise<Body>;

const decoders: Readonly<Record<string, Decoder>> = {
  gzip: decoder(createGunzip),
  'x-gzip': decoder(createGunzip),
  deflate: decoder(createInflate),
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

/** Inflates in pieces, in another thread, until more than the limit has come. */
function decoder(create: () => Gunzip | Inflate): Decoder {
  return (bytes, { limit, useful }) =>
    new Promise((resolve, reject) => {
      const pieces: Buffer[] = [];
      let length = 0;
      const stream = create();
      stream
        .on('data', (piece: Buffer) => {
          if (length <= useful) pieces.push(piece);
          length += piece.length;
          if (length > limit) stream.destroy(tooLarge(limit));
        })
        .once('end', () => resolve({ bytes: Buffer.concat(pieces), length }))
        .once('error', (cause) => {
          if (cause instanceof TorchError) reject(cause);
          else reject(torchError('ERR_BAD_REQUEST', 'Expected a body compressed as content-encoding says', { cause }));
        })
        .end(bytes);
    });
}
