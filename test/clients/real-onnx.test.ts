/** Models of other people, as they lie on the package index: added, carded and served, with two commands each. */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { cli, json } from '../support/cli-run.js';
import { root } from '../support/paths.js';
import { LoggingProcess, main } from '../support/server/serve-process.js';

const run = promisify(execFile);

interface Subject {
  readonly name: string;
  readonly flags: readonly string[];
  /** Of a request. */
  readonly inputs: readonly { readonly name: string; readonly datatype: string; readonly shape: readonly number[] }[];
  /** Of each output, in the answer to it. */
  readonly outputs: readonly (readonly number[])[];
  readonly rows: 'independent' | 'unknown';
}

const subjects: readonly Subject[] = [
  {
    name: 'basic-pitch',
    flags: ['--license', 'Apache-2.0'],
    inputs: [{ name: 'serving_default_input_2:0', datatype: 'FP32', shape: [1, 43844, 1] }],
    outputs: [
      [1, 172, 88],
      [1, 172, 88],
      [1, 172, 264],
    ],
    rows: 'independent',
  },
  {
    name: 'ocr-detection',
    flags: [],
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3, 64, 96] }],
    outputs: [[1, 1, 64, 96]],
    rows: 'independent',
  },
  {
    name: 'ocr-direction',
    flags: ['--task', 'classification', '--labels', 'labels.txt'],
    inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 3, 48, 192] }],
    outputs: [[2, 2]],
    rows: 'independent',
  },
  {
    name: 'silero-vad',
    flags: ['--example', 'example.json'],
    inputs: [
      { name: 'input', datatype: 'FP32', shape: [1, 576] },
      { name: 'state', datatype: 'FP32', shape: [2, 1, 128] },
      { name: 'sr', datatype: 'INT64', shape: [] },
    ],
    outputs: [
      [1, 1],
      [2, 1, 128],
    ],
    rows: 'unknown',
  },
];

const fetched = async (script: string, ...args: string[]): Promise<string> =>
  (await run(process.execPath, [`${root}scripts/${script}`, ...args])).stdout.trim();

describe('ONNX models of other people', function () {
  this.timeout(240_000);
  let folder = '';
  let paths: Record<string, string> = {};
  before(async () => {
    paths = JSON.parse(await fetched('fetch-models.mjs', 'real-onnx')) as Record<string, string>;
    paths['silero-vad.onnx'] = await fetched('fetch-silero.mjs', 'onnx');
    folder = mkdtempSync(join(tmpdir(), 'real-onnx-'));
    for (const name of ['registry', 'models']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'labels.txt'), 'upright\nupside down\n');
    const zeros = (count: number): number[] => new Array<number>(count).fill(0);
    const args = {
      input: [zeros(576)],
      state: { dtype: 'float32', shape: [2, 1, 128], data: zeros(256) },
      sr: { dtype: 'int64', shape: [], data: [16000] },
    };
    writeFileSync(join(folder, 'example.json'), JSON.stringify({ args }));
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  for (const { name, flags, inputs, outputs, rows } of subjects) {
    it(name, async () => {
      const places = ['--registry', 'registry', '--models', 'models'];
      const options = { cwd: folder };
      const added = await cli(
        ['registry', 'add', paths[`${name}.onnx`]!, '--name', name, '--model-version', 'v1.0', ...places, ...flags],
        options,
      );
      expect(added.status, added.stderr).to.equal(0);
      interface Record_ {
        readonly admission: { readonly rows: { readonly verdict: string }; readonly example: string };
        readonly framework: { readonly producer?: string };
      }
      const record = JSON.parse(readFileSync(join(folder, 'registry', name, 'v1.0/metadata.json'), 'utf8')) as Record_;
      expect(record.admission.example).to.equal(flags.includes('--example') ? 'given' : 'made-up');
      expect(record.admission.rows.verdict).to.equal(rows);
      const card = await cli(['registry', 'card', name, ...places], options);
      expect(card.status, card.stderr).to.equal(0);
      expect(card.stdout)
        .to.include(`# ${name} v1.0`)
        .and.to.match(/Not stated|not stated/);

      const child = spawn(process.execPath, [main, 'serve', name, ...places, '--port', '0'], {
        ...{ cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] as const },
        env: { ...process.env, NODE_LIBTORCH_PRE_STOP_DELAY_MS: '0' },
      });
      const server = new LoggingProcess(child);
      try {
        const url = await server.url();
        await server.seen('ready');
        const size = (shape: readonly number[]): number => shape.reduce((all, one) => all * one, 1);
        const body = {
          inputs: inputs.map(({ shape, datatype, ...input }) => ({
            ...{ ...input, shape, datatype },
            data: new Array<number>(size(shape)).fill(datatype === 'INT64' ? 16000 : 0.25),
          })),
        };
        const answer = await fetch(`${url}/v2/models/${name}/infer`, {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        });
        const told = (await answer.json()) as { outputs?: { shape: number[]; data: number[] }[] };
        expect(answer.status, JSON.stringify(told).slice(0, 500)).to.equal(200);
        expect(told.outputs?.map(({ shape }) => shape)).to.deep.equal(outputs);
        expect(told.outputs?.every(({ data }) => data.every(Number.isFinite))).to.equal(true);
      } finally {
        child.kill('SIGTERM');
        await server.ended;
      }
      const shown = await json<{ name: string }>(['registry', 'show', name, ...places], options);
      expect(shown.name).to.equal(name);
    });
  }
});
