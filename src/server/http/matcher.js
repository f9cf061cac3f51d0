const none = {};
/** A URL that is longer is Express's to refuse. */
const longestUrl = 2048;
/**
 * Matches a pattern of Express, with parameters and optional parts, without Express: the exact path, with any query. What it
 * does not match may match there all the same: another case of an escape, a slash at the end.
 */
export function matcherOf(pattern) {
    const names = [];
    const source = pattern.replace(/:([\w$]+)|[{}]|\\?[^\w/-]/g, (token, name) => {
        if (name !== undefined) {
            names.push(name);
            return '([^/?#]+)';
        }
        if (token === '{')
            return '(?:';
        if (token === '}')
            return ')?';
        return `\\${token.at(-1)}`;
    });
    if (names.length === 0)
        return (url) => (isAt(url, pattern) ? none : undefined);
    const path = new RegExp(`^${source}(?:\\?|$)`);
    return (url) => {
        const match = url.length > longestUrl ? null : path.exec(url);
        return match ? decoded(names, match) : undefined;
    };
}
function decoded(names, match) {
    const parameters = {};
    for (const [i, name] of names.entries()) {
        const given = match[i + 1];
        if (given === undefined)
            continue;
        if (!given.includes('%')) {
            parameters[name] = given;
            continue;
        }
        try {
            parameters[name] = decodeURIComponent(given);
        }
        catch {
            return undefined; // Express says what is wrong with it
        }
    }
    return parameters;
}
/** Whether a URL has exactly this path, with any query. */
export function isAt(url, path) {
    return url === path || (url?.startsWith(path) === true && url.charCodeAt(path.length) === 0x3f);
}
