import { readSmallFile } from '../../../files/regular-file.js';
import { cardOf, type CardFormat } from '../../../registry/card/index.js';
import type { ModelRecord } from '../../../registry/index.js';
import { isThere } from './versions.js';

const mostBytes = 16 * 2 ** 20;

/** The card that lies at a path, or, where a format is asked for or none lies there, the one that the record makes. */
export async function cardText(
  record: ModelRecord,
  path: string,
  { format, write }: { readonly format?: CardFormat; readonly write?: true },
): Promise<{ format: CardFormat | 'as written'; content: string }> {
  if (format === undefined && !write && (await isThere(path))) {
    return {
      format: 'as written',
      content: await readSmallFile(path, `the card of ${record.name} ${record.version}`, mostBytes),
    };
  }
  const made = format ?? 'markdown';
  return { format: made, content: cardOf(record, made) };
}
