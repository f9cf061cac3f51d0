import { labelsOf } from '../tasks/kinds/index.js';
/** A record's signature with what the record says of it elsewhere: the task, and the labels of the output it is about. */
export function signatureOf({ signature, task }) {
    const { inputs, outputs } = signature;
    const labels = labelsOf(task);
    const labelled = labels ? outputs.map((spec, i) => (i === 0 ? { labels, ...spec } : spec)) : outputs;
    return { inputs, outputs: labelled, task };
}
