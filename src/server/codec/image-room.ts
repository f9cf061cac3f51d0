import { torchError } from '../../errors.js';
import type { ServerContext } from '../context.js';

/**
 * Encoded images that one server holds while they wait for the decoder and for their run. Two are decoded at a time, so what
 * is beyond this would wait for seconds and take its memory for as long.
 */
const most = { images: 256, bytes: 256 * 2 ** 20 };

interface Held {
  images: number;
  bytes: number;
}

const rooms = new WeakMap<ServerContext, Held>();

/** Holds the place of images for as long as the work takes. @throws ERR_QUEUE_FULL; ERR_PAYLOAD_TOO_LARGE for more than ever fits */
export async function decoding<T>(
  context: ServerContext,
  images: readonly Uint8Array[],
  work: () => Promise<T>,
): Promise<T> {
  const held = heldOf(context);
  const bytes = images.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (bytes > most.bytes) {
    throw torchError(
      'ERR_PAYLOAD_TOO_LARGE',
      `Expected images of at most ${most.bytes} bytes in all but received ${bytes}: send fewer at once`,
    );
  }
  if (held.images + images.length > most.images || held.bytes + bytes > most.bytes) throw full();
  held.images += images.length;
  held.bytes += bytes;
  try {
    return await work();
  } finally {
    held.images -= images.length;
    held.bytes -= bytes;
  }
}

/** Images that came inside of JSON. @throws ERR_PAYLOAD_TOO_LARGE for one that is larger than an image may be */
export function requireImageBytes({ imageLimits: { bytes } }: ServerContext, images: readonly Uint8Array[]): void {
  if (images.every(({ byteLength }) => byteLength <= bytes)) return;
  throw torchError('ERR_PAYLOAD_TOO_LARGE', `Expected images of at most ${bytes} bytes but received a larger one`);
}

/** Asks before a body is read. @throws ERR_QUEUE_FULL when there is no place for one more image */
export function requireImageRoom(context: ServerContext): void {
  const { images, bytes } = heldOf(context);
  if (images >= most.images || bytes >= most.bytes) throw full();
}

function heldOf(context: ServerContext): Held {
  let held = rooms.get(context);
  if (!held) rooms.set(context, (held = { images: 0, bytes: 0 }));
  return held;
}

function full() {
  return torchError('ERR_QUEUE_FULL', 'More images are waiting to be decoded than this server holds');
}
