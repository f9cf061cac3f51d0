/** THE TABLE of what the dashboard shows: rows of panels. Every query is asked of a running server in test/deploy. */
import { heat, lines, number, ofInstance, ofModel, states, table } from './panel.mjs';

const rate = (metric, labels) => `rate(node_libtorch_${metric}{${labels}}[$__rate_interval])`;
const by = (labels, expr) => `sum by (${labels}) (${expr})`;
const quantile = (q, metric, labels, per) =>
  `histogram_quantile(${q}, ${by(`le${per ? `, ${per}` : ''}`, rate(`${metric}_bucket`, labels))})`;
const mean = (metric, labels, per) =>
  `${by(per, rate(`${metric}_sum`, labels))} / (${by(per, rate(`${metric}_count`, labels))} > 0)`;
const work = `${ofInstance},method="POST"`;
const perVersion = 'model, version';
const version = '{{model}} {{version}}';
const red = [
  [null, 'green'],
  [1, 'red'],
];

export const rows = [
  [
    'Overview',
    [
      number('Servers', 'Servers that answer scrapes.', `sum(up{job="node-libtorch",${ofInstance}})`, {
        steps: [
          [null, 'red'],
          [1, 'green'],
        ],
      }),
      number('Requests', 'Requests a second.', `sum(${rate('http_request_duration_seconds_count', ofInstance)})`, {
        unit: 'reqps',
      }),
      number(
        'Errors',
        'Share of requests with a status of 5xx.',
        `sum(${rate('http_request_duration_seconds_count', `${ofInstance},status=~"5.."`)} or 0 * ${rate('http_request_duration_seconds_count', ofInstance)}) / sum(${rate('http_request_duration_seconds_count', ofInstance)})`,
        {
          unit: 'percentunit',
          decimals: 2,
          steps: [
            [null, 'green'],
            [0.001, 'orange'],
            [0.01, 'red'],
          ],
        },
      ),
      number('Latency, P99', 'Of POST requests.', quantile(0.99, 'http_request_duration_seconds', work), {
        unit: 's',
        steps: [
          [null, 'green'],
          [0.5, 'orange'],
          [1, 'red'],
        ],
      }),
      number('Versions ready', 'Versions of models that answer calls.', `sum(node_libtorch_model_ready{${ofModel}})`),
      number('Stuck', 'Versions whose every run does not end.', `sum(node_libtorch_model_stuck{${ofModel}})`, {
        steps: red,
      }),
      number(
        'Drifted',
        'Versions whose last window has drifted.',
        `sum(node_libtorch_drift_state{${ofModel}} == bool 2)`,
        {
          steps: [
            [null, 'green'],
            [1, 'orange'],
          ],
        },
      ),
      number(
        'Memory',
        'Resident memory of the memory that the server may use.',
        `max(process_resident_memory_bytes{job="node-libtorch",${ofInstance}} / on (job, instance) node_libtorch_memory_limit_bytes{${ofInstance}})`,
        {
          unit: 'percentunit',
          decimals: 1,
          steps: [
            [null, 'green'],
            [0.8, 'orange'],
            [0.9, 'red'],
          ],
        },
      ),
    ],
  ],
  [
    'Traffic',
    [
      lines(
        'Requests by route',
        'Answers a second.',
        [[by('route', rate('http_request_duration_seconds_count', ofInstance)), '{{route}}']],
        { unit: 'reqps', stacked: true },
      ),
      lines(
        'Requests by status',
        'Answers a second.',
        [[by('status', rate('http_request_duration_seconds_count', ofInstance)), '{{status}}']],
        { unit: 'reqps', stacked: true },
      ),
      lines(
        'Requests with an error',
        'By the code that the client was told: docs/errors.md.',
        [[by('code', rate('http_requests_rejected_total', ofInstance)), '{{code}}']],
        { unit: 'reqps', stacked: true },
      ),
      lines('Requests in flight', 'Begun and not yet answered.', [
        [`node_libtorch_http_requests_in_flight{${ofInstance}}`, '{{instance}}'],
      ]),
      lines(
        'Rows by version',
        'Rows a second whose run ended.',
        [[by(`${perVersion}, outcome`, rate('inference_rows_total', ofModel)), `${version} {{outcome}}`]],
        { unit: 'rowsps', stacked: true },
      ),
      lines(
        'Connections closed unserved',
        'Too many were open, or the system could accept none.',
        [
          [rate('http_connections_dropped_total', ofInstance), 'dropped, {{instance}}'],
          [rate('http_accept_errors_total', ofInstance), 'not accepted, {{instance}}'],
        ],
        { unit: 'cps' },
      ),
    ],
  ],
  [
    'Latency',
    [
      lines(
        'Requests',
        'From the headers of a POST request to the end of its answer.',
        [
          [quantile(0.5, 'http_request_duration_seconds', work), 'P50'],
          [quantile(0.95, 'http_request_duration_seconds', work), 'P95'],
          [quantile(0.99, 'http_request_duration_seconds', work), 'P99'],
        ],
        { unit: 's', width: 12, fill: 0 },
      ),
      lines(
        'Calls of models',
        'From a call to its answer, and the objective targetP95Ms where one is set.',
        [
          [quantile(0.5, 'inference_total_duration_seconds', ofModel, perVersion), `${version} P50`],
          [quantile(0.95, 'inference_total_duration_seconds', ofModel, perVersion), `${version} P95`],
          [quantile(0.99, 'inference_total_duration_seconds', ofModel, perVersion), `${version} P99`],
          [
            `max by (${perVersion}) (node_libtorch_batch_latency_objective_seconds{${ofModel}})`,
            `${version} objective`,
          ],
        ],
        { unit: 's', width: 12, fill: 0 },
      ),
      lines(
        'Where the time goes',
        'Means. Assembly and scatter are of batches, the rest of calls.',
        [
          [mean('inference_queue_duration_seconds', ofModel, perVersion), `${version} wait`],
          [mean('batch_assembly_duration_seconds', ofModel, perVersion), `${version} assembly`],
          [mean('inference_duration_seconds', ofModel, perVersion), `${version} run`],
          [mean('batch_scatter_duration_seconds', ofModel, perVersion), `${version} scatter`],
        ],
        { unit: 's', width: 12, stacked: true },
      ),
      heat(
        'Calls by their time',
        'Every call that ended well.',
        by('le', `increase(node_libtorch_inference_total_duration_seconds_bucket{${ofModel}}[$__rate_interval])`),
      ),
    ],
  ],
  [
    'Batching',
    [
      lines(
        'Rows of a batch',
        'Without padding.',
        [
          [mean('batch_rows', ofModel, perVersion), `${version} mean`],
          [quantile(0.95, 'batch_rows', ofModel, perVersion), `${version} P95`],
          [`avg by (${perVersion}) (node_libtorch_batch_queue_capacity_rows{${ofModel}})`, `${version} capacity`],
        ],
        { fill: 0 },
      ),
      lines('Calls that share a batch', 'Mean.', [[mean('batch_calls', ofModel, perVersion), version]]),
      lines(
        'Why batches were closed',
        'Batches a second.',
        [[by('reason', rate('batches_total', ofModel)), '{{reason}}']],
        { unit: 'ops', stacked: true },
      ),
      lines(
        'Padding',
        'Rows of padding, of all rows that ran in batches.',
        [
          [
            `${by(perVersion, rate('batch_padded_rows_total', ofModel))} / (${by(perVersion, rate('batch_padded_rows_total', ofModel))} + ${by(perVersion, rate('batch_rows_sum', ofModel))} > 0)`,
            version,
          ],
        ],
        { unit: 'percentunit' },
      ),
      lines(
        'Time of a batch, as fitted',
        'A batch of n rows takes base + n times row.',
        [
          [`avg by (${perVersion}) (node_libtorch_batch_fit_base_seconds{${ofModel}})`, `${version} base`],
          [`avg by (${perVersion}) (node_libtorch_batch_fit_row_seconds{${ofModel}})`, `${version} row`],
        ],
        { unit: 's', fill: 0 },
      ),
      lines(
        'Rows that were checked',
        'Rows of batches run again by themselves, a second.',
        [[by('outcome', rate('batch_row_checks_total', ofModel)), '{{outcome}}']],
        { unit: 'rowsps', stacked: true },
      ),
    ],
  ],
  [
    'Queue',
    [
      lines(
        'How full',
        'Rows that wait, of those that may.',
        [
          [
            `sum by (${perVersion}) (node_libtorch_batch_queue_rows{${ofModel}}) / sum by (${perVersion}) (node_libtorch_batch_queue_limit_rows{${ofModel}})`,
            version,
          ],
        ],
        { unit: 'percentunit', limit: 0.8 },
      ),
      lines('What waits', 'Calls and rows.', [
        [by(perVersion, `node_libtorch_batch_queue_calls{${ofModel}}`), `${version} calls`],
        [by(perVersion, `node_libtorch_batch_queue_rows{${ofModel}}`), `${version} rows`],
      ]),
      lines(
        'Bytes that wait',
        'Of the inputs.',
        [[by(perVersion, `node_libtorch_batch_queue_bytes{${ofModel}}`), version]],
        { unit: 'bytes' },
      ),
      lines(
        'Time in the queue',
        'Of calls that ended well.',
        [
          [quantile(0.5, 'inference_queue_duration_seconds', ofModel, perVersion), `${version} P50`],
          [quantile(0.99, 'inference_queue_duration_seconds', ofModel, perVersion), `${version} P99`],
        ],
        { unit: 's', width: 24, fill: 0 },
      ),
    ],
  ],
  [
    'Models',
    [
      table(
        'What serves',
        'Every version that is up.',
        `sum by (instance, model, version, engine, device, precision, digest) (node_libtorch_model_info{${ofModel}})`,
        {
          ...{ instance: 'Server', model: 'Model', version: 'Version', engine: 'Engine', device: 'Device' },
          ...{ precision: 'Precision', digest: 'Digest' },
        },
        { width: 16 },
      ),
      table(
        'Aliases',
        'What each alias means.',
        `max by (model, alias, version) (node_libtorch_model_alias_info{${ofModel}})`,
        {
          ...{ model: 'Model', alias: 'Alias', version: 'Version' },
        },
        { width: 8 },
      ),
      states(
        'Ready',
        'Whether calls of a version are answered.',
        [[`min by (${perVersion}) (node_libtorch_model_ready{${ofModel}})`, version]],
        { 0: ['not ready', 'red'], 1: ['ready', 'green'] },
      ),
      lines(
        'Calls by outcome',
        'Calls a second: ok, aborted or the code of the error.',
        [[by('outcome', rate('inference_calls_total', ofModel)), '{{outcome}}']],
        { unit: 'ops', stacked: true, width: 12 },
      ),
      lines(
        'Memory of parameters',
        'Over all workers of a server.',
        [[by(perVersion, `node_libtorch_model_parameters_bytes{${ofModel}}`), version]],
        { unit: 'bytes', stacked: true },
      ),
      lines(
        'Runs under way',
        'And how many there can be at one time.',
        [
          [by(perVersion, `node_libtorch_inference_runs_in_flight{${ofModel}}`), `${version} runs`],
          [by(perVersion, `node_libtorch_model_instances{${ofModel}}`), `${version} instances`],
        ],
        { fill: 0 },
      ),
      lines(
        'Age of the oldest run',
        'Nothing can stop a run: one that grows old has hung.',
        [[`max by (${perVersion}) (node_libtorch_inference_oldest_run_seconds{${ofModel}})`, version]],
        { unit: 's' },
      ),
      lines(
        'Time of the last load',
        'Checks and warm-up included.',
        [[`max by (${perVersion}) (node_libtorch_model_load_duration_seconds{${ofModel}})`, version]],
        { unit: 's' },
      ),
      lines(
        'Runs on the event loop',
        'Runs a second on its thread, and those of them that took too long.',
        [
          [by(perVersion, rate('inference_inline_runs_total', ofModel)), `${version} runs`],
          [by(perVersion, rate('inference_inline_slow_runs_total', ofModel)), `${version} slow`],
        ],
        { unit: 'ops' },
      ),
      lines('Loads', 'Since the start of the server; those that failed by the code of the reason.', [
        [by('model', `node_libtorch_model_loads_total{${ofInstance},model=~"$model"}`), '{{model}} loaded'],
        [
          by('model, code', `node_libtorch_model_load_failures_total{${ofInstance},model=~"$model"}`),
          '{{model}} {{code}}',
        ],
      ]),
    ],
  ],
  [
    'Drift',
    [
      states(
        'State',
        'Of the last closed window against the training data.',
        [[`max by (${perVersion}) (node_libtorch_drift_state{${ofModel}})`, version]],
        { '-1': ['too few', 'text'], 0: ['ok', 'green'], 1: ['possible', 'yellow'], 2: ['drift', 'red'] },
      ),
      lines(
        'Windows by level',
        'Closed since the start.',
        [[by('level', `node_libtorch_drift_windows_total{${ofModel}}`), '{{level}}']],
        { width: 12, stacked: true },
      ),
      lines(
        'Features that differ most',
        'Statistic over its threshold: above 1 a feature has drifted.',
        [
          [
            `topk(10, max by (${perVersion}, feature, test) (node_libtorch_drift_statistic{${ofModel}} / (node_libtorch_drift_threshold{${ofModel}} > 0)))`,
            `${version} {{feature}} ({{test}})`,
          ],
        ],
        { width: 12, limit: 1, fill: 0 },
      ),
      lines(
        'Least p-values',
        'Adjusted for the number of features.',
        [
          [
            `bottomk(10, min by (${perVersion}, feature, test) (node_libtorch_drift_p_value{${ofModel}}))`,
            `${version} {{feature}} ({{test}})`,
          ],
        ],
        { width: 12, max: 1, fill: 0 },
      ),
      lines(
        'Rows of a window',
        'Of the last that closed, and of the one that is open.',
        [
          [`max by (${perVersion}) (node_libtorch_drift_window_rows{${ofModel}})`, `${version} closed`],
          [`max by (${perVersion}) (node_libtorch_drift_open_window_rows{${ofModel}})`, `${version} open`],
        ],
        { width: 12 },
      ),
      lines(
        'Age of the last window',
        'Time since it closed.',
        [[`time() - max by (${perVersion}) (node_libtorch_drift_window_end_timestamp_seconds{${ofModel}})`, version]],
        { width: 12, unit: 's' },
      ),
    ],
  ],
  [
    'Performance',
    [
      lines(
        'Accuracy',
        'Estimated without labels, with its interval of 95 %; realised by labels; on the test data.',
        [
          [`max by (${perVersion}) (node_libtorch_estimated_accuracy_ratio{${ofModel}})`, `${version} estimated`],
          [`max by (${perVersion}) (node_libtorch_estimated_accuracy_lower_ratio{${ofModel}})`, `${version} at least`],
          [`max by (${perVersion}) (node_libtorch_estimated_accuracy_upper_ratio{${ofModel}})`, `${version} at most`],
          [`max by (${perVersion}) (node_libtorch_realised_accuracy_ratio{${ofModel}})`, `${version} realised`],
          [`max by (${perVersion}) (node_libtorch_model_test_accuracy_ratio{${ofModel}})`, `${version} on test data`],
        ],
        { width: 12, unit: 'percentunit', max: 1, fill: 0 },
      ),
      states(
        'Estimate',
        'Whether the accuracy can be estimated: 1 for what holds.',
        [
          [
            `max by (${perVersion}, status) (node_libtorch_estimated_accuracy_status{${ofModel}})`,
            `${version} {{status}}`,
          ],
        ],
        { 0: ['no', 'text'], 1: ['yes', 'blue'] },
      ),
      lines(
        'Calibration error',
        'Mean difference of confidence and accuracy, by labels.',
        [[`max by (${perVersion}) (node_libtorch_realised_calibration_error_ratio{${ofModel}})`, version]],
        { unit: 'percentunit' },
      ),
      lines(
        'Labels',
        'Labels that came back, a second, by what became of them.',
        [[by('outcome', rate('feedback_total', ofModel)), '{{outcome}}']],
        { unit: 'ops', stacked: true },
      ),
      lines('Rows with a label', 'Of those that the realised accuracy is made of.', [
        [`max by (${perVersion}) (node_libtorch_realised_accuracy_rows{${ofModel}})`, version],
      ]),
    ],
  ],
  [
    'Canary',
    [
      lines(
        'Share',
        'Of the requests of a model that its canary gets.',
        [[`max by (${perVersion}) (node_libtorch_canary_share_ratio{${ofModel}})`, version]],
        { unit: 'percentunit', max: 1 },
      ),
      lines(
        'Answers of canaries',
        'Calls a second, by their outcome.',
        [[by(`${perVersion}, outcome`, rate('canary_requests_total', ofModel)), `${version} {{outcome}}`]],
        { unit: 'ops', stacked: true },
      ),
      lines('Rolled back', 'Since the start of the server, by the reason.', [
        [
          by('model, reason', `node_libtorch_canary_rollbacks_total{${ofInstance},model=~"$model"}`),
          '{{model}} {{reason}}',
        ],
      ]),
    ],
  ],
  [
    'Process and workers',
    [
      lines('CPU', 'Cores in use.', [
        [`rate(process_cpu_seconds_total{job="node-libtorch",${ofInstance}}[$__rate_interval])`, '{{instance}}'],
      ]),
      lines(
        'Memory',
        'Of all processes of a server, and what they may use.',
        [
          [`process_resident_memory_bytes{job="node-libtorch",${ofInstance}}`, '{{instance}} resident'],
          [`nodejs_heap_size_used_bytes{job="node-libtorch",${ofInstance}}`, '{{instance}} heap'],
          [`nodejs_external_memory_bytes{job="node-libtorch",${ofInstance}}`, '{{instance}} external'],
          [`node_libtorch_memory_limit_bytes{${ofInstance}}`, '{{instance}} limit'],
        ],
        { unit: 'bytes', fill: 0 },
      ),
      lines(
        'Delay of the event loop',
        'Of the slowest worker.',
        [
          [`nodejs_eventloop_lag_p50_seconds{job="node-libtorch",${ofInstance}}`, '{{instance}} P50'],
          [`nodejs_eventloop_lag_p99_seconds{job="node-libtorch",${ofInstance}}`, '{{instance}} P99'],
        ],
        { unit: 's', limit: 0.1, fill: 0 },
      ),
      lines(
        'Garbage collection',
        'Share of the time.',
        [
          [
            `sum by (instance, kind) (rate(nodejs_gc_duration_seconds_sum{job="node-libtorch",${ofInstance}}[$__rate_interval]))`,
            '{{instance}} {{kind}}',
          ],
        ],
        { unit: 'percentunit', stacked: true },
      ),
      lines(
        'Workers',
        'Processes that answer requests, and those that replaced others since the start.',
        [
          [`node_libtorch_workers{${ofInstance}}`, '{{instance}} workers'],
          [`node_libtorch_worker_restarts_total{${ofInstance}}`, '{{instance}} replaced'],
        ],
        { fill: 0 },
      ),
      lines('Open files', 'Descriptors of all processes of a server.', [
        [`process_open_fds{job="node-libtorch",${ofInstance}}`, '{{instance}}'],
      ]),
      table(
        'Builds',
        'What each server is made of.',
        `max by (instance, version, node, libtorch, platform) (node_libtorch_build_info{${ofInstance}})`,
        {
          ...{
            instance: 'Server',
            version: 'node-libtorch',
            node: 'Node.js',
            libtorch: 'LibTorch',
            platform: 'Platform',
          },
        },
        { height: 5 },
      ),
    ],
  ],
];
