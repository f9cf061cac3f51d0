/** How large the files beside a model are, before it is loaded: what it may take is measured by all of its files. */
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { engineTable } from '../../engines/index.js';
import type { EngineName } from '../../model/info.js';

/**
 * Bytes of the files that hold a model's weights beside it. Those that cannot be told count nothing: the load says what is wrong.
 * @throws `signal.reason`
 */
export async function weightBytes(file: string, engine: EngineName, signal?: AbortSignal): Promise<number> {
  const names = await engineTable[engine].weightFiles?.(file, signal).catch(() => {
    signal?.throwIfAborted();
    return [];
  });
  let bytes = 0;
  for (const name of names ?? []) {
    bytes += await stat(join(dirname(file), name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return bytes;
}
