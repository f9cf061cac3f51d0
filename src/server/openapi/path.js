const parameter = /:([\w$]+)/y;
/**
 * The paths that a route's pattern stands for: OpenAPI has no optional part, so each one doubles them.
 * `/m/:name{/v/:version}` is `/m/{name}` and `/m/{name}/v/{version}`.
 */
export function describedPaths(pattern) {
    let paths = [{ path: '', parameters: [] }];
    const append = (text, ...names) => {
        paths = paths.map(({ path, parameters }) => ({ path: path + text, parameters: [...parameters, ...names] }));
    };
    for (let at = 0; at < pattern.length; at++) {
        const character = pattern.charAt(at);
        parameter.lastIndex = at;
        const name = parameter.exec(pattern)?.[1];
        if (name !== undefined) {
            append(`{${name}}`, name);
            at += name.length;
        }
        else if (character === '{') {
            const end = pattern.indexOf('}', at);
            const optional = describedPaths(pattern.slice(at + 1, end));
            paths = paths.flatMap((before) => [before, ...optional.map((after) => joined(before, after))]);
            at = end;
        }
        else if (character === '\\')
            append(pattern.charAt(++at));
        else if ('*:}()[]+?!'.includes(character))
            throw new Error(`Unexpected ${character} in the pattern ${pattern}`);
        else
            append(character);
    }
    return paths;
}
function joined(before, after) {
    return { path: before.path + after.path, parameters: [...before.parameters, ...after.parameters] };
}
