import { expect } from 'chai';
import { consoleAsset } from '../../../support/console/assets.js';

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
interface Buckets {
  readonly bounds: number[];
  readonly counts: number[];
  readonly sum: number;
  readonly count: number;
}
interface Prometheus {
  parseMetrics(text: string): Sample[];
  total(samples: Sample[], name: string, passes?: (labels: Sample['labels']) => boolean): number;
  greatest(samples: Sample[], name: string): number;
  histogram(samples: Sample[], name: string): Buckets;
  since(earlier: Buckets, later: Buckets): Buckets;
  readonly quantile: (histogram: Pick<Buckets, 'bounds' | 'counts'>, share: number) => number;
}

const text = `# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{model="a",path="/\\"x\\"\\\\n{}, y"} 3
requests_total{model="b", path="line\\nbreak",} 4 1700000000000
node_libtorch_up 1
lag +Inf
nothing NaN
low -1.5e-3
broken{ 3
h_bucket{le="1",model="a"} 2
h_bucket{le="1",model="b"} 1
h_bucket{le="2",model="a"} 6
h_bucket{le="2",model="b"} 1
h_bucket{le="+Inf",model="a"} 7
h_bucket{le="+Inf",model="b"} 1
h_sum{model="a"} 9
h_sum{model="b"} 0.5
h_count{model="a"} 7
h_count{model="b"} 1
`;

describe('the console: measurements of Prometheus', () => {
  let prometheus: Prometheus;
  before(async () => (prometheus = await consoleAsset<Prometheus>('prometheus.js')));

  it('are read with their labels, whatever is in those', () => {
    const samples = prometheus.parseMetrics(text);
    expect(samples.slice(0, 6)).to.deep.equal([
      { name: 'requests_total', labels: { model: 'a', path: '/"x"\\n{}, y' }, value: 3 },
      { name: 'requests_total', labels: { model: 'b', path: 'line\nbreak' }, value: 4 },
      { name: 'node_libtorch_up', labels: {}, value: 1 },
      { name: 'lag', labels: {}, value: Infinity },
      { name: 'nothing', labels: {}, value: NaN },
      { name: 'low', labels: {}, value: -0.0015 },
    ]);
    expect(samples.some(({ name }) => name === 'broken')).to.equal(false);
    expect(prometheus.parseMetrics('')).to.deep.equal([]);
  });

  it('are summed, with and without the prefix', () => {
    const samples = prometheus.parseMetrics(text);
    expect(prometheus.total(samples, 'requests_total')).to.equal(7);
    expect(prometheus.total(samples, 'requests_total', ({ model }) => model === 'b')).to.equal(4);
    expect(prometheus.total(samples, 'up')).to.equal(1);
    expect(prometheus.greatest(samples, 'requests_total')).to.equal(4);
    expect(prometheus.greatest(samples, 'absent')).to.deep.equal(NaN);
  });

  it('give histograms over all series, and what came between two', () => {
    const all = prometheus.histogram(prometheus.parseMetrics(text), 'h');
    expect(all).to.deep.equal({ bounds: [1, 2, Infinity], counts: [3, 7, 8], sum: 9.5, count: 8 });
    const later = { ...all, counts: [4, 10, 13], sum: 20, count: 13 };
    expect(prometheus.since(all, later)).to.deep.equal({ ...all, counts: [1, 3, 5], sum: 10.5, count: 5 });
    // A process that began anew.
    expect(prometheus.since(later, all)).to.deep.equal(all);
  });

  it('give quantiles as histogram_quantile of PromQL does', () => {
    const { quantile } = prometheus;
    const bounds = [1, 2, Infinity];
    expect(quantile({ bounds, counts: [5, 10, 10] }, 0.5)).to.equal(1);
    expect(quantile({ bounds, counts: [5, 10, 10] }, 0.75)).to.equal(1.5);
    expect(quantile({ bounds, counts: [10, 10, 10] }, 0.5)).to.equal(0.5);
    expect(quantile({ bounds, counts: [0, 0, 10] }, 0.99)).to.equal(2);
    expect(quantile({ bounds, counts: [0, 0, 0] }, 0.5)).to.deep.equal(NaN);
    expect(quantile({ bounds: [], counts: [] }, 0.5)).to.deep.equal(NaN);
  });
});
