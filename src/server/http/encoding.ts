import { promisify } from 'node:util';
import { createGunzip, createInflate, deflate, gzip, type Gunzip, type Inflate, type ZlibOptions } from 'node:zlib';
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

/** How an answer is compressed: the fastest way, in another thread. */
export interface ResponseEncoding {
  readonly name: 'gzip' | 'deflate';
  /** The caller names it alone, and so means it; many clients list all that they know with every request. */
  readonly isAskedFor: boolean;
  readonly encode: (bytes: Uint8Array) => Promise<Buffer>;
}

const fastest: ZlibOptions = { level: 1 };
const encoders = {
  gzip: (bytes: Uint8Array) => promisify<Uint8Array, ZlibOptions, Buffer>(gzip)(bytes, fastest),
  deflate: (bytes: Uint8Array) => promisify<Uint8Array, ZlibOptions, Buffer>(deflate)(bytes, fastest),
} as const;

/** What `accept-encoding` asks for that we have; undefined for anything else. */
export function responseEncodingOf(acceptEncoding: string | undefined): ResponseEncoding | undefined {
  if (acceptEncoding === undefined) return undefined;
  const listed = acceptEncoding
    .toLowerCase()
    .split(',')
    .map(codingOf)
    .filter(({ quality }) => quality > 0);
  const [best] = listed
    .filter((coding): coding is { name: ResponseEncoding['name']; quality: number } =>
      Object.hasOwn(encoders, coding.name),
    )
    .sort((a, b) => b.quality - a.quality);
  if (!best) return undefined;
  const others = listed.filter(({ name }) => name !== best.name && name !== 'identity');
  return { name: best.name, isAskedFor: others.length === 0, encode: encoders[best.name] };
}

function codingOf(text: string): { readonly name: string; readonly quality: number } {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim());
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  return { name: name === 'x-gzip' ? 'gzip' : name, quality: quality === undefined ? 1 : Number(quality) || 0 };
}
