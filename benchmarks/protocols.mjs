#!/usr/bin/env node
// node benchmarks/protocols.mjs [--rounds N] [--seconds S]: what a protocol costs. The same numbers over /predict (JSON), the Open
// Inference Protocol (JSON, binary) and bare node:http; rounds alternate, and ratios are taken within a round.
//   digit   784 floats, 64 connections: binary against /predict
//   image   600 KB, 1 and 4 connections: binary against `run()` behind bare node:http, over a cheap model and over ResNet-18

import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { closedLoop } from './lib/closed-loop.mjs';
import { model } from './lib/models.mjs';
import { root, say } from './lib/paths.mjs';
import { digit, image, octets, oipBinary, oipJson } from './lib/protocols.mjs';
import { requestOf } from './lib/rows.mjs';
import { freePort, startOurs, startProcess } from './lib/server.mjs';
import { median, rounded } from './lib/stats.mjs';
import { textTable } from './lib/table.mjs';

const text = { type: 'string' };
const { values } = parseArgs({ options: { rounds: { ...text, default: '5' }, seconds: { ...text, default: '3' } } });
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];

const raw = async (file, shape) => {
  const port = await freePort();
  const script = fileURLToPath(new URL('lib/raw-model.mjs', import.meta.url));
  const args = [script, String(port), file, JSON.stringify(shape)];
  const env = { OMP_NUM_THREADS: '1', NODE_ENV: 'production' };
  return startProcess({ command: process.execPath, args, env, port, url: `http://127.0.0.1:${port}/` });
};

/** Rounds of these variants in turn. @returns the medians, and each as a ratio to the first within its round */
async function compareVariants(title, connections, variants) {
  const found = variants.map(() => []);
  for (let round = 0; round < rounds; round++) {
    say(`${title}, round ${round + 1}`);
    for (const [i, { label, url, request, pid }] of variants.entries()) {
      found[i].push(await closedLoop({ label, url, request, pid, connections, seconds, warmup: 2 }));
    }
  }
  const of = (measured, name) => rounded(median(measured.map((each) => each[name])));
  const ratio = (measured, name) => rounded(median(measured.map((each, round) => each[name] / found[0][round][name])));
  return variants.map(({ label }, i) => [
    `${title} ${label}`,
    String(of(found[i], 'throughput')),
    `${ratio(found[i], 'throughput')}`,
    String(of(found[i], 'p50')),
    `${ratio(found[i], 'p50')}`,
    String(of(found[i], 'cpuUsPerRequest')),
    `${ratio(found[i], 'cpuUsPerRequest')}`,
  ]);
}

const rows = [];
{
  const ours = await startOurs();
  const at = (path) => `http://127.0.0.1:${ours.port}${path}`;
  const { name, shape, data } = digit;
  const infer = at('/v2/models/mnist-mlp/infer');
  try {
    rows.push(
      ...(await compareVariants('digit, c64:', 64, [
        { label: '/predict JSON', url: at('/predict'), request: requestOf('json', 784), pid: ours.pid },
        { label: 'OIP JSON', url: infer, request: oipJson(name, shape, data), pid: ours.pid },
        { label: 'OIP binary', url: infer, request: oipBinary(name, shape, data), pid: ours.pid },
        { label: '/predict octets', url: at('/predict'), request: requestOf('binary', 784), pid: ours.pid },
      ])),
    );
  } finally {
    await ours.stop();
  }
}
for (const [title, file] of [
  ['cheap', `${root}/test/fixtures/torchscript/second_method.pt`],
  ['ResNet-18', model('resnet18').path],
]) {
  const { shape, data } = image;
  const ours = await startOurs([file, '--name', 'image', '--no-warmup', '--batching', 'off']);
  const bare = await raw(file, shape);
  const infer = `http://127.0.0.1:${ours.port}/v2/models/image/infer`;
  try {
    for (const connections of [1, 4]) {
      rows.push(
        ...(await compareVariants(`600 KB, ${title}, c${connections}:`, connections, [
          { label: 'run() + node:http', url: `http://127.0.0.1:${bare.port}/`, request: octets(data), pid: bare.pid },
          { label: 'OIP binary', url: infer, request: oipBinary('INPUT__0', shape, data), pid: ours.pid },
        ])),
      );
    }
  } finally {
    await ours.stop();
    await bare.stop();
  }
}
console.log(textTable([['', 'requests/s', 'ratio', 'p50 ms', 'ratio', 'CPU µs', 'ratio'], ...rows]));
