import { markdownTable, short } from '../../benchmarks/lib/table.mjs';
import { barChart } from './svg.mjs';
import { image } from './page.mjs';

export function httpPart({ results, open, readySeconds }) {
  const found = Object.entries(results).filter(([name]) => name.startsWith('http/'));
  const rows = found.map(([name, each]) => [
    name.replace('http/mlp/', '').replace('-c', ', connections: '),
    ...[each.throughput, each.p50, each.p95, each.p99.median, each.cpuUsPerRequest.median, each.rssMiB.max].map(short),
    short(each.ratioThroughput),
    short(each.loopDelayP99Ms?.median),
    short(each.foreignCores.max),
  ]);
  const heading = [
    'body',
    'requests/s',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'CPU µs',
    'MiB',
    '× bare server',
    'event loop p99 ms',
    'foreign cores',
  ];
  const openRows = open.map((each) => [
    `${each.share * 100} %`,
    ...[each.rate, each.p50, each.p95, each.p99, each.p999, each.max, each.clientLagMs.p50, each.clientLagMs.p99].map(
      short,
    ),
    short(each.bare?.p50),
    short(each.bare?.p99),
    short(each.loopDelayP99Ms),
    short(each.foreignCores),
  ]);
  const openHeading = [
    'load',
    'requests/s',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'p99.9 ms',
    'max ms',
    'client late p50',
    'p99',
    'bare p50',
    'p99',
    'event loop p99 ms',
    'foreign cores',
  ];
  const chart = barChart({
    title: '/predict with the digit model, closed loop',
    unit: 'requests/s, more is better',
    bars: found.map(([name, { throughput }]) => ({
      label: name.replace('http/mlp/', '').replace('-c', ', connections: '),
      value: throughput,
      own: true,
      note: short(throughput),
    })),
  });
  const text = `${image('http', 'requests per second over HTTP')}

\`node-libtorch serve\`, ready ${short(readySeconds)} s after its start. The bare server is \`node:http\` with \`JSON.parse\` and a fixed loop of JavaScript, no
LibTorch.

${markdownTable([heading, ...rows])}

The event loop's delay, here and below, is the server's own metric, without the 10 ms of the timer that takes it.

At constant rates, as shares of the highest one that the server keeps up with. How late the client itself sent its requests is part of the latency. "Bare" is
a server of \`node:http\` that answers a constant, at the same rate: so much of the latency is the client's and the machine's.

${markdownTable([openHeading, ...openRows])}`;
  const slowLoops = found
    .filter(([, each]) => each.loopDelayP99Ms?.median > 5)
    .map(
      ([name, { loopDelayP99Ms }]) =>
        `Delay of the event loop in a closed loop (${name}): p99 ${short(loopDelayP99Ms.median)} ms`,
    );
  const losses = open
    .filter(({ p50, p99 }) => p99 > 3 * p50)
    .map(
      ({ share, p50, p99 }) =>
        `At a constant ${share * 100} % of the capacity: p99 ${short(p99)} ms, ${short(p99 / p50)}× the p50`,
    );
  return { title: 'Over HTTP', text, charts: { http: chart }, losses: [...losses, ...slowLoops] };
}
