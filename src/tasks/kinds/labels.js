export const textSchema = { type: 'string', minLength: 1, maxLength: 200 };
export const labelsSchema = { type: 'array', items: textSchema, minItems: 1, maxItems: 100_000 };
export const oneOf = (...values) => ({ type: 'string', enum: values });
/** Whether there is one label for each score of a row. */
export function* labelFaults({ labels }, { outputs }) {
    const classes = outputs[0]?.shape?.at(-1);
    if (classes === labels.length)
        return;
    yield { pointer: '/task/labels', detail: `must be as many as the last dimension of the output, ${classes}` };
}
