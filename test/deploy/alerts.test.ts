/** The alert rules, without Prometheus; what it makes of them is in test/clients. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { gauges } from '#dist/monitoring/gauges.js';
import { counted } from '#dist/monitoring/metrics-table.js';
import { namesIn, rulePaths } from '../support/monitoring/dashboard.js';
import { root } from '../support/paths.js';

const read = (path: string) => readFileSync(path, 'utf8');
const [alertsPath = '', recordingPath = ''] = rulePaths;

/** The members of a rule, as this file writes them: one a line. */
const member = (rule: string, name: string) => new RegExp(`^ +${name}: (.+)$`, 'm').exec(rule)?.[1];

describe('the alert rules', () => {
  const alerts = read(alertsPath)
    .split(/^ +- alert: /m)
    .slice(1)
    .map((text) => ({ name: /^\w+/.exec(text)?.[0] ?? '', text }));
  const recorded = [...read(recordingPath).matchAll(/- record: (\S+)/g)].map(([, name]) => name);

  it('are there for each kind of trouble', () => {
    expect(alerts.map(({ name }) => name.replace('NodeLibtorch', ''))).to.include.members([
      ...['InstanceDown', 'HighErrorRate', 'HighLatency', 'ModelLatencyObjective', 'QueueSaturated', 'ModelStuck'],
      ...['Drift', 'EstimatedAccuracyDrop', 'NotCalibrated', 'RealisedAccuracyDrop', 'CanaryRolledBack'],
      ...['WorkerRestarts', 'EventLoopDelay', 'ModelLoadFailed', 'HighMemory'],
    ]);
  });

  it('say how bad it is, what it is, and where to read on', () => {
    const page = read(`${root}docs/monitoring.md`);
    for (const { name, text } of alerts) {
      expect(['critical', 'warning', 'info'], name).to.include(member(text, 'severity'));
      expect(member(text, 'summary'), name).to.match(/^[A-Z]/);
      expect(member(text, 'description'), name).to.include('{{ $labels.instance }}');
      expect(member(text, 'runbook_url'), name).to.equal(`docs/monitoring.md#${name.toLowerCase()}`);
      expect(page, name).to.match(new RegExp(`^#+ ${name}$`, 'm'));
    }
  });

  it('ask for metrics that there are', () => {
    const known = new Set<string | undefined>([
      ...gauges.map(({ name }) => name),
      ...Object.values(counted).flatMap(({ name, type }) =>
        type === 'histogram' ? [`${name}_bucket`, `${name}_count`] : [name],
      ),
      ...recorded,
      ...['up', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds'],
    ]);
    const exprs = [...alerts.map(({ text }) => member(text, 'expr') ?? ''), ...read(recordingPath).split('- record:')];
    const names = new Set(exprs.flatMap((expr) => namesIn(expr.replace(/^ *\S+\n/, ''))));
    expect(names.size).to.be.above(25);
    for (const name of names) expect([...known], name).to.include(name);
  });

  it('have a test each, in which they fire', () => {
    const tests = read(`${root}deploy/prometheus/tests/alerts.yml`).split(/^ {2}- name: /m);
    for (const { name } of alerts) {
      const [test = ''] = tests.filter((each) => each.includes(`alertname: ${name}\n`));
      expect(test, name).to.match(/exp_alerts:\n +- exp_labels:/);
    }
  });
});
