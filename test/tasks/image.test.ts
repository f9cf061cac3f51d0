import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import type { Tensor } from 'node-libtorch';
import { imagenet, imageToTensor, type ImageOptions } from 'node-libtorch/tasks';
import { rejection } from '../support/errors.js';
import { ImageJobs } from '../support/image-jobs.js';
import { fixture } from '../support/paths.js';

interface Case {
  file: string;
  options: ImageOptions;
  shape: number[];
  stride: number;
  float32: string;
}

const picture = (name: string) => readFile(fixture(`images/${name}`));
const { cases } = JSON.parse(await readFile(fixture('images/expected.json'), 'utf8')) as { cases: Case[] };
const rgb = await picture('rgb.png');
const small = { size: 8, resize: 'stretch' } as const;

/** Pixels of one colour, encoded. */
const plain = (channels: 3 | 4, background: object, width = 16, height = 8) =>
  sharp({ create: { width, height, channels, background } });

/** What the tensor has at every `stride`th place, as expected.json. */
function sampled({ data, shape }: Tensor, stride: number): number[] {
  const [, channels, height, width] = shape as [number, number, number, number];
  const values: number[] = [];
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < height; y += stride) {
      for (let x = 0; x < width; x += stride) values.push(Number(data[(c * height + y) * width + x]));
    }
  }
  return values;
}

/** A JPEG without its APP2 segments, where the colour profile is. */
function withoutProfile(jpeg: Buffer): Buffer {
  const kept = [jpeg.subarray(0, 2)];
  for (let at = 2; ;) {
    const [marker, length] = [jpeg[at + 1]!, jpeg.readUInt16BE(at + 2)];
    if (marker === 0xda) return Buffer.concat([...kept, jpeg.subarray(at)]);
    if (marker !== 0xe2) kept.push(jpeg.subarray(at, at + 2 + length));
    at += 2 + length;
  }
}

/** A PNG whose header alone says that it has these sides. */
function withSides(png: Buffer, width: number, height: number): Buffer {
  const changed = Buffer.from(png);
  changed.writeUInt32BE(width, 16);
  changed.writeUInt32BE(height, 20);
  changed.writeUInt32BE(crc32(changed.subarray(12, 29)), 29);
  return changed;
}

