import { readFileSync } from 'node:fs';
import { root } from '../paths.js';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string; readonly thresholds?: { readonly steps: readonly unknown[] } };
  };
  readonly options?: { readonly yAxis?: { readonly unit: string } };
}

export interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly query: unknown }[];
  };
}

export const dashboardPath = `${root}deploy/grafana/dashboards/node-libtorch.json`;
export const rulePaths = ['alerts', 'recording'].map((name) => `${root}deploy/prometheus/rules/${name}.yml`);

export const readDashboard = (): Dashboard => JSON.parse(readFileSync(dashboardPath, 'utf8')) as Dashboard;

/** Every query of every panel, with where it is. */
export function queriesOf({
  panels,
}: Dashboard): { readonly row: string; readonly panel: string; readonly expr: string }[] {
  let row = '';
  return panels.flatMap(({ type, title, targets = [] }) => {
    if (type === 'row') row = title;
    return targets.map(({ expr }) => ({ row, panel: title, expr }));
  });
}

/** Names of metrics and of recorded series in an expression. */
export function namesIn(expr: string): string[] {
  const names = expr
    .replace(/"[^"]*"/g, '')
    .replace(/\{[^}]*\}/g, '')
    .match(/\b(?:(?:instance|model):\w+:\w+|node_libtorch:\w+|(?:node_libtorch|nodejs|process)_\w+|up)\b/g);
  return [...new Set(names ?? [])];
}
