// Known architectures as exported programs: as they are written, and as they are optimized by default.

import { outcomes } from './outcomes.mjs';

/** { name, calls, none, freeze }: for both, what came out, with `error` and `why` where there is something to say. */
export async function architectureOutcomes(unit, folder) {
  const [{ name }] = unit.cases;
  if (unit.skip) return { name, skip: unit.skip };
  const [none, freeze] = await outcomes(unit, folder);
  const told = ({ kind, error, why }) => ({ kind, error, ...(why && { why }) });
  return { name, calls: unit.args.length, tolerance: freeze.tolerance, none: told(none), freeze: told(freeze) };
}
