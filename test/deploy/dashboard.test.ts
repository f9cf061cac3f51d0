/** The dashboard of Grafana, without Grafana: what its queries name is there, and what people look for. Its schema: test/clients. */
import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { gauges } from '#dist/monitoring/gauges.js';
import { counted } from '#dist/monitoring/metrics-table.js';
import { namesIn, queriesOf, readDashboard } from '../support/monitoring/dashboard.js';
import { root } from '../support/paths.js';

describe('the dashboard', () => {
  const dashboard = readDashboard();
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');
  const series = new Set([
    'up',
    ...gauges.map(({ name }) => name),
    ...Object.values(counted).flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  ]);

  it('is what its table makes', function () {
    this.timeout(60_000);
    const { status, stderr } = spawnSync(process.execPath, [`${root}scripts/dashboard/main.mjs`, '--check'], {
      encoding: 'utf8',
    });
    expect(status, stderr).to.equal(0);
  });

  it('asks for metrics that there are', () => {
    for (const { panel, expr } of queriesOf(dashboard)) {
      const names = namesIn(expr);
      expect(names, panel).to.not.be.empty;
      for (const name of names) {
        if (!/^(?:nodejs|process)_/.test(name)) expect([...series], panel).to.include(name);
      }
    }
  });

  it('shows every metric of ours but those that only alerts need', () => {
    const shown = new Set(queriesOf(dashboard).flatMap(({ expr }) => namesIn(expr)));
    const isShown = (name: string) => ['', '_bucket', '_sum', '_count'].some((suffix) => shown.has(name + suffix));
    const all = [...gauges, ...Object.values(counted)].map(({ name }) => name);
    expect(all.filter((name) => !isShown(name))).to.have.members([
      'node_libtorch_model_quarantined',
      'node_libtorch_model_artifact_bytes',
    ]);
  });

  it('has rows for all that is watched', () => {
    const titles = dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title);
    expect(titles).to.deep.equal([
      ...['Overview', 'Traffic', 'Latency', 'Batching', 'Queue', 'Models', 'Drift', 'Performance', 'Canary'],
      'Process and workers',
    ]);
  });

  it('has the choices that its queries use, and no others', () => {
    const used = new Set(
      JSON.stringify(dashboard.panels)
        .match(/\$\{?(?!__)\w+/g)
        ?.map((name) => name.replace(/\W/g, '')),
    );
    const declared = dashboard.templating.list.map(({ name }) => name);
    expect(declared).to.deep.equal(['datasource', 'instance', 'model', 'version']);
    expect([...used]).to.have.members(declared);
    for (const { title, datasource } of panels) {
      expect(datasource, title).to.deep.equal({ type: 'prometheus', uid: '${datasource}' });
    }
  });

  it('needs nothing that does not come with Grafana, and says of each panel what it is, in which unit', () => {
    for (const { type, title, description = '', fieldConfig, options } of panels) {
      expect(['timeseries', 'stat', 'table', 'state-timeline', 'heatmap'], title).to.include(type);
      expect(description, title).to.match(/^[A-Z].*\.$/);
      if (type === 'state-timeline') continue;
      expect(fieldConfig?.defaults.unit ?? options?.yAxis?.unit, title).to.match(/^\w+$/);
      if (type !== 'heatmap') expect(fieldConfig?.defaults.thresholds?.steps, title).to.not.be.empty;
    }
  });

  it('lays no panel over another', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).to.equal(dashboard.panels.length);
    const taken = new Map<string, string>();
    for (const { title, gridPos } of dashboard.panels) {
      const { x, y, w, h } = gridPos;
      expect(x + w, title).to.be.at.most(24);
      for (let column = x; column < x + w; column++) {
        for (let line = y; line < y + h; line++) {
          expect(taken.get(`${column} ${line}`), title).to.equal(undefined);
          taken.set(`${column} ${line}`, title);
        }
      }
    }
  });
});
