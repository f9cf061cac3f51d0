#!/usr/bin/env node
// node benchmarks/protocols.mjs [--rounds N] [--seconds S] [--only digit,image] [--save]: what a protocol and an engine cost. Rounds
// alternate, and ratios are taken within a round.
//   digit   784 floats, 64 connections and one: /predict JSON, the Open Inference Protocol as JSON, as binary and over gRPC; with the
//           digit network as TorchScript, as an exported program and as ONNX, in one server
//   image   600 KB, 1 and 4 connections: binary against `run()` behind bare node:http, over a cheap model and over ResNet-18
//   --save  writes benchmarks/results/protocols.json, which docs/benchmarks.md is made from; with --only, that part of it

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { engines, nameOf, serveEngines } from './lib/engines.mjs';
import { grpcLoad, inferFrame } from './lib/grpc-load.mjs';
import { costs, httpLoad } from './lib/load.mjs';
import { cpuNs, warnOfForeign, watchCpu } from './lib/machine.mjs';
import { model } from './lib/models.mjs';
import { endWithSignals, readJson, resultsDir, root, say, writeJson } from './lib/paths.mjs';
import { digit, image, octets, oipBinary, oipJson } from './lib/protocols.mjs';
import { provenance } from './lib/results.mjs';
import { requestOf } from './lib/rows.mjs';
import { freePort, startOurs, startProcess } from './lib/server.mjs';
import { median, rounded } from './lib/stats.mjs';
import { short, textTable } from './lib/table.mjs';

