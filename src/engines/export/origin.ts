import { withZipDirectory } from '../../model/zip-directory.js';
import type { Origin } from '../../model/origin.js';
import { originOfArchive } from '../torch/origin.js';

/** Of a graph that is searched for the version that stands behind it: large models have some MiB. */
const mostBytes = 16 * 2 ** 20;

/** As of every archive of PyTorch, and the version of PyTorch that has exported the program. */
export async function originOfProgram(path: string): Promise<Origin | undefined> {
  const origin = await originOfArchive(path, 'pt2');
  const torch = await withZipDirectory(path, async ({ names, head }) => {
    const model = names.find((name) => /(?:^|\/)models\/[^/]+\.json$/.test(name));
    const json = model === undefined ? undefined : await head(model, mostBytes);
    return json && torchVersionIn(json);
  }).catch(() => undefined);
  if (!origin || torch === undefined) return origin;
  return { ...origin, framework: { torch, ...origin.framework }, namesMaker: true };
}

/** Behind the graph, which has no such member. */
function torchVersionIn(json: Buffer): string | undefined {
  const at = json.lastIndexOf('"torch_version"');
  if (at < 0) return undefined;
  return /^"torch_version"\s*:\s*"(\d+\.\d+[\w.+-]{0,60})"/.exec(json.toString('latin1', at, at + 120))?.[1];
}
