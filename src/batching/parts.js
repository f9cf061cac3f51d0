import { concatenate } from '../model/collate.js';
import { sliceCall } from '../model/call.js';
/** Runs a call that is larger than a batch as parts of at most `maxRows` rows, and puts their results one below the other. */
export async function runInParts(call, maxRows, submit) {
    const parts = [];
    for (let from = 0; from < call.rows; from += maxRows) {
        parts.push(submit(sliceCall(call, from, Math.min(call.rows, from + maxRows))));
    }
    const promises = parts.map(({ promise }) => promise);
    try {
        const done = await Promise.all(promises);
        return {
            value: concatenate(done.map(({ value }) => value)),
            timings: {
                queueMs: Math.max(...done.map(({ timings }) => timings.queueMs)),
                runMs: done.reduce((sum, { timings }) => sum + timings.runMs, 0),
            },
        };
    }
    catch (error) {
        // One part's failure takes the others out of the queue.
        for (const part of parts)
            part.giveUp(error);
        await Promise.allSettled(promises);
        throw error;
    }
}
