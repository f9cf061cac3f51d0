/** Records of every kind, for the tests of cards. */
import { parseRecord } from '#dist/registry/manifest.js';
import type { ModelRecord } from '#dist/registry/model-record.js';

const sha256 = 'ab'.repeat(32);

/** No more than a record of schema 2 has to have. */
export const minimal: ModelRecord = {
  schemaVersion: 2,
  name: 'tiny',
  version: 'v1.0',
  created: '2026-11-28T20:00:00Z',
  engine: 'onnx',
  signature: {
    inputs: [{ name: 'x', dtype: 'float32', shape: [null, 3] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: [null, 2] }],
  },
  task: { type: 'other' },
  artifact: { file: 'model.onnx', sha256, bytes: 123 },
};

const classes = [
  { label: 'cat', precision: 0.9 },
  { label: 'dog', precision: 0.8, recall: 0.7 },
];

/** Every member that there is. */
export const full: ModelRecord = {
  ...minimal,
  name: 'pictures',
  version: '2.1',
  signature: {
    inputs: [
      {
        name: 'image',
        dtype: 'float32',
        shape: [null, 3, 224, 224],
        range: [-3, 3],
        symbols: ['batch', null, null, null],
      },
    ],
    outputs: [{ name: 'logits', dtype: 'float32', shape: [null, 3] }],
  },
  task: {
    type: 'classification',
    activation: 'softmax',
    labels: ['cat', 'dog', 'red panda'],
    image: { size: 224, mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] },
  },
  artifact: {
    file: 'model.onnx',
    sha256,
    bytes: 4096,
    sidecars: [{ file: 'weights/model.onnx_data', sha256: 'cd'.repeat(32), bytes: 1_000_000 }],
  },
  sourceCommit: '0123456789abcdef0123456789abcdef01234567',
  source: {
    repository: 'hf:some-org/pictures',
    revision: '89abcdef0123456789abcdef0123456789abcdef',
    file: 'onnx/model.onnx',
  },
  framework: { torch: '2.15.0', python: '3.11.7', onnx: { opset: 17 } },
  metrics: {
    testAccuracy: 0.91,
    testLoss: 1e-7,
    testSamples: 1000,
    validationAccuracy: 0.93,
    f1: { macro: 0.88 },
    perClass: classes,
    confusion: [
      [3, 1],
      [0, 4],
    ],
  },
  training: {
    dataset: 'hf:datasets/some-org/pets',
    datasetSha256: sha256,
    seed: 7,
    split: { train: 800, test: 1000 },
    epochs: 3,
  },
  description: 'Tells three animals apart.\n\nIt was trained for this test.',
  intendedUse: 'Tests of cards.',
  limitations: 'It knows three animals alone.',
  license: 'Apache-2.0',
  admission: {
    date: '2026-11-28T20:00:00Z',
    nodeLibtorch: '0.1.0',
    runtime: 'ONNX Runtime 1.30.0',
    device: 'cpu',
    example: 'made-up',
    rows: { verdict: 'independent' },
    state: { stateful: false },
    deterministic: true,
    latency: [{ rows: 1, runs: 20, median: 1.25, p95: 1.5 }],
    memory: { peak: 200_000_000, load: 5_000_000 },
    warnings: ['The graph names no version of its producer.'],
  },
};

/** What a hostile or careless author writes. */
export const nasty = [
  '---',
  '---\nlicense: mit\n---\n# Mine',
  'key: "value"',
  "it's: [a, {b: c}] # no comment",
  '{{ 7 * 7 }} {% raw %} ${HOME}',
  '😀 𝒳 e\u0301 \u200d',
  'a\u0000b\u0007c\u001b[31mred\u007f\u0085d',
  'lone \ud800 half, \udc00 half, \ufffe \uffff',
  'line\r\nline\rline\u2028line\u2029line',
  '\u202egnp.exe \u2066x\u2069 \ufeff',
  '<script>alert(1)</script> <img src=x onerror=alert(1)> &lt; &#60;',
  '[click](javascript:alert(1)) ![i](https://example.com/a.png) https://example.com www.example.com',
  '# heading\n- item\n1. item\n> quote\n```\ncode\n```\n===\n***\n| a | b |\n|---|---|',
  '`code` ``more`` \\ \\\\ | * _ ~ ^ $x$',
  '    indented\n\tcode',
  '!!python/object/apply:os.system ["true"] &anchor *alias',
  'null',
  'true',
  'no',
  '1e3',
  '0x10',
  '2026-11-28',
  '~',
  '=',
  '<<',
  '@',
  '%',
  '-',
  '?',
  ':',
  ' ',
] as const;

const text = (value: string, most: number): string => (value.trim() === '' ? 'blank' : value).slice(0, most);

/** As near to a text as the path of a file may be. */
const pathOf = (value: string): string => `w/_${text(value, 80).replace(/[\\/:\p{Cc}\p{Cs}]/gu, '_')}`;

/** A record whose every free text is that one. */
export function recordOf(value: string): ModelRecord {
  const name = text(value, 200);
  return {
    ...full,
    signature: {
      inputs: [{ ...full.signature.inputs[0]!, name }],
      outputs: [{ ...full.signature.outputs[0]!, name }],
    },
    task: { type: 'classification', activation: 'none', labels: [name, name.slice(0, 190) + ' 2', 'c'] },
    artifact: { ...full.artifact, sidecars: [{ file: pathOf(value), sha256, bytes: 1 }] },
    source: { repository: name, url: name, file: name, revision: full.source!.revision! },
    framework: { [value]: value },
    metrics: {
      [value]: 0.5,
      dataset: value,
      perClass: [{ label: name, [value]: value }],
      testAccuracy: 0.5,
    },
    training: { dataset: name, [value]: value },
    description: text(value, 20_000),
    intendedUse: text(value, 20_000),
    limitations: text(value, 20_000),
    license: name,
    admission: {
      ...full.admission!,
      runtime: name,
      device: name,
      warnings: [name],
      rows: { verdict: name, reason: name },
    },
  };
}

export const nastyRecords: readonly ModelRecord[] = nasty.map(recordOf);

/** Holds a record to the schema, so that no test is about a record that there cannot be. */
export function checked(record: ModelRecord): ModelRecord {
  return parseRecord(JSON.stringify(record), 'a test', record);
}
