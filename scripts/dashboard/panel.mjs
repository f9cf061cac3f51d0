/** Parts of a Grafana dashboard: classic JSON, only what comes with Grafana. */

const datasource = { type: 'prometheus', uid: '${datasource}' };
/** Of a version: what the variables at the top choose. */
export const ofModel = 'instance=~"$instance",model=~"$model",version=~"$version"';
export const ofInstance = 'instance=~"$instance"';

const refIds = 'ABCDEFGHIJ';

/** @param {[expr: string, legend: string, more?: object][]} queries */
function targets(queries, shared = {}) {
  return queries.map(([expr, legendFormat, more], i) => ({
    datasource,
    refId: refIds[i],
    expr,
    legendFormat,
    editorMode: 'code',
    range: true,
    ...shared,
    ...more,
  }));
}

/** @param {[value: number | null, color: string][]} steps the first is of everything below */
const thresholds = (steps) => ({ mode: 'absolute', steps: steps.map(([value, color]) => ({ value, color })) });

const calm = [[null, 'green']];

/** Lines over time. `queries` are [expression, legend]. */
export function lines(title, description, queries, options = {}) {
  const { unit = 'short', width = 8, stacked = false, min = 0, max, limit, overrides = [], fill = 10 } = options;
  return {
    type: 'timeseries',
    title,
    description,
    datasource,
    width,
    height: 8,
    targets: targets(queries),
    fieldConfig: {
      defaults: {
        unit,
        min,
        ...(max !== undefined && { max }),
        color: { mode: 'palette-classic' },
        custom: {
          drawStyle: 'line',
          lineInterpolation: 'linear',
          lineWidth: 1,
          fillOpacity: stacked ? 40 : fill,
          gradientMode: 'none',
          pointSize: 5,
          showPoints: 'never',
          spanNulls: false,
          stacking: { mode: stacked ? 'normal' : 'none', group: 'A' },
          axisPlacement: 'auto',
          thresholdsStyle: { mode: limit === undefined ? 'off' : 'dashed' },
        },
        thresholds: thresholds(limit === undefined ? calm : [...calm, [limit, 'red']]),
        mappings: [],
      },
      overrides,
    },
    options: {
      legend: { displayMode: 'table', placement: 'bottom', showLegend: true, calcs: ['mean', 'max', 'lastNotNull'] },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  };
}

/** One number, with a small line behind it. */
export function number(title, description, expr, options = {}) {
  const { unit = 'short', steps = calm, decimals, mappings = [], width = 3, graph = true } = options;
  return {
    type: 'stat',
    title,
    description,
    datasource,
    width,
    height: 4,
    targets: targets([[expr, '']]),
    fieldConfig: {
      defaults: {
        unit,
        ...(decimals !== undefined && { decimals }),
        color: { mode: 'thresholds' },
        thresholds: thresholds(steps),
        mappings,
      },
      overrides: [],
    },
    options: {
      reduceOptions: { values: false, calcs: ['lastNotNull'], fields: '' },
      orientation: 'auto',
      textMode: 'value',
      wideLayout: true,
      colorMode: 'value',
      graphMode: graph ? 'area' : 'none',
      justifyMode: 'auto',
      showPercentChange: false,
      percentChangeColorMode: 'standard',
    },
  };
}

/** States over time, a line each. @param {Record<string, [text: string, color: string]>} states by their number */
export function states(title, description, queries, states, options = {}) {
  const { width = 12 } = options;
  const result = ([text, color], index) => ({ text, color, index });
  return {
    type: 'state-timeline',
    title,
    description,
    datasource,
    width,
    height: 8,
    targets: targets(queries),
    fieldConfig: {
      defaults: {
        color: { mode: 'thresholds' },
        custom: { fillOpacity: 80, lineWidth: 0 },
        thresholds: thresholds([[null, 'text']]),
        mappings: [
          {
            type: 'value',
            options: Object.fromEntries(Object.entries(states).map(([key, state], i) => [key, result(state, i)])),
          },
        ],
      },
      overrides: [],
    },
    options: {
      mergeValues: true,
      showValue: 'auto',
      alignValue: 'left',
      rowHeight: 0.8,
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
      tooltip: { mode: 'single', sort: 'none' },
    },
  };
}

/** Labels and values as a table. @param {Record<string, string>} names columns, by the names of labels; others are left out */
export function table(title, description, expr, names, options = {}) {
  const { width = 24, height = 6, unit = 'short' } = options;
  const order = Object.fromEntries(Object.keys(names).map((name, i) => [name, i]));
  return {
    type: 'table',
    title,
    description,
    datasource,
    width,
    height,
    targets: targets([[expr, '']], { format: 'table', instant: true, range: false }),
    transformations: [
      { id: 'filterFieldsByName', options: { include: { names: Object.keys(names) } } },
      { id: 'organize', options: { excludeByName: {}, indexByName: order, renameByName: names } },
    ],
    fieldConfig: {
      defaults: {
        unit,
        color: { mode: 'thresholds' },
        custom: { align: 'auto', cellOptions: { type: 'auto' }, inspect: false },
        thresholds: thresholds(calm),
        mappings: [],
      },
      overrides: [],
    },
    options: {
      frameIndex: 0,
      showHeader: true,
      cellHeight: 'sm',
      footer: { show: false, reducer: ['sum'], countRows: false, fields: '' },
    },
  };
}

/** How often each duration came, over time. */
export function heat(title, description, expr, options = {}) {
  const { unit = 's', width = 12 } = options;
  return {
    type: 'heatmap',
    title,
    description,
    datasource,
    width,
    height: 8,
    targets: targets([[expr, '{{le}}', { format: 'heatmap' }]]),
    fieldConfig: { defaults: { custom: { scaleDistribution: { type: 'linear' } } }, overrides: [] },
    options: {
      calculate: false,
      cellGap: 1,
      color: { mode: 'scheme', scheme: 'Oranges', exponent: 0.5, fill: 'dark-orange', steps: 64, reverse: false },
      exemplars: { color: 'rgba(255,0,255,0.7)' },
      filterValues: { le: 1e-9 },
      legend: { show: true },
      rowsFrame: { layout: 'auto' },
      showValue: 'never',
      tooltip: { mode: 'single', showColorScale: false, yHistogram: false },
      yAxis: { axisPlacement: 'left', reverse: false, unit },
    },
  };
}

/** Puts rows of panels below each other, and panels beside each other while they fit. @param {[title: string, panels: object[]][]} rows */
export function laidOut(rows) {
  const all = [];
  let y = 0;
  for (const [title, panels] of rows) {
    all.push({ type: 'row', title, collapsed: false, panels: [], gridPos: { x: 0, y, w: 24, h: 1 } });
    y++;
    let x = 0;
    let tallest = 0;
    for (const { width, height, ...panel } of panels) {
      if (x + width > 24) {
        y += tallest;
        [x, tallest] = [0, 0];
      }
      all.push({ ...panel, gridPos: { x, y, w: width, h: height } });
      x += width;
      tallest = Math.max(tallest, height);
    }
    y += tallest;
  }
  return all.map((panel, i) => ({ id: i + 1, ...panel }));
}

/** A choice at the top. @param {string} query */
export function choice(name, label, query) {
  return {
    type: 'query',
    name,
    label,
    datasource,
    query: { query, refId: `${name}-choice`, qryType: 1 },
    definition: query,
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { selected: true, text: ['All'], value: ['$__all'] },
    options: [],
    regex: '',
    hide: 0,
    skipUrlSync: false,
  };
}
