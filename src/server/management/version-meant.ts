import { noSuchVersion } from '../../serving/names.js';
import type { ManagedModel } from './management.js';

/** The version that a reference means among those of one name: a version, an alias that is in force, or a digest. */
export function versionMeant(known: readonly ManagedModel[], reference: string): string | undefined {
  const found =
    known.find(({ version }) => version === reference) ??
    known.find(({ aliases }) => aliases?.includes(reference)) ??
    known.find(({ digest }) => digest !== undefined && `sha256:${digest}` === reference);
  return found?.version;
}

/** The same. @throws ERR_VERSION_NOT_FOUND, which names those that are known */
export function requireVersionMeant(name: string, known: readonly ManagedModel[], reference: string): string {
  const meant = versionMeant(known, reference);
  if (meant !== undefined) return meant;
  throw noSuchVersion(
    name,
    known.map(({ version }) => version),
    reference,
  );
}
