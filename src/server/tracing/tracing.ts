import type { Context, Tracer, TracerProvider } from '@opentelemetry/api';
import { warnOf } from '../../errors.js';
import { ownManifest } from '../../files/package-root.js';
import type { Logger } from '../../monitoring/logging.js';
import { hasProvider, loadApi, type Api } from './api.js';

/** The API and the tracer of whoever collects traces at this moment. */
export interface Tools {
  readonly api: Api;
  readonly tracer: Tracer;
}

/** The name that spans have as their scope. */
const scopeName = 'node-libtorch';

/**
 * Whether spans are made, and by whom. Without the package, or without a provider that the program has registered, there are
 * none, and a request costs the look at `tools`.
 */
export class Tracing {
  /** While the package is being loaded. */
  loading: Promise<void> | undefined;
  #api: Api | undefined;
  #version: string | undefined;
  #provider: TracerProvider | undefined;
  #tools: Tools | undefined;

  constructor(mode: 'auto' | 'off', logger: Logger) {
    if (mode === 'off') return;
    this.loading = loadApi().then((api) => {
      this.#api = api;
      this.#version = ownVersion();
      this.loading = undefined;
      if (!api && hasProvider()) logger.warn(unreachable);
    });
  }

  /** Undefined where nobody traces. A provider may come and go at any time. */
  get tools(): Tools | undefined {
    const api = this.#api;
    if (!api) return undefined;
    const provider = api.trace.getTracerProvider();
    if (provider !== this.#provider || !this.#tools) {
      this.#provider = provider;
      this.#tools = this.#toolsOf(api, provider);
    }
    return this.#tools;
  }

  #toolsOf(api: Api, provider: TracerProvider): Tools | undefined {
    try {
      const tracer = tracerOf(provider, this.#version);
      return tracer && { api, tracer };
    } catch (error) {
      warnOf(error); // a broken provider is no reason to fail a request
      return undefined;
    }
  }

  /** What is active where this is called; undefined where nobody traces. */
  get ambient(): Context | undefined {
    return this.tools?.api.context.active();
  }
}

const unreachable =
  'this process has a provider of traces, but node-libtorch cannot load @opentelemetry/api\n  fix: npm install @opentelemetry/api';

/** The registry's provider stands for another one, and makes spans of nothing while there is none. */
function tracerOf(provider: TracerProvider, version: string | undefined): Tracer | undefined {
  const { getDelegateTracer } = provider as Partial<Proxied>;
  return getDelegateTracer
    ? getDelegateTracer.call(provider, scopeName, version)
    : provider.getTracer(scopeName, version);
}

interface Proxied {
  getDelegateTracer(name: string, version: string | undefined): Tracer | undefined;
}

/** Undefined in a bundle, which has no package.json of ours. */
function ownVersion(): string | undefined {
  try {
    return ownManifest().version;
  } catch {
    return undefined;
  }
}
