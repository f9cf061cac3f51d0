// Everything that `run` measures.

import { http } from '../http.mjs';
import { inprocess } from '../inprocess.mjs';
import { micro } from '../micro/index.mjs';
import { say } from './paths.mjs';
import { provenance } from './results.mjs';

/**
 * The digit model, and with `full` ResNet-18 and the transformers too. HTTP comes first: it needs this process to be small
 * and idle, which it is not once LibTorch and its models are in it.
 */
export async function collect({ quick, full }) {
  const overHttp = await http({ quick });
  say('micro benchmarks');
  const small = await micro({ quick });
  const inside = await inprocess({ quick, full });
  return {
    ...(await provenance()),
    results: { ...small, ...inside, ...overHttp.results },
    open: overHttp.open,
    readySeconds: overHttp.readySeconds,
  };
}
