/** Names with a way in them: `ARGS[1][mask]`, `parts.0`, `features[0].left`. */

/** A key of a dict, or an index of a list, as text. */
export type PathStep = string;

export interface Path {
  readonly steps: readonly PathStep[];
  /** The name without the steps from this one on, as it was written. */
  prefix(taken: number): string;
}

const step = /\[([^[\]]*)\]|\.([^.[\]]*)/y;
const maxSteps = 64;

/** Undefined where there are no steps, or too many. */
export function parsePath(name: string): Path | undefined {
  const open = name.search(/[.[]/);
  if (open <= 0) return undefined;
  const steps: string[] = [];
  const ends: number[] = [open];
  step.lastIndex = open;
  while (step.lastIndex < name.length) {
    const match = step.exec(name);
    if (!match || steps.length === maxSteps) return undefined;
    steps.push(match[1] ?? (match[2] as string));
    ends.push(step.lastIndex);
  }
  return { steps, prefix: (taken) => name.slice(0, ends[taken]) };
}
