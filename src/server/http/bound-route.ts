import type { ServerContext } from '../context.js';
import type { Route } from '../routes/route.js';
import type { Exchange, PathParameters } from './exchange.js';

/** A row of the table with its handler, made for one app. */
export interface BoundRoute extends Omit<Route, 'handler'> {
  /** Answers the exchange, and what the handler throws too. */
  readonly answer: (exchange: Exchange, parameters: PathParameters) => void;
}

export function bindRoutes(routes: readonly Route[], context: ServerContext): BoundRoute[] {
  return routes.map((route) => {
    const handler = route.handler(context, routes);
    const answer = (exchange: Exchange, parameters: PathParameters): void => {
      exchange.route = route.path;
      try {
        handler(exchange, parameters)?.catch((error: unknown) => exchange.fail(error));
      } catch (error) {
        exchange.fail(error);
      }
    };
    return { ...route, answer };
  });
}

/** Finds the hot route of a request by the exact path, with any query: as Express would, case sensitively. */
export function hotRoutes(routes: readonly BoundRoute[]): (method?: string, url?: string) => BoundRoute | undefined {
  const hot = routes.filter((route) => route.hot);
  return (method, url) => {
    for (const route of hot) if (method === route.method && isAt(url, route.path)) return route;
    return undefined;
  };
}

function isAt(url: string | undefined, path: string): boolean {
  return url === path || (url?.startsWith(path) === true && url.charCodeAt(path.length) === 0x3f);
}
