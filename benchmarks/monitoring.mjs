#!/usr/bin/env node
// What monitoring costs: CPU of the server a request, over HTTP, without and with it, in alternated rounds; and its memory.
//   node --expose-gc benchmarks/monitoring.mjs [--rounds 10] [--requests 2000]
// `off` neither watches nor remembers; `drift` watches; `all` is the default, which remembers answers for labels as well. Digits go
// as JSON to /predict. Images of 600 KB go as binary tensors to a model that costs next to nothing: what is looked at is all the more of
// it. Windows are the default ones, so that the first thousand rows are all looked at, as after a start. Prints the medians, and
// the ratios to `off` with their quartiles. The client is in this process, the servers in theirs.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { StatisticsBuilder } from '#dist/monitoring/drift/builder.js';
import { referenceOf } from '#dist/registry/reference.js';
import { CollectorWatch } from '#dist/server/monitoring/collector-watch.js';
import { HubWatch, systemWindowClock } from '#dist/server/monitoring/hub-watch.js';
import { CpuAllowance, RowSampler } from '#dist/server/monitoring/sampler.js';
import { meaningOf } from '#dist/tasks/kinds/index.js';
import { Tensor } from '#dist/tensor/tensor.js';
import { distDir, endWithSignals, root } from './lib/paths.mjs';
import { image, oipBinary } from './lib/protocols.mjs';
import { requestOf } from './lib/rows.mjs';
import { startOurs } from './lib/server.mjs';
import { costOfVariants } from './lib/variants.mjs';

endWithSignals();
const text = { type: 'string' };
const { values } = parseArgs({
  options: { rounds: { ...text, default: '10' }, requests: { ...text, default: '2000' } },
});
const rounds = Number(values.rounds);
const variants = {
  off: ['--monitoring', 'off', '--feedback-requests', '0'],
  drift: ['--feedback-requests', '0'],
  all: [],
};
const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-bench-'));

/** A registry with a model of images that has training statistics. */
function imageRegistry() {
  const [, ...row] = image.shape;
  const sides = {
    inputs: [{ name: 'x', dtype: 'float32', shape: [null, ...row] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: [null, ...row] }],
  };
  const builder = new StatisticsBuilder(sides, meaningOf(undefined), 100);
  for (let i = 0; i < 100; i++) {
    const tensor = new Tensor(
      'float32',
      image.data.map((value) => value * (0.9 + i / 1000)),
      image.shape,
    );
    builder.add([tensor], tensor, 1);
  }
  return builder.finish().then((statistics) => {
    const file = join(folder, 'statistics.json');
    writeFileSync(file, JSON.stringify(statistics));
    const folders = ['--registry', join(folder, 'registry'), '--models', join(folder, 'models')];
    const what = ['--input', `x:float32[?,${row}]`, '--output', `y:float32[?,${row}]`, '--statistics', file];
    const add = ['registry', 'add', join(root, 'test/fixtures/torchscript/second_method.pt'), '--name', 'image'];
    const main = join(distDir, 'cli/main.js');
    execFileSync(process.execPath, [main, ...add, '--model-version', 'v1.0', ...what, ...folders], { stdio: 'pipe' });
    return folders;
  });
}

/** @param model flags of `serve` */
const measure = (title, model, request, path, requests) =>
  costOfVariants({
    ...{ title, base: 'off', path, request, rounds, requests },
    starts: Object.fromEntries(
      Object.entries(variants).map(([name, flags]) => [name, () => startOurs([...model, ...flags])]),
    ),
  });

/** Of a watched version with as many windows as are kept, in this process. */
async function memory() {
  const json = readFileSync(join(root, 'model-registry/mnist-mlp/v1.0/metadata.json'), 'utf8');
  const limits = {
    driftWindowRows: 500,
    driftWindowSeconds: 60,
    driftWindowMaxSeconds: 3600,
    driftPreset: 'exact',
    driftLevel: 0.001,
  };
  const made = [];
  const add = async (windows) => {
    const key = { model: 'mnist-mlp', version: `v${made.length}`, identity: '' };
    const reference = referenceOf(JSON.parse(json));
    const watch = new CollectorWatch(key, reference, new RowSampler(500, 60, new CpuAllowance()));
    const hub = new HubWatch(key, reference, limits, systemWindowClock);
    made.push([watch, hub]);
    for (let window = 0; window < windows; window++) {
      const args = [new Tensor('float32', Float32Array.from({ length: 784 * 100 }, Math.random), [100, 784])];
      watch.look({
        args,
        value: new Tensor('float32', Float32Array.from({ length: 1000 }, Math.random), [100, 10]),
        rows: 100,
      });
      const part = watch.take();
      if (part) hub.observe(part);
      await hub.close();
    }
  };
  const used = () => {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  await add(2);
  const before = used();
  for (let i = 0; i < 4; i++) await add(48);
  console.log(`memory of a watched version with 48 windows: ${((used() - before) / 4 / 1024).toFixed(0)} KB`);
}

try {
  await memory();
  await measure('digits', ['mnist-mlp'], requestOf('json', 784), '/predict', Number(values.requests));
  const registry = await imageRegistry();
  await measure(
    '600 KB',
    ['image', ...registry],
    oipBinary('x', image.shape, image.data),
    '/v2/models/image/infer',
    Math.ceil(Number(values.requests) / 10),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
