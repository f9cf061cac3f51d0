import { Registry, type Metric } from 'prom-client';
import type { MetricsSnapshot } from './aggregate.js';
import { modelGauges } from './gauges-models.js';
import { monitoringGauges } from './gauges-monitoring.js';
import type { GaugeRow } from './gauge-row.js';
import type { MetricSources } from './gauges-sources.js';

/** THE TABLE of what is read when somebody asks. A new one is a row here, and a member of MetricSources where it is read from something else. */
export const gauges: readonly GaugeRow[] = [...modelGauges, ...monitoringGauges];

/** Adds all of them. @param sources are looked at when the metrics are read, so members may come later */
export function addGauges(registry: Registry, sources: MetricSources): void {
  const asked = askedOnce(sources);
  for (const row of gauges) registry.registerMetric(metricOf(row, asked));
}

/** All of them as values, for a process that has something to tell and no server. */
export async function gaugesOf(sources: MetricSources): Promise<MetricsSnapshot> {
  const registry = new Registry();
  addGauges(registry, sources);
  return await registry.getMetricsAsJSON();
}

/** As prom-client's registry reads it. Its own gauges say 0 where nobody has told a value. */
function metricOf({ name, help, type, together, values }: GaugeRow, sources: MetricSources): Metric {
  const facts = { name, help, type: type ?? 'gauge', aggregator: together ?? 'sum' };
  const get = (): object => ({
    ...facts,
    values: Array.from(values(sources), ({ value, labels = {} }) => ({ value, labels })),
  });
  return { ...facts, get } as unknown as Metric;
}

/** Each source is asked once for one reading: a registry reads all of its metrics in one turn. */
function askedOnce(sources: MetricSources): MetricSources {
  const answers = new Map<keyof MetricSources, unknown>();
  return new Proxy(sources, {
    get(target, key: keyof MetricSources) {
      const source = target[key];
      if (!source) return undefined;
      return () => {
        if (answers.size === 0) {
          queueMicrotask(() => {
            answers.clear();
          });
        }
        if (!answers.has(key)) answers.set(key, source());
        return answers.get(key);
      };
    },
  });
}
