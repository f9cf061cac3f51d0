import { scopeOf } from '../security/scope.js';
/** The rows that a listener has, each with its handler. */
export function bindRoutes(routes, context, listener = 'inference') {
    const own = routes
        .filter((route) => isOn(route, listener, context))
        .map((route) => ({ ...route, scope: scopeOn(route, listener) }));
    return own.map((route) => ({ errorForm: 'problem', ...route, handler: route.handler(context, own) }));
}
/** What is there for administrators needs a token of theirs, whatever it is elsewhere. */
function scopeOn(route, listener) {
    const scope = scopeOf(route);
    return listener === 'admin' && scope === 'infer' ? 'admin' : scope;
}
function isOn({ listeners, isProbe, isRepository }, listener, context) {
    if (isRepository && listener === 'inference')
        return context.repositoryOnInference;
    return listeners ? listeners.includes(listener) : isProbe === true || listener === 'inference';
}