endWithSignals();
const text = { type: 'string' };
const { values } = parseArgs({
  options: {
    rounds: { ...text, default: '5' },
    seconds: { ...text, default: '1' },
    only: { ...text, default: 'digit,image' },
    save: { type: 'boolean', default: false },
  },
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];

/** THE TABLE of protocols: a load of one row for this model, by so many connections. */
const protocols = {
  predict: { title: '/predict, JSON', load: overHttp((name) => [`/predict?model=${name}`, requestOf('json', 784)]) },
  oipJson: {
    title: 'OIP, JSON',
    load: overHttp((name) => [inferOf(name), oipJson(digit.name, digit.shape, digit.data)]),
  },
  oipBinary: {
    title: 'OIP, binary',
    load: overHttp((name) => [inferOf(name), oipBinary(digit.name, digit.shape, digit.data)]),
  },
  grpc: {
    title: 'OIP, gRPC',
    load: async ({ grpcPort }, name, connections) =>
      grpcLoad({ port: grpcPort, connections, frame: await inferFrame(name, digit.name, digit.shape, digit.data) }),
  },
};

function inferOf(name) {
  return `/v2/models/${name}/infer`;
}

function overHttp(requestFor) {
  return ({ port }, name, connections) => {
    const [path, request] = requestFor(name);
    return httpLoad({ url: `http://127.0.0.1:${port}${path}`, request, connections });
  };
}

/**
 * Rounds of these variants in turn.
 * @param variants each `{ pid, load }` and what is told of it
 * @returns the same with medians, and as ratios to the first within each round
 */
async function inTurns(title, variants) {
  const found = variants.map(() => []);
  for (const { load } of variants) await load.drive(1);
  for (let round = 0; round < rounds; round++) {
    say(`${title}, round ${round + 1}`);
    for (const [i, { pid, load }] of variants.entries()) {
      const stop = watchCpu([pid]);
      const before = cpuNs(pid);
      const driven = await load.drive(seconds);
      found[i].push(costs(driven, cpuNs(pid) - before));
      const cpu = stop();
      warnOfForeign(title, cpu);
      Object.assign(found[i].at(-1), { clientCores: cpu.clientCores, foreignCores: cpu.foreignCores });
    }
  }
  return variants.map(({ pid: _pid, load, ...about }, i) => {
    load.close();
    const of = (key) => rounded(median(found[i].map((each) => each[key])));
    const ratio = (key) => rounded(median(found[i].map((each, round) => each[key] / found[0][round][key])));
    return {
      ...about,
      ...{ perSecond: of('perSecond'), p50Ms: of('p50Ms'), p99Ms: of('p99Ms'), cpuUs: of('cpuUs') },
      ...{ ratio: ratio('perSecond'), ratioP50: ratio('p50Ms'), ratioCpu: ratio('cpuUs') },
      clientCores: of('clientCores'),
      foreignCores: Math.max(...found[i].map(({ foreignCores }) => foreignCores)),
    };
  });
}

async function digits() {
  const grpcPort = await freePort();
  const server = { ...(await startOurs([...serveEngines(), '--grpc-port', String(grpcPort)])), grpcPort };
  try {
    const found = [];
    for (const connections of [64, 1]) {
      const variants = [];
      for (const engine of Object.keys(engines)) {
        for (const [protocol, { load }] of Object.entries(protocols)) {
          const about = { engine, protocol, connections, pid: server.pid };
          variants.push({ ...about, load: await load(server, nameOf(engine), connections) });
        }
      }
      found.push(...(await inTurns(`digit, connections: ${connections}`, variants)));
    }
    return found;
  } finally {
    await server.stop();
  }
}

async function bareServer(file, shape) {
  const port = await freePort();
  const script = fileURLToPath(new URL('lib/raw-model.mjs', import.meta.url));
  const args = [script, String(port), file, JSON.stringify(shape)];
  const env = { OMP_NUM_THREADS: '1', NODE_ENV: 'production' };
  return startProcess({ command: process.execPath, args, env, port, url: `http://127.0.0.1:${port}/` });
}

async function images() {
  const found = [];
  const { shape, data } = image;
  for (const [title, file] of [
    ['a cheap model', join(root, 'test/fixtures/torchscript/second_method.pt')],
    ['ResNet-18', model('resnet18').path],
  ]) {
    const ours = await startOurs([file, '--name', 'image', '--no-warmup', '--batching', 'off']);
    const bare = await bareServer(file, shape);
    const at = ({ port }, path) => `http://127.0.0.1:${port}${path}`;
    try {
      for (const connections of [1, 4]) {
        const of = (url, request) => httpLoad({ url, request, connections });
        const binary = oipBinary('INPUT__0', shape, data);
        const variants = [
          { server: 'run() + node:http', pid: bare.pid, load: of(at(bare, '/'), octets(data)) },
          { server: 'OIP, binary', pid: ours.pid, load: of(at(ours, inferOf('image')), binary) },
        ];
        const measured = await inTurns(`600 KB, ${title}, connections: ${connections}`, variants);
        found.push(...measured.map((each) => ({ model: title, connections, ...each })));
      }
    } finally {
      await ours.stop();
      await bare.stop();
    }
  }
  return found;
}

function table(found, titleOf) {
  const rows = found.map((each) => [
    titleOf(each),
    String(each.connections),
    ...[each.perSecond, each.ratio, each.p50Ms, each.ratioP50, each.p99Ms, each.cpuUs, each.ratioCpu].map(short),
    ...[each.clientCores, each.foreignCores].map(short),
  ]);
  const heading = [
    '',
    'connections',
    'requests/s',
    'ratio',
    'p50 ms',
    'ratio',
    'p99 ms',
    'CPU µs',
    'ratio',
    'client',
    'foreign',
  ];
  return textTable([heading, ...rows]);
}

const parts = {
  digit: {
    measure: digits,
    titleOf: ({ engine, protocol }) => `${engines[engine].title}, ${protocols[protocol].title}`,
  },
  image: { measure: images, titleOf: ({ model: name, server }) => `600 KB, ${name}: ${server}` },
};
const results = {};
for (const name of values.only.split(',')) {
  results[name] = await parts[name].measure();
  console.log(`${table(results[name], parts[name].titleOf)}\n`);
}
if (values.save) {
  const file = join(resultsDir, 'protocols.json');
  const before = existsSync(file) ? readJson(file).results : {};
  const titles = Object.fromEntries(Object.entries(protocols).map(([key, { title }]) => [key, title]));
  await writeJson(file, { ...(await provenance()), rounds, seconds, titles, results: { ...before, ...results } });
}
