import type * as Hub from '@huggingface/hub';
import { torchError, type TorchError } from '../../errors.js';

export type HubLibrary = typeof Hub;

let loading: Promise<HubLibrary> | undefined;

/**
 * @huggingface/hub, an optional peer dependency, loaded by the first pull.
 * @throws ERR_HUB_NOT_FOUND when it is not installed, or cannot be loaded
 */
export function loadHub(): Promise<HubLibrary> {
  return (loading ??= load()).catch((cause: unknown) => {
    loading = undefined; // It may be installed meanwhile.
    throw notFound(cause);
  });
}

async function load(): Promise<HubLibrary> {
  // In a `try`, esbuild bundles an app that has not installed it.
  try {
    return await import('@huggingface/hub');
  } catch (cause) {
    throw cause as Error;
  }
}

function notFound(cause: unknown): TorchError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const missing = code === 'ERR_MODULE_NOT_FOUND' && message.includes("'@huggingface/hub'");
  const why = missing ? 'it is not installed' : `it could not be loaded: ${message.trim()}`;
  return torchError(
    'ERR_HUB_NOT_FOUND',
    `Expected the package @huggingface/hub, which a pull from Hugging Face needs, but ${why}\n  fix: npm install @huggingface/hub`,
    { cause },
  );
}
