import { expect } from 'chai';
import { decoding } from '#dist/server/codec/image-room.js';
import type { ServerContext } from '#dist/server/context.js';
import { rejection } from '../../support/errors.js';

const MiB = 2 ** 20;

describe('the room of images', () => {
  // It is told apart by its server alone.
  const context = {} as ServerContext;
  const of = (MiBs: number) => Array<Uint8Array>(MiBs).fill(new Uint8Array(MiB));

  it('is full for what others leave no room for, and too small for what never fits', async () => {
    let free = (): void => undefined;
    const held = decoding(context, of(200), () => new Promise<void>((resolve) => (free = resolve)));
    await rejection(() => decoding(context, of(57), async () => undefined), 'ERR_QUEUE_FULL');
    const images = [...of(31), new Uint8Array(256 * MiB)];
    const { message } = await rejection(
      () => decoding(context, images, async () => undefined),
      'ERR_PAYLOAD_TOO_LARGE',
    );
    expect(message).to.match(/at most 268435456 bytes in all but received 300941312/);
    free();
    await held;
    expect(await decoding(context, of(256), async () => 'decoded')).to.equal('decoded');
  });
});
