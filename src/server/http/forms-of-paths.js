/**
 * The error form of a path that no route answers, or none yet: that of the routes whose first segment it has, since a client
 * that asks there speaks their protocol.
 */
export function formsOf(routes) {
    const forms = new Map();
    for (const { path, errorForm } of routes) {
        const segment = firstSegment(path);
        if (!forms.has(segment))
            forms.set(segment, errorForm);
    }
    return (url = '') => forms.get(firstSegment(url)) ?? 'problem';
}
/** `v2` of `/v2/models/x`, `/v2?x` and `/v2{/}`. */
function firstSegment(path) {
    return /^\/([^/?#{]*)/.exec(path)?.[1] ?? '';
}
