/** The LibTorch that the addon is compiled against. */

import { libtorchVersion } from '../binding/version.js';
import type { ProvisionOptions } from './provision.js';
import { provision } from './provision.js';

export interface BuildLibtorch {
  readonly source: string;
  readonly version: string;
  readonly libDir: string;
  readonly includeDir: string;
}

/** Fetches LibTorch with its headers into the cache. */
export async function libtorchForBuild(options: ProvisionOptions = {}): Promise<BuildLibtorch> {
  const { libDir, includeDir } = await provision({ ...options, headers: true });
  return { source: 'cache', version: libtorchVersion, libDir, includeDir: includeDir! };
}
