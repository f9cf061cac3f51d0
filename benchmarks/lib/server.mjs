// Servers as processes of their own, so that their CPU time and memory are theirs alone.

import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandOf, processTree } from './machine.mjs';
import { distDir } from './paths.mjs';

export function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/**
 * Starts a program that listens on `port` and waits until `url` answers 200 to `request`. Its output goes to a file in a
 * folder that is removed at the end, as a service's log would go to a disk.
 */
export async function startProcess({ command, args = [], env = {}, port, url, request, readySeconds = 120, ipc }) {
  const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-bench-'));
  const log = openSync(join(folder, 'log'), 'w');
  const from = performance.now();
  const child = spawn(command, args, {
    // Nothing is in front of it that has to notice its end.
    env: { ...process.env, NODE_LIBTORCH_PRE_STOP_DELAY_MS: '0', ...env, PORT: String(port) },
    stdio: ['ignore', log, log, ...(ipc ? ['ipc'] : [])],
  });
  closeSync(log);
  // Whoever ends a benchmark in the middle leaves no server behind.
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async () => {
    process.off('exit', kill);
    const family = processTree(child.pid).map((pid) => [pid, commandOf(pid)]);
    child.kill('SIGTERM');
    for (let i = 0; i < 100 && child.exitCode === null && child.signalCode === null; i++) await sleep(100);
    // What it had started itself and left behind; a number that another program has by now is left alone.
    for (const [pid, name] of family) if (name && commandOf(pid) === name) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  for (;;) {
    const ok = await globalThis.fetch(url, request).then(
      async (answer) => (await answer.arrayBuffer(), answer.ok),
      () => false,
    );
    if (ok) break;
    if (child.exitCode !== null || performance.now() - from > readySeconds * 1000) {
      await stop();
      // Without paths: it may end up in a committed result.
      throw new Error(`${basename(command)} did not become ready (exit code ${child.exitCode})`);
    }
    await sleep(50);
  }
  return { pid: child.pid, child, port, readySeconds: (performance.now() - from) / 1000, stop };
}

/**
 * Our server, as `node-libtorch serve` starts it. Log level info, into a file, unless `flags` say otherwise. One setting
 * differs: autocannon does not heed `Connection: close`, which Node then answers with 503. `from`: another tree's dist. `node`: flags
 * of Node itself; `ipc`: whether messages can be sent to it; `port`: a certain one.
 */
export async function startOurs(flags = [], env = {}, from = distDir, { node = [], ipc = false, port: given } = {}) {
  const port = given ?? (await freePort());
  const args = [
    ...node,
    join(from, 'cli/main.js'),
    'serve',
    '--max-requests-per-socket',
    '1000000',
    ...flags,
    '--port',
    String(port),
  ];
  const url = `http://127.0.0.1:${port}/health/ready`;
  const one = { OMP_NUM_THREADS: '1', NODE_ENV: 'production', ...env };
  return startProcess({ command: process.execPath, args, env: one, port, url, ipc });
}

/** @param kind undefined: does work in JavaScript; `constant`: does none */
export async function startReference(kind) {
  const port = await freePort();
  const args = [fileURLToPath(new URL('reference.mjs', import.meta.url)), String(port), ...(kind ? [kind] : [])];
  return startProcess({ command: process.execPath, args, port, url: `http://127.0.0.1:${port}/` });
}
