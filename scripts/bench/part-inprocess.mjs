import { models } from '../../benchmarks/lib/models.mjs';
import { markdownTable, short } from '../../benchmarks/lib/table.mjs';
import { barChart } from './svg.mjs';
import { image, ranged } from './page.mjs';

/** The targets of the project: rows/s of 64 callers as a share of the loop's best. */
const targets = { mlp: 0.55, resnet18: 0.95 };

export function inprocessPart({ results }) {
  const names = Object.keys(models).filter((name) => results[`inprocess/${name}/queue-64`]);
  const of = (name, kind) => results[`inprocess/${name}/${kind}`];
  const rows = names.map((name) => {
    const [one, queue, unbatched] = ['run-b1', 'queue-64', 'unbatched-64'].map((kind) => of(name, kind));
    return [
      models[name].title,
      short(one.loopP50.median),
      short(one.p50),
      ranged(one.addedP50Us, short),
      short(one.ratioThroughput),
      short(queue.loopBest.median),
      short(queue.throughput),
      ranged(queue.ratioRange, short),
      short(unbatched.throughput),
      `${short(queue.batchingGain.median)}×`,
      ranged(queue.eventLoopDelayP99Ms, short),
    ];
  });
  const heading = [
    ...[
      'model',
      'loop p50 ms',
      'run() p50 ms',
      'added µs',
      'share of the loop',
      'loop’s best rows/s',
      '64 callers rows/s',
    ],
    ...['share', 'unbatched rows/s', 'batching', 'event loop p99 ms'],
  ];
  const bars = names.flatMap((name) => [
    { label: `${models[name].title}, one by one`, value: of(name, 'run-b1').ratioThroughput },
    { label: `${models[name].title}, 64 callers`, value: of(name, 'queue-64').ratioThroughput },
  ]);
  const chart = barChart({
    title: 'Rows per second in process, as a share of the bare C++ loop',
    unit: 'more is better',
    bars: bars.map((bar) => ({ ...bar, own: true, note: short(bar.value) })),
    line: { value: 1, label: 'C++ loop' },
  });
  const losses = names.flatMap((name) => {
    const share = of(name, 'queue-64').ratioThroughput;
    const target = targets[name];
    const missed = target && share < target ? `, below our target of ${target}` : '';
    const added = of(name, 'run-b1').addedP50Us.median;
    const longer = added > 0 ? `; a single call takes ${short(added)} µs longer` : '';
    const loop = `The bare C++ loop, ${models[name].title}`;
    return share < 0.97 ? [`${loop}: ${short(share)}× its best rows/s with 64 callers${missed}${longer}`] : [];
  });
  const text = `${image('inprocess', 'share of the C++ loop')}

Against the same module in a C++ loop with nothing around it (\`native/bench/loop.cc\`). "Loop’s best" is the batch size with the most
rows/s; the 64 callers each ask for one row through a \`BatchQueue\`, and "unbatched" is the same without it.

${markdownTable([heading, ...rows])}`;
  return { title: 'In process', text, charts: { inprocess: chart }, losses };
}
