/** Lets the event loop go round, so that what was set off has happened: two turns by default, for a promise's sake. */
export async function turns(count = 2) {
    for (let i = 0; i < count; ++i)
        await new Promise((resolve) => setImmediate(resolve));
}
