import type { Logger } from '../../monitoring/logging.js';
import type { CanarySettings } from '../../serving/index.js';
import type { Fleet } from './fleet.js';
import type { ManagedModel } from './management.js';
import { versionMeant } from './version-meant.js';

export interface CanaryParts {
  readonly fleet: Pick<Fleet<unknown>, 'setCanary' | 'unload'>;
  readonly logger: Logger;
  /** What is known of a name. @throws ERR_MODEL_NOT_FOUND */
  readonly known: (name: string) => Promise<readonly ManagedModel[]>;
  /** The version that a reference means. @throws ERR_VERSION_NOT_FOUND */
  readonly versionOf: (name: string, reference: string) => Promise<string>;
  readonly load: (name: string, version: string) => Promise<void>;
}

/** Loads the version of a canary if it is not up, and splits the requests. What was loaded for one that cannot be is unloaded again. */
export async function setCanary(
  name: string,
  settings: CanarySettings,
  { fleet, logger, known, versionOf, load }: CanaryParts,
): Promise<void> {
  const up = (await known(name)).filter(({ state }) => state === 'READY');
  const there = versionMeant(up, settings.version);
  const version = there ?? (await versionOf(name, settings.version));
  const isUp = up.some((each) => each.version === version);
  if (!isUp) await load(name, version);
  try {
    await fleet.setCanary(name, { ...settings, version }, !isUp);
  } catch (error) {
    if (!isUp) await fleet.unload(name, version);
    throw error;
  }
  const { share, sticky, alias } = settings;
  logger.info({ model: name, version, share, sticky, alias }, 'a canary was set');
}
