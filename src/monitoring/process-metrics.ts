import { collectDefaultMetrics, Registry } from 'prom-client';
import type { MetricsSnapshot } from './aggregate.js';

/** Gauges with the suffix of counters. The same numbers, by kind, are in the metrics without it. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** What the values of several workers are together, where prom-client has it otherwise: one slow event loop of many is seen. */
const together: Readonly<Record<string, 'max' | 'min'>> = {
  nodejs_eventloop_lag_seconds: 'max',
  nodejs_eventloop_lag_mean_seconds: 'max',
  nodejs_eventloop_lag_p50_seconds: 'max',
  nodejs_eventloop_lag_p90_seconds: 'max',
  nodejs_eventloop_lag_p99_seconds: 'max',
  process_start_time_seconds: 'min',
};

let registry: Registry | undefined;

/**
 * CPU, memory, event-loop delay and garbage collection of the process. One registry for all servers in it: each
 * collection installs observers that cannot be removed.
 */
export function processMetrics(): Registry {
  if (!registry) {
    registry = new Registry();
    collectDefaultMetrics({ register: registry });
    for (const name of misnamed) registry.removeSingleMetric(name);
    for (const [name, aggregator] of Object.entries(together)) {
      Object.assign(registry.getSingleMetric(name) ?? {}, { aggregator });
    }
  }
  return registry;
}

/** When this process began, as a worker says it of itself: of a server it is the oldest process that counts. */
export function startTime(): MetricsSnapshot[number] {
  const value = Math.round(performance.timeOrigin / 1000);
  const name = 'process_start_time_seconds';
  const help = 'Start time of the process since unix epoch in seconds.';
  return { ...{ name, help, type: 'gauge', aggregator: 'min' }, ...{ values: [{ value, labels: {} }] } };
}
