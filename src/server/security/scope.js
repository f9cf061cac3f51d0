/** What a token may be for: answers of models, or the management of them. */
export const tokenScopes = ['infer', 'admin'];
/** The scope of a route. One that says nothing of its own and is no probe is for `infer`: nothing is open by oversight. */
export function scopeOf({ path, isProbe, scope }) {
    if (path === '/metrics')
        return 'metrics';
    return scope ?? (isProbe ? 'none' : 'infer');
}
