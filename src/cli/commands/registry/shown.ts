import { aliasNames } from '../../../registry/aliases.js';
import type { QuarantineEntry } from '../../../registry/quarantine.js';
import type { ModelRecord, ModelRegistry } from '../../../registry/index.js';
import { torchError } from '../../../errors.js';
import { dirname, join } from 'node:path';
import { recordOf, type Reference } from '../../target.js';
import { isSigned, isThere, problemOf, type Problem } from './versions.js';

/** A version with all that lies on the disk of it. */
export interface Shown {
  readonly record: ModelRecord;
  readonly aliases: readonly string[];
  /** Undefined where it is not there; then `problem` says why. */
  readonly artifact: string | undefined;
  readonly recordPath: string;
  readonly card: string | undefined;
  readonly signature: string | undefined;
  readonly quarantine: QuarantineEntry | undefined;
  readonly problem: Problem | undefined;
}

/** The versions that a reference means: one, or each with a digest. @throws as recordOf */
export async function recordsOf(registry: ModelRegistry, reference: Reference): Promise<ModelRecord[]> {
  if ('name' in reference) return [await recordOf(registry, reference)];
  const records = await registry.find(reference.digest);
  if (records.length > 0) return records;
  throw torchError(
    'ERR_VERSION_NOT_FOUND',
    `Expected the digest of a version of the registry at ${registry.registryDir} but received ${reference.digest}`,
  );
}

export async function shownOf(registry: ModelRegistry, record: ModelRecord): Promise<Shown> {
  const { name, version } = record;
  let problem: Problem | undefined;
  const keep = (error: unknown): undefined => {
    problem ??= problemOf(error);
    return undefined;
  };
  const artifact = await registry.artifactPath(record).catch(keep);
  const aliases = await registry.aliases(name).catch(keep);
  const card = registry.cardPath(name, version);
  const quarantined = await registry.quarantined(name).catch(() => []);
  return {
    record,
    aliases: aliases ? aliasNames(aliases, version) : [],
    artifact,
    recordPath: join(dirname(card), 'metadata.json'),
    card: (await isThere(card)) ? card : undefined,
    signature: (await isSigned(registry, name, version)) ? registry.signaturePath(name, version) : undefined,
    quarantine: quarantined.find((entry) => entry.version === version),
    problem,
  };
}

/** What `--json` prints of a version. */
export function shownInJson({ record, aliases, artifact, recordPath, card, signature, quarantine, problem }: Shown) {
  const paths = { artifact: artifact ?? null, record: recordPath, card: card ?? null, signature: signature ?? null };
  return {
    name: record.name,
    version: record.version,
    digest: `sha256:${record.artifact.sha256}`,
    aliases,
    signed: signature !== undefined,
    paths,
    record,
    ...(quarantine && { quarantine }),
    ...(problem && { problem }),
  };
}
