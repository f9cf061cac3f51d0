import { readFileSync } from 'node:fs';
import { readEntry } from '#dist/engines/pt2/entries.js';
import { ZipArchive } from '#dist/model/zip-archive.js';
import { digitModel } from './paths.js';
import { rawZip } from './raw-zip.js';

const own = '    return (layers).forward(input, )';

/** The pixel that decides whether `errs` fails: bright in a fifth of the digits. */
const badPixel = 151;

/** What the digit model's `forward` does instead, in TorchScript. */
const variants = {
  /** Fails for inputs with a bright pixel. */
  errs: [
    `    if bool(torch.gt(torch.max(torch.select(input, 1, ${badPixel})), 0.5)):`,
    '      ops.prim.RaiseException("a bright pixel")',
    own,
  ],
  /** Works for tens of milliseconds before it answers. */
  slow: [
    // Of the input, or it would be worked out once when the model is loaded.
    '    square = torch.mul(torch.ones([256, 256]), torch.mul(torch.mean(input), 0.))',
    '    for _0 in range(200):',
    '      square = torch.mm(square, square)',
    '    scores = (layers).forward(input, )',
    '    return torch.add(scores, torch.sum(square))',
  ],
  /** Answers the class beside the right one. */
  disagrees: ['    scores = (layers).forward(input, )', '    return torch.roll(scores, [1], [1])'],
} as const;

export type DigitVariant = keyof typeof variants;

/** The artifact of a digit model that is worse in one way, and has the same signature. */
export async function digitVariant(variant: DigitVariant): Promise<Buffer> {
  const archive = await ZipArchive.open(readFileSync(digitModel), (reason) => new Error(reason) as never);
  const entries = await Promise.all(
    archive.entries.map(async (entry) => ({ name: entry.name, body: await readEntry(archive, entry) })),
  );
  let isChanged = false;
  const changed = entries.map(({ name, body }) => {
    if (!name.endsWith('code/__torch__/model.py')) return { name, body };
    const code = body.toString();
    isChanged = code.includes(own);
    return { name, body: Buffer.from(code.replace(own, variants[variant].join('\n'))) };
  });
  if (!isChanged) throw new Error('The code of the digit model is another one');
  return rawZip(changed);
}
