// A build in a process of its own, ready to be loaded: its server, or its library. What `bench:diff` compares and `profile` looks into.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { costs, httpLoad } from './load.mjs';
import { cpuNs } from './machine.mjs';
import { digit, oipBinary } from './protocols.mjs';
import { requestOf } from './rows.mjs';
import { startOurs } from './server.mjs';

const json = () => requestOf('json', 784);
const binary = () => requestOf('binary', 784);
const oip = () => oipBinary(digit.name, digit.shape, digit.data);
const infer = '/v2/models/mnist-mlp/infer';

/** THE TABLE of what is loaded. Seconds: of one round. */
export const subjects = {
  'predict-64': {
    title: '/predict, JSON, 64 connections',
    path: '/predict',
    request: json,
    connections: 64,
    seconds: 0.2,
  },
  'predict-8': {
    title: '/predict, JSON, 8 connections',
    path: '/predict',
    request: json,
    connections: 8,
    seconds: 0.2,
  },
  'predict-1': {
    title: '/predict, JSON, 1 connection',
    path: '/predict',
    request: json,
    connections: 1,
    seconds: 0.25,
  },
  'binary-64': {
    title: '/predict, octets, 64 connections',
    path: '/predict',
    request: binary,
    connections: 64,
    seconds: 0.2,
  },
  'oip-64': { title: 'OIP binary, 64 connections', path: infer, request: oip, connections: 64, seconds: 0.2 },
  run: { title: 'run(), one by one', library: true, seconds: 0.1 },
  'queue-64': { title: 'BatchQueue, 64 callers', library: true, seconds: 0.15 },
  prepare: { title: 'check and copy of a call', library: true, micro: true, seconds: 0.05 },
  collate: { title: 'gather and scatter of 32 rows', library: true, micro: true, seconds: 0.05 },
};

/**
 * The server of a built tree. `load` drives one subject for so long and says what it cost.
 * @param options `node`: flags of Node; `ipc`: it can be talked to
 */
export async function serverSide(tree, options = {}) {
  const { pid, port, stop, child } = await startOurs([], {}, join(tree, 'dist'), options);
  const loads = new Map();
  const loadOf = (name) => {
    const { path, request, connections } = subjects[name];
    const url = `http://127.0.0.1:${port}${path}`;
    if (!loads.has(name)) loads.set(name, httpLoad({ url, request: request(), connections }));
    return loads.get(name);
  };
  return {
    pid,
    child,
    async load(name, seconds = subjects[name].seconds) {
      const before = cpuNs(pid);
      const driven = await loadOf(name).drive(seconds);
      return costs(driven, cpuNs(pid) - before);
    },
    async stop() {
      for (const load of loads.values()) load.close();
      await stop();
    },
  };
}

/** The library of a built tree. */
export async function librarySide(tree, { node = [] } = {}) {
  const child = fork(join(import.meta.dirname, 'library-child.mjs'), [tree], {
    execArgv: node,
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  });
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the library ended with code ${code}`)));
  ended.catch(() => {});
  const answer = () => Promise.race([once(child, 'message').then(([message]) => message), ended]);
  await answer();
  return {
    pid: child.pid,
    child,
    async load(name, seconds = subjects[name].seconds) {
      const found = answer();
      child.send({ subject: name, seconds });
      const { error, ...costsOfIt } = await found;
      if (error) throw new Error(error);
      return costsOfIt;
    },
    async stop() {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}

export const sideOf = (name) => (subjects[name].library ? librarySide : serverSide);
