import type { EngineModel, Run } from '../../model/engine.js';
import { unflattenValue, type Tree } from '../../signature/pytree.js';
import type { Value } from '../../tensor/value.js';

export interface NestedOptions {
  /** What a leaf is for callers, by its place among the results. */
  readonly leafOf?: (leaf: Value, place: number) => Value;
  /** What must hold of a run that was put together behind the check of its calls. It throws. */
  readonly before?: ((run: Run) => void) | undefined;
}

/** A model whose code gives a flat list; its results are nested again as the tree says. */
export function nested(model: EngineModel, outputs: Tree, { leafOf, before }: NestedOptions = {}): EngineModel {
  const nest = (value: Value): Value => {
    const flat = value as readonly Value[];
    return unflattenValue(outputs, (leafOf ? flat.map(leafOf) : flat)[Symbol.iterator]());
  };
  return {
    async run(run) {
      before?.(run);
      const { value, timings, heldMs } = await model.run(run);
      return { value: nest(value), timings, ...(heldMs !== undefined && { heldMs }) };
    },
    runHere(run, held) {
      before?.(run);
      const execution = model.runHere?.(run, held);
      return execution && { value: nest(execution.value), timings: execution.timings };
    },
    boundedMethods: model.boundedMethods,
    busy: () => model.busy(),
    free: () => model.free(),
  };
}
