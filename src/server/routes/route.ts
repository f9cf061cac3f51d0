import type { ErrorCode } from '../../errors.js';
import type { ServerContext } from '../context.js';
import type { ErrorForm } from '../http/error-forms.js';
import type { Handler } from '../http/exchange.js';
import { scopeOf, type Scope } from '../security/scope.js';
import type { DescribedModel } from '../openapi/described-model.js';
import type { Operation } from '../openapi/operation.js';

/** Where requests come in: the port that everybody knows, or the one for management. */
export type ListenerName = 'inference' | 'admin';

/** One row of the table of routes. Everything that the server knows about a route is here. */
export interface Route {
  /** GET answers HEAD too. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /**
   * A pattern of Express 5, such as `/v1/models/:model{/versions/:version}` or `/v1/models/:model\\:predict`, without
   * wildcards. It is also the label of the metrics and of the log. The first pattern of the table that matches answers.
   */
  readonly path: `/${string}`;
  /** Makes the handler, once for each app. */
  readonly handler: (context: ServerContext, routes: readonly Route[]) => Handler;
  /** How its errors are written, and those of paths beside it that nobody answers. Default: a problem document. */
  readonly errorForm?: ErrorForm;
  /** `createServer` calls the handler in front of Express, which costs more than a small prediction. */
  readonly hot?: true;
  /** Answered over the connections that are kept for probes when all others are in use. Only without parameters. */
  readonly isProbe?: true;
  /** What its caller's token must be for. Default: nothing of a probe's, `infer` of others. */
  readonly scope?: Scope;
  /** The listeners that have it. Default: every one for a probe, `inference` alone for others. */
  readonly listeners?: readonly ListenerName[];
  /** A change of models: on the port of inference too where the setting repositoryOnInference says so. */
  readonly isRepository?: true;
  /** A change of models that the console offers: on the port of inference too where the setting console is full. */
  readonly isManagement?: true;
  /** The console itself: there is none where its setting is off. */
  readonly isConsole?: true;
  /** The codes of the errors that it answers with, for the description; those of any request are known. */
  readonly errors?: readonly ErrorCode[];
  /** What /openapi.json says about it; a function where that depends on the default model. */
  readonly operation: Operation | ((model: DescribedModel | undefined) => Operation);
}

/** A row of the table with its handler, made for one app. */
export interface BoundRoute extends Omit<Route, 'handler' | 'scope'> {
  readonly handler: Handler;
  readonly scope: Scope;
  readonly errorForm: ErrorForm;
}

/** The rows that a listener has, each with its handler. */
export function bindRoutes(
  routes: readonly Route[],
  context: ServerContext,
  listener: ListenerName = 'inference',
): BoundRoute[] {
  const own = routes
    .filter((route) => isOn(route, listener, context))
    .map((route) => ({ ...route, scope: scopeOn(route, listener) }));
  return own.map((route) => ({ errorForm: 'problem', ...route, handler: route.handler(context, own) }));
}

/** On the admin port every route but a probe needs an admin token. */
function scopeOn(route: Route, listener: ListenerName): Scope {
  const scope = scopeOf(route);
  return listener === 'admin' && scope === 'infer' ? 'admin' : scope;
}

function isOn(route: Route, listener: ListenerName, context: ServerContext): boolean {
  const { listeners, isProbe, isRepository, isManagement, isConsole } = route;
  if (isConsole && context.console === 'off') return false;
  if (isManagement && context.console === 'full') return true;
  if (isRepository && listener === 'inference') return context.repositoryOnInference;
  return listeners ? listeners.includes(listener) : isProbe === true || listener === 'inference';
}