function float32Of(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

describe('imageToTensor', () => {
  describe('makes what PIL and torchvision make of', () => {
    for (const { file, options, shape, stride, float32 } of cases) {
      it(`${file} ${JSON.stringify(options)}`, async () => {
        const tensor = await imageToTensor(await picture(file), options);
        expect(tensor.dtype).to.equal('float32');
        expect(tensor.shape).to.deep.equal(shape);
        const expected = float32Of(float32);
        const values = sampled(tensor, stride);
        expect(values).to.have.length(expected.length);
        // Bit for bit, but for transparency: there libvips and PIL round differently, by one of 255.
        if (file !== 'rgba.png') expect(values).to.deep.equal(Array.from(expected));
        else for (const [i, value] of values.entries()) expect(value).to.be.closeTo(expected[i]!, 1.001 / 255);
      });
    }
  });

  it('puts several images into one batch, in order, whatever takes longest', async () => {
    const files = ['turned.jpg', 'grey.png', 'rgb.png', 'rgba.png', 'turned.jpg'];
    const images = await Promise.all(files.map(picture));
    const batch = await imageToTensor(images, imagenet);
    expect(batch.shape).to.deep.equal([5, 3, 224, 224]);
    for (const [i, image] of images.entries()) {
      const { data, size } = await imageToTensor(image, imagenet);
      const part = batch.data.subarray(i * size, (i + 1) * size);
      expect(Buffer.compare(Buffer.from(part.slice().buffer), Buffer.from(data.buffer))).to.equal(0);
    }
    expect((await imageToTensor([], small)).shape).to.deep.equal([0, 3, 8, 8]);
  });

  it('reads every format that it names', async () => {
    const red = plain(3, { r: 200, g: 20, b: 60 });
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'avif'] as const) {
      const bytes = await red.clone().toFormat(format).toBuffer();
      const { data } = await imageToTensor(bytes, { ...small, divisor: 1 });
      for (const [c, value] of [200, 20, 60].entries()) expect(data[c * 64 + 30], format).to.be.closeTo(value, 6);
    }
  });

  it('brings grey of 16 bits, CMYK and palettes to red, green and blue', async () => {
    const grey = sharp(new Uint16Array(64).fill(32896), { raw: { width: 8, height: 8, channels: 1 } });
    const sixteen = await grey.toColourspace('grey16').png().toBuffer();
    const { data } = await imageToTensor(sixteen, { ...small, divisor: 1 });
    expect([data[0], data[64], data[128]]).to.deep.equal([128, 128, 128]);
    const cmyk = await plain(3, { r: 255, g: 255, b: 255 }).toColourspace('cmyk').jpeg().toBuffer();
    for (const value of (await imageToTensor(cmyk, small)).data) expect(value).to.be.closeTo(1, 0.02);
    // A colour profile changes nothing, as PIL does not look at it.
    const inks = plain(3, { r: 200, g: 20, b: 60 }).toColourspace('cmyk').withIccProfile('cmyk');
    const profiled = await inks.jpeg().toBuffer();
    const bare = withoutProfile(profiled);
    expect(bare.length).to.be.below(profiled.length / 2);
    expect((await imageToTensor(profiled, small)).data).to.deep.equal((await imageToTensor(bare, small)).data);
    const palette = await plain(3, { r: 0, g: 0, b: 255 }).png({ palette: true }).toBuffer();
    expect((await imageToTensor(palette, small)).data[128]).to.equal(1);
  });

  it('puts transparent grey on the background as it does colours', async () => {
    const background = [10, 200, 30] as const;
    const pixels = (of: number[], channels: 2 | 4) =>
      sharp(
        Uint8Array.from({ length: 64 * channels }, (_, i) => of[i % channels]!),
        {
          raw: { width: 8, height: 8, channels },
        },
      );
    const encoded = [
      pixels([90, 0], 2).toColourspace('b-w').png(),
      pixels([90, 0], 2).toColourspace('grey16').png(),
      pixels([90, 90, 90, 0], 4).png(),
    ];
    for (const image of encoded) {
      const bytes = await image.toBuffer();
      const { data } = await imageToTensor(bytes, { ...small, divisor: 1, background });
      expect([data[0], data[64], data[128]]).to.deep.equal(background);
    }
    const half = await pixels([90, 128], 2).toColourspace('b-w').png().toBuffer();
    expect((await sharp(half).metadata()).channels).to.equal(2);
    const { data } = await imageToTensor(half, { ...small, divisor: 1, background });
    for (const [i, value] of background.entries()) {
      expect(data[64 * i]).to.be.closeTo((90 * 128 + value * 127) / 255, 1);
    }
  });

  it('turns every EXIF orientation upright', async () => {
    const quarter = await plain(3, { r: 255, g: 0, b: 0 }, 8, 8).png().toBuffer();
    // Red at the top left, black elsewhere.
    const upright = await plain(3, { r: 0, g: 0, b: 0 }, 16, 16)
      .composite([{ input: quarter, left: 0, top: 0 }])
      .png()
      .toBuffer();
    const back = [
      [0, false],
      [0, true],
      [180, false],
      [180, true],
      [90, true],
      [270, false],
      [270, true],
      [90, false],
    ] as const;
    for (const [i, [angle, flop]] of back.entries()) {
      const turned = await sharp(upright).rotate(angle).toBuffer();
      const stored = await sharp(turned)
        .flop(flop)
        .withMetadata({ orientation: i + 1 })
        .png()
        .toBuffer();
      const { data } = await imageToTensor(stored, { size: 2, resize: 'stretch' });
      const red = Array.from(data.subarray(0, 4), Math.round);
      expect(red, `orientation ${i + 1}`).to.deep.equal([1, 0, 0, 0]);
    }
  });

  it('is not disturbed when the caller changes or transfers its bytes meanwhile', async () => {
    const before = await imageToTensor(rgb, small);
    const images = Array.from({ length: 6 }, () => new Uint8Array(rgb));
    const running = imageToTensor(images, small);
    for (const [i, bytes] of images.entries()) {
      if (i % 2) bytes.fill(0);
      else structuredClone(bytes, { transfer: [bytes.buffer] });
    }
    const { data } = await running;
    for (let i = 0; i < 6; i++)
      expect(data.subarray(i * before.size, (i + 1) * before.size)).to.deep.equal(before.data);
  });

  it('goes on after an image that failed, and serves many callers at once', async () => {
    const before = await imageToTensor(rgb, small);
    const calls = Array.from({ length: 20 }, (_, i) => imageToTensor(i % 3 ? rgb : Buffer.from('x'), small));
    for (const [i, result] of (await Promise.allSettled(calls)).entries()) {
      if (i % 3) expect(result).to.have.nested.property('value.data').that.deep.equals(before.data);
      else expect(result).to.have.nested.property('reason.code', 'ERR_INVALID_IMAGE');
    }
  });

  it('decodes none of the other images once one has failed', async () => {
    const jobs = new ImageJobs();
    try {
      jobs.hold();
      const images = [Buffer.from('x'), ...Array<Buffer>(31).fill(rgb)];
      const refused = rejection(() => imageToTensor(images, small), 'ERR_INVALID_IMAGE');
      jobs.letOneGo();
      expect((await refused).message).to.match(/^Image 0: /);
      jobs.letGo();
      await imageToTensor(rgb, small);
      // Two at a time, the one in the place of the first, and the last.
      expect(jobs.given).to.equal(4);
    } finally {
      jobs.restore();
    }
  });

  describe('refuses', () => {
    const cut = async (name: string, share: number) => {
      const bytes = await picture(name);
      return bytes.subarray(0, Math.floor(bytes.length * share));
    };
    const broken: [string, () => Uint8Array | Promise<Uint8Array>][] = [
      ['no bytes', () => Buffer.alloc(0)],
      ['text', () => Buffer.from('not an image')],
      ['an SVG', () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
      ['a PNG cut off', () => cut('rgb.png', 0.6)],
      ['a PNG of a header alone', () => cut('rgb.png', 0.01)],
      ['a JPEG cut off', () => cut('turned.jpg', 0.6)],
      [
        'a PNG with a flipped bit',
        async () => {
          const bytes = Buffer.from(rgb);
          bytes[bytes.length >> 1]! ^= 1;
          return bytes;
        },
      ],
    ];
    for (const [name, bytes] of broken) {
      it(name, async () => {
        const image = await bytes();
        const error = await rejection(() => imageToTensor(image, small), 'ERR_INVALID_IMAGE');
        expect(error.message)
          .to.match(/^Expected an image/)
          .and.not.include('not an image');
        const second = await rejection(() => imageToTensor([rgb, image], small), 'ERR_INVALID_IMAGE');
        expect(second.message).to.match(/^Image 1: /);
      });
    }

    it('more pixels than allowed, before they are decoded', async () => {
      const many = await plain(3, { r: 0, g: 0, b: 0 }, 9000, 9000).png({ compressionLevel: 9 }).toBuffer();
      expect(many.length).to.be.below(300_000);
      const error = await rejection(() => imageToTensor(many, small), 'ERR_OUT_OF_RANGE');
      expect(error.message).to.include('50000000').and.include('9000 × 9000');
      await rejection(() => imageToTensor(rgb, { ...small, maxPixels: 160 * 107 - 1 }), 'ERR_OUT_OF_RANGE');
      await imageToTensor(rgb, { ...small, maxPixels: 160 * 107 });
    });

    it('an image so narrow that scaling makes it huge', async () => {
      const line = await plain(3, { r: 0, g: 0, b: 0 }, 16_000, 1).png().toBuffer();
      const error = await rejection(() => imageToTensor(line, imagenet), 'ERR_OUT_OF_RANGE');
      expect(error.message).to.include('4096000 × 256');
      expect((await imageToTensor(line, { size: 8, resize: 'letterbox' })).shape).to.deep.equal([1, 3, 8, 8]);
    });

    it('a side whose weights alone would take long, upright and on its side', async () => {
      const line = await plain(3, { r: 0, g: 0, b: 0 }, 1000, 1).png().toBuffer();
      const turned = await plain(3, { r: 0, g: 0, b: 0 }, 1000, 1).withMetadata({ orientation: 6 }).png().toBuffer();
      for (const resize of ['stretch', 'letterbox', 'crop'] as const) {
        for (const image of [line, turned]) {
          const long = withSides(image, 1_000_000, 1);
          const error = await rejection(() => imageToTensor(long, { size: 224, resize }), 'ERR_OUT_OF_RANGE');
          expect(error.message).to.include('65535').and.include('1000000');
        }
      }
      // By its header: as long as any JPEG, and only its pixels fail.
      await rejection(() => imageToTensor(withSides(line, 65_535, 1), small), 'ERR_INVALID_IMAGE');
      await rejection(() => imageToTensor(withSides(line, 65_536, 1), small), 'ERR_OUT_OF_RANGE');
    });

    it('an image whose scaled rows alone would be too many', async () => {
      const column = withSides(await plain(3, { r: 0, g: 0, b: 0 }, 1, 9).png().toBuffer(), 1, 60_000);
      const wide = { size: [8, 8192], resize: 'stretch' } as const;
      const error = await rejection(() => imageToTensor(column, wide), 'ERR_OUT_OF_RANGE');
      expect(error.message).to.include('8192 × 60000');
    });

    it('what is no array of bytes', async () => {
      for (const image of [undefined, 'path.png', { length: 3 }, [[137, 80]]]) {
        await rejection(() => imageToTensor(image as unknown as Uint8Array, small), 'ERR_INVALID_ARGUMENT');
      }
    });

    const options: [string, object][] = [
      ['no size', {}],
      ['size', { size: 0 }],
      ['size', { size: [8, 8, 3] }],
      ['size', { size: 8193 }],
      ['shortestSide', { size: 8, shortestSide: 7 }],
      ['shortestSide', { ...small, shortestSide: 9 }],
      ['resize', { size: 8, resize: 'cover' }],
      ['interpolation', { size: 8, interpolation: 'nearest' }],
      ['channels', { size: 8, channels: 4 }],
      ['divisor', { size: 8, divisor: 0 }],
      ['mean', { size: 8, mean: [0.5] }],
      ['mean', { size: 8, mean: [0, 0, NaN] }],
      ['std', { size: 8, std: [1, 1, 0] }],
      ['background', { size: 8, background: [0, 0, 256] }],
      ['background', { size: 8, background: [0, 0, 0.5] }],
      ['maxPixels', { size: 8, maxPixels: 0 }],
      ['an option', { size: 8, sise: 8 }],
    ];
    for (const [name, wrong] of options) {
      it(JSON.stringify(wrong), async () => {
        const error = await rejection(() => imageToTensor(rgb, wrong as ImageOptions), 'ERR_INVALID_ARGUMENT');
        expect(error.message).to.include(name.replace('no ', ''));
      });
    }
  });
});
