/** Names with a way in them: `ARGS[1][mask]`, `parts.0`, `features[0].left`. */
const step = /\[([^[\]]*)\]|\.([^.[\]]*)/y;
const maxSteps = 64;
/** Undefined where there are no steps, or too many. */
export function parsePath(name) {
    const open = name.search(/[.[]/);
    if (open <= 0)
        return undefined;
    const steps = [];
    const ends = [open];
    step.lastIndex = open;
    while (step.lastIndex < name.length) {
        const match = step.exec(name);
        if (!match || steps.length === maxSteps)
            return undefined;
        steps.push(match[1] ?? match[2]);
        ends.push(step.lastIndex);
    }
    return { steps, prefix: (taken) => name.slice(0, ends[taken]) };
}
