import { models } from '../../benchmarks/lib/models.mjs';
import { markdownTable, short } from '../../benchmarks/lib/table.mjs';
import { barChart } from './svg.mjs';
import { image } from './page.mjs';

export function overloadPart({ found, seconds }) {
  const lines = found.flatMap(({ model, flags, capacity, runs }) => {
    const peak = Math.max(capacity, ...runs.map(({ goodput }) => goodput));
    const settings = flags.length === 0 ? 'defaults' : flags.join(' ');
    return runs.map((run) => ({ model, settings, peak, ...run }));
  });
  const rows = lines.map((run) => [
    `${models[run.model].title}, ${run.load}×`,
    `\`${run.settings}\``,
    ...[run.rate, run.goodput].map(short),
    `${short((run.goodput / run.peak) * 100)} %`,
    ...[run.p99, run.refusalMs?.p99, run.refusalFromDueMs?.p99, run.maxQueueRows, run.loopDelayP99Ms].map(short),
    `${short(Math.min(...run.rssMiBOverTime))}–${short(Math.max(...run.rssMiBOverTime))}`,
    Object.entries(run.statuses)
      .map(([status, count]) => `${status}: ${count}`)
      .join(', '),
    short(run.foreignCores),
  ]);
  const heading = [
    ...[
      'load',
      'settings',
      'asked/s',
      'answered/s',
      'of the peak',
      'p99 ms',
      'refusal p99 ms',
      'from due',
      'queue',
      'event loop p99 ms',
      'MiB',
    ],
    ...['statuses', 'foreign cores'],
  ];
  const chart = barChart({
    title: 'Requests answered in time, under overload',
    unit: '% of the peak',
    bars: lines.map((run) => ({
      label: `${run.model}, ${run.load}×${run.settings === 'defaults' ? ', defaults' : ''}`,
      value: (run.goodput / run.peak) * 100,
      own: true,
      note: `${short((run.goodput / run.peak) * 100)} %`,
    })),
    line: { value: 90, label: 'target at 10×' },
  });
  const losses = lines
    .filter((run) => run.load > 1 && (run.goodput < 0.9 * run.peak || run.refusalMs?.p99 > 50))
    .map(
      (run) =>
        `Overload of ${run.model} at ${run.load}× (${run.settings}): ${short((run.goodput / run.peak) * 100)} % of the peak` +
        (run.refusalMs ? `, refusals in ${short(run.refusalMs.p99)} ms (p99)` : ', and nothing was refused'),
    );
  const text = `${image('overload', 'goodput under overload')}

Requests arrive at a constant rate for ${seconds} s, as multiples of what the server answered in a closed loop. A refusal is
timed from its sending and, with the client's own queueing, from when it was due.

${markdownTable([heading, ...rows])}`;
  return { title: 'Overload', text, charts: { overload: chart }, losses };
}
