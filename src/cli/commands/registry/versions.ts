import { access } from 'node:fs/promises';
import { isError, TorchError } from '../../../errors.js';
import { aliasNames } from '../../../registry/aliases.js';
import type { QuarantineEntry } from '../../../registry/quarantine.js';
import type { ModelRecord, ModelRegistry } from '../../../registry/index.js';

/** One version as a list shows it. */
export interface ListedVersion {
  readonly name: string;
  readonly version: string;
  readonly aliases: readonly string[];
  readonly signed: boolean;
  /** Why no server loads it, until it is cleared. */
  readonly quarantine: QuarantineEntry | undefined;
  /** Undefined where it cannot be read; then `problem` says why. */
  readonly record: ModelRecord | undefined;
  readonly problem: Problem | undefined;
}

export interface Problem {
  readonly code: string;
  readonly message: string;
}

/** Every version of a model, or of all, with what is wrong with it. Broken ones are listed, and fail nothing. */
export async function listVersions(registry: ModelRegistry, only?: string): Promise<ListedVersion[]> {
  const entries =
    only === undefined ? await registry.list() : [{ name: only, versions: await registry.versions(only) }];
  const listed: ListedVersion[] = [];
  for (const { name, versions } of entries) {
    let problem: Problem | undefined;
    const aliases = await registry.aliases(name).catch((error: unknown) => {
      problem = problemOf(error);
      return new Map<string, string>();
    });
    const quarantined = await registry.quarantined(name).catch(() => []);
    for (const version of versions) {
      const about = {
        name,
        version,
        aliases: aliasNames(aliases, version),
        signed: await isSigned(registry, name, version),
        quarantine: quarantined.find((entry) => entry.version === version),
      };
      try {
        listed.push({ ...about, record: await registry.record(name, version), problem });
      } catch (error) {
        listed.push({ ...about, record: undefined, problem: problemOf(error) });
      }
    }
  }
  return listed;
}

/** Whether there is a signature; not whether it is good. */
export async function isSigned(registry: ModelRegistry, name: string, version: string): Promise<boolean> {
  return isThere(registry.signaturePath(name, version));
}

export async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

export function problemOf(error: unknown): Problem {
  const code = error instanceof TorchError ? error.code : 'ERR_INTERNAL';
  return { code, message: isError(error) ? error.message : String(error) };
}
