import type { MetricSources, Sample } from './gauges-sources.js';

export type Values = Iterable<Sample>;

/** What is read when somebody asks for the metrics. */
export interface GaugeRow {
  /** With the prefix of all of ours. A gauge ends with a base unit, and never with `_total`, which means a counter. */
  readonly name: string;
  /** `counter` for what somebody else has counted. Default `gauge`. */
  readonly type?: 'counter';
  readonly help: string;
  readonly labels: readonly string[];
  /** What the values of several workers with equal labels are together. Default their sum. */
  readonly together?: 'average' | 'max' | 'min';
  readonly values: (sources: MetricSources) => Values;
}
