import { markdownTable, short } from '../../benchmarks/lib/table.mjs';
import { foreignLimit } from '../../benchmarks/lib/machine.mjs';
import { barChart } from './svg.mjs';
import { image, ranged } from './page.mjs';

const titles = {
  ours: 'node-libtorch',
  ours_warn: 'node-libtorch, log level warn',
  ours_2w: 'node-libtorch, 2 workers, warn',
  fastapi_torch: 'FastAPI + torch, def',
  fastapi_torch_async: 'FastAPI + torch, async def',
  fastapi_torch_async_2w: 'FastAPI + torch, async, 2 workers',
  litserve: 'LitServe',
  litserve_batch: 'LitServe, batches of 32',
  torchserve: 'TorchServe, batches of 32',
  ort_node: 'node:http + onnxruntime-node, bare',
  ort_node_2w: 'node:http + onnxruntime-node, 2 processes',
};
/** What is compared with what: as many processes, and no line logged for each request. */
const rival = (name) => (name.endsWith('_2w') ? 'ours_2w' : 'ours_warn');

export function peersPart({ systems, failures, seconds }) {
  const names = Object.keys(systems).sort(
    (a, b) => systems[b].c64.throughput.median - systems[a].c64.throughput.median,
  );
  const rows = names.map((name) => {
    const { c1, c64, idleMiB } = systems[name];
    const base = systems[rival(name)];
    const times = base && !name.startsWith('ours') ? base.c64.throughput.median / c64.throughput.median : undefined;
    return [
      titles[name] ?? name,
      ranged(c64.throughput, short),
      times === undefined ? '' : `${short(times)}×`,
      ...[c64.p50, c64.p99, c1.p50].map((each) => ranged(each, short)),
      ...[c64.cpuUsPerRequest, idleMiB].map((each) => short(each.median)),
      short(c64.foreignCores.max),
    ];
  });
  const heading = [
    'server',
    'requests/s',
    'ours is',
    'p50 ms',
    'p99 ms',
    'p50 at 1',
    'CPU µs',
    'MiB idle',
    'foreign cores',
  ];
  const bars = (key) =>
    names.map((name) => {
      const { median, min, max } = systems[name].c64[key];
      return {
        label: titles[name] ?? name,
        value: median,
        min,
        max,
        own: name.startsWith('ours'),
        note: short(median),
      };
    });
  const charts = {
    'peers-throughput': barChart({
      title: 'Digit model, 64 connections',
      unit: 'requests/s, more is better',
      bars: bars('throughput'),
    }),
    'peers-p99': barChart({
      title: 'Digit model, 64 connections',
      unit: 'p99 in ms, less is better',
      bars: bars('p99'),
    }),
  };
  const losses = names.flatMap((name) => {
    const base = systems[rival(name)];
    if (name.startsWith('ours') || !base) return [];
    const [own, other] = [base.c64.throughput.median, systems[name].c64.throughput.median];
    const [wait, otherWait] = [base.c1.p50.median, systems[name].c1.p50.median];
    const title = titles[name] ?? name;
    return [
      ...(own < other ? [`${title}: ${short(own / other)}× its requests/s at 64 connections`] : []),
      ...(wait > otherWait ? [`${title}: one client waits ${short(wait / otherWait)}× as long (p50)`] : []),
    ];
  });
  const noisy = names.filter((name) => systems[name].c64.foreignCores.max > foreignLimit);
  const notes = [
    ...Object.entries(failures).map(([name, why]) => `Not measured: ${titles[name] ?? name} (${why}).`),
    ...(noisy.length > 0
      ? [`Others used the machine while these were measured: ${noisy.map((name) => titles[name] ?? name).join('; ')}.`]
      : []),
  ];
  const repeats = Math.max(...names.map((name) => systems[name].repeats));
  const text = `${image('peers-throughput', 'requests per second')}

${image('peers-p99', 'p99 latency')}

The same network (784-256-128-10), one row of 784 numbers as JSON, ${repeats} interleaved repeats of ${seconds} s; 64 connections but for the
column "p50 at 1". "Ours is" compares the requests/s with as many processes of ours, at log level warn: no peer writes a line for each request.

${markdownTable([heading, ...rows])}${notes.map((note) => `\n\n${note}`).join('')}`;
  return { title: 'Other servers', text, charts, losses };
}
