/** What our signatures say beside the files: which version of which model it is, and the record as it was. */
import { createHash } from 'node:crypto';
import { describe } from '../../errors.js';
import { invalid } from './form.js';

const prefix = 'node-libtorch.';

/** What a record says decides what a model's answers mean, so its bytes are part of what is signed. */
export interface SignedVersion {
  readonly name: string;
  readonly version: string;
  /** The bytes of metadata.json. */
  readonly record: Uint8Array;
}

export function annotationsOf({ name, version, record }: SignedVersion): Readonly<Record<string, string>> {
  return {
    [`${prefix}name`]: name,
    [`${prefix}version`]: version,
    [`${prefix}record.sha256`]: sha256Of(record),
  };
}

/**
 * Compares what was signed with the version at hand.
 * @returns whether the signature covers the record: one of another program does not
 * @throws ERR_SIGNATURE_INVALID for the signature of another version or model, and for a record that was changed
 */
export function requireAnnotations(signed: ReadonlyMap<string, string>, own: SignedVersion): boolean {
  const wanted = annotationsOf(own);
  const where = `${own.name} ${own.version}`;
  for (const [key, value] of Object.entries(wanted)) {
    const found = signed.get(key);
    if (found === undefined || found === value) continue;
    if (key.endsWith('.sha256')) {
      throw invalid(
        `Expected the record of ${where} as it was signed, with sha256 ${found}, but it has ${value}: it was changed`,
      );
    }
    const what = key.slice(prefix.length);
    throw invalid(`Expected a signature of ${where}, but it is of another ${what}: ${describe(found)}`);
  }
  return Object.keys(wanted).every((key) => signed.has(key));
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
