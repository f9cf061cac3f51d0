/** Cards of models: what a record says, for people and for programs. `registry card` and `registry add` write them. */
import { expected } from '../../errors.js';
import type { ModelRecord } from '../model-record.js';
import { contentOf, type CardContent } from './content.js';
import { cyclonedx } from './cyclonedx.js';
import { frontMatter } from './front-matter.js';
import { markdownOf } from './markdown.js';

export { contentOf, type CardContent };

/** THE TABLE of formats. */
const formats = {
  /** MODEL_CARD.md, for people. */
  markdown: (_record: ModelRecord, content: CardContent) => markdownOf(content),
  /** README.md of a repository of Hugging Face: the same card below the metadata that the hub reads. */
  hf: (record: ModelRecord, content: CardContent) => `${frontMatter(record, content)}\n${markdownOf(content)}`,
  /** An ML-BOM: JSON of CycloneDX 1.6. */
  cyclonedx: (record: ModelRecord, content: CardContent) => `${JSON.stringify(cyclonedx(record, content), null, 2)}\n`,
} satisfies Record<string, (record: ModelRecord, content: CardContent) => string>;

export type CardFormat = keyof typeof formats;

/** Names of the formats. */
export const cardFormats = Object.keys(formats) as readonly CardFormat[];

/**
 * The card of a version. Equal records have equal cards: neither the clock nor chance takes part. What the record does not
 * state reads `not stated` (in `hf` and `cyclonedx` the member is left out), and every text of it is shown as text, whatever it holds.
 * @throws ERR_INVALID_ARGUMENT for a format that there is not
 * @example
 * await writeFile('README.md', cardOf(await registry.resolve('mnist-mlp', 'v1.0'), 'hf'));
 */
export function cardOf(record: ModelRecord, format: CardFormat): string {
  if (!Object.hasOwn(formats, format))
    throw expected(`one of ${cardFormats.join(', ')}`, 'the format of a card', format);
  return formats[format](record, contentOf(record));
}
