/** The body of the wrapper's function that runs, without comments and texts; undefined for a source without one. */
export function functionBody(source) {
    const start = [...source.matchAll(/void AOTInductorModel\w*::run_impl\(/g)].at(-1)?.index;
    if (start === undefined)
        return undefined;
    const rest = source.slice(start);
    return rest
        .slice(0, /^\}/m.exec(rest)?.index)
        .replace(/\/\/[^\n]*/g, '')
        .replace(/\/\*[\s\S]*?(?:\*\/|$)/g, '')
        .replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
}
/** The parts of a list of arguments or parameters. */
export function listOf(text) {
    const parts = [];
    let depth = 0;
    let start = 0;
    for (let at = 0; at < text.length; ++at) {
        if ('([{'.includes(text[at]))
            ++depth;
        if (')]}'.includes(text[at]))
            --depth;
        if (text[at] !== ',' || depth > 0)
            continue;
        parts.push(text.slice(start, at).trim());
        start = at + 1;
    }
    return [...parts, text.slice(start).trim()];
}
