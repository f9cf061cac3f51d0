/** What several workers say of their models, as of one server: it serves what all serve, and has counted what all counted. */
export function merged(workers) {
    const told = workers.filter((models) => models.length > 0);
    const all = new Map();
    for (const model of told.flat()) {
        const key = `${model.name} ${model.version}`;
        const same = all.get(key);
        if (same)
            same.push(model);
        else
            all.set(key, [model]);
    }
    return [...all.values()].map(one);
}
function one(same) {
    const [first] = same;
    // Where workers differ a change is under way, or one of them starts.
    const { state, reason } = same.find((each) => each.state !== 'READY') ?? same.find((each) => each.reason !== '') ?? first;
    const statistics = same.flatMap((each) => each.statistics ?? []);
    const { statistics: _first, ...rest } = first;
    return { ...rest, state, reason, ...(statistics.length > 0 && { statistics: statistics.reduce(added) }) };
}
function added(a, b) {
    return {
        success: a.success + b.success,
        fail: a.fail + b.fail,
        rows: a.rows + b.rows,
        runs: a.runs + b.runs,
        lastInference: Math.max(a.lastInference, b.lastInference),
    };
}
