import express, {} from 'express';
import { torchError } from '../../errors.js';
import { Exchange } from './exchange.js';
import { formsOf } from './forms-of-paths.js';
/**
 * The Express app of these routes. Each path answers OPTIONS, refuses other methods with 405, and HEAD is GET.
 * @param check what every request is asked first, where nobody has asked before
 */
export function appOf(context, routes, check) {
    const app = express();
    app.disable('x-powered-by').disable('etag').enable('case sensitive routing');
    const begin = (req, res) => Exchange.of(context, req, res);
    const formOf = formsOf(routes);
    app.use((req, res, next) => {
        begin(req, res).errorForm = formOf(req.path);
        const fault = check?.(req);
        if (fault)
            throw fault;
        if (!isDecodable(req.path))
            throw torchError('ERR_BAD_REQUEST', 'Expected a path with valid percent-encoding');
        next();
    });
    for (const path of new Set(routes.map((route) => route.path))) {
        app.all(path, pathHandler(path, routes, begin));
    }
    app.use((req, res) => {
        begin(req, res).fail(torchError('ERR_ROUTE_NOT_FOUND', 'No such route; see /openapi.json'));
    });
    // Express tells error handlers by their four parameters.
    const lastResort = (error, req, res, _next) => begin(req, res).fail(error);
    app.use(lastResort);
    return app;
}
/** Chooses among the routes of one path by the method. */
function pathHandler(path, routes, begin) {
    const byMethod = new Map();
    for (const route of routes) {
        if (route.path !== path)
            continue;
        byMethod.set(route.method, route);
        if (route.method === 'GET')
            byMethod.set('HEAD', route);
    }
    const { errorForm = 'problem' } = [...byMethod.values()][0] ?? {};
    const allow = [...byMethod.keys(), 'OPTIONS'].join(', ');
    return (req, res) => {
        const exchange = begin(req, res);
        exchange.route = path;
        exchange.errorForm = errorForm;
        const route = byMethod.get(req.method);
        // Without wildcards in the patterns every parameter is one text.
        if (route)
            exchange.answer(route, req.params);
        else if (req.method === 'OPTIONS')
            exchange.send(204, undefined, '', { allow });
        else
            exchange.fail(torchError('ERR_METHOD_NOT_ALLOWED', `Expected one of ${allow} for ${path}`), { allow });
    };
}
function isDecodable(path) {
    try {
        decodeURIComponent(path);
        return true;
    }
    catch {
        return false;
    }
}
