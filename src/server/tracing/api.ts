import type * as Library from '@opentelemetry/api';

/** @opentelemetry/api. */
export type Api = typeof Library;

/** What a process has, whether or not its package can be found from here. */
type Registry = Record<symbol, { readonly trace?: unknown } | undefined>;

let loading: Promise<Api | undefined> | undefined;

/**
 * @opentelemetry/api, an optional peer dependency, loaded by the first app or server that may trace. It is what the program's own
 * SDK has registered itself with: whichever copy of it is found, all have one registry.
 * @returns undefined when it is not installed, or cannot be loaded
 */
export function loadApi(): Promise<Api | undefined> {
  return (loading ??= load());
}

async function load(): Promise<Api | undefined> {
  // In a `try`, esbuild bundles an app that has not installed it.
  try {
    return await import('@opentelemetry/api');
  } catch {
    return undefined;
  }
}

/**
 * Has the provider send what it holds back: the spans of the last requests, before the process ends. Providers of SDKs can; that
 * is no part of the API. Nothing where nobody was asked to trace.
 */
export async function flushSpans(): Promise<void> {
  const api = await loading;
  const provider = api?.trace.getTracerProvider() as Flushing | undefined;
  const own = provider?.getDelegate?.() ?? provider;
  await own?.forceFlush?.();
}

interface Flushing {
  getDelegate?(): Flushing;
  forceFlush?(): Promise<void>;
}

/** Somebody has registered a provider of traces in this process. */
export function hasProvider(): boolean {
  return (globalThis as unknown as Registry)[Symbol.for('opentelemetry.js.api.1')]?.trace !== undefined;
}
