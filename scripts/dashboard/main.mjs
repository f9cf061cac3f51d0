#!/usr/bin/env node
// Writes deploy/grafana/dashboards/node-libtorch.json from the table in rows.mjs. With --check it says whether the file is another.

import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL, URL } from 'node:url';
import { format } from 'prettier';
import { choice, laidOut } from './panel.mjs';
import { rows } from './rows.mjs';

export const path = new URL('../../deploy/grafana/dashboards/node-libtorch.json', import.meta.url);

export const dashboard = {
  id: null,
  uid: 'node-libtorch',
  title: 'node-libtorch',
  description: 'Traffic, latency, batches, models, drift, accuracy and canaries of servers of node-libtorch.',
  tags: ['node-libtorch', 'inference'],
  schemaVersion: 39,
  version: 1,
  editable: true,
  graphTooltip: 1,
  fiscalYearStartMonth: 0,
  liveNow: false,
  refresh: '10s',
  time: { from: 'now-30m', to: 'now' },
  timepicker: {},
  timezone: 'browser',
  weekStart: '',
  annotations: {
    list: [
      {
        builtIn: 1,
        datasource: { type: 'grafana', uid: '-- Grafana --' },
        enable: true,
        hide: true,
        iconColor: 'rgba(0, 211, 255, 1)',
        name: 'Annotations & Alerts',
        type: 'dashboard',
      },
    ],
  },
  links: [],
  templating: {
    list: [
      {
        type: 'datasource',
        name: 'datasource',
        label: 'Data source',
        query: 'prometheus',
        current: { selected: true, text: 'Prometheus', value: 'default' },
        options: [],
        regex: '',
        refresh: 1,
        multi: false,
        includeAll: false,
        hide: 0,
        skipUrlSync: false,
      },
      choice('instance', 'Server', 'label_values(node_libtorch_build_info, instance)'),
      choice('model', 'Model', 'label_values(node_libtorch_model_info{instance=~"$instance"}, model)'),
      choice(
        'version',
        'Version',
        'label_values(node_libtorch_model_info{instance=~"$instance",model=~"$model"}, version)',
      ),
    ],
  },
  panels: laidOut(rows),
};

/** The file as it is to be. */
export const text = () => format(JSON.stringify(dashboard), { parser: 'json', printWidth: 120 });

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const wanted = await text();
  if (!process.argv.includes('--check')) writeFileSync(path, wanted);
  else if (readFileSync(path, 'utf8') !== wanted) {
    console.error('deploy/grafana/dashboards/node-libtorch.json is another: node scripts/dashboard/main.mjs writes it');
    process.exitCode = 1;
  }
}
