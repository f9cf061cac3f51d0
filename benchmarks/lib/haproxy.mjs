// HAProxy with deploy/haproxy/haproxy.cfg before servers of ours. Only ports are put in, and a socket that says how much each server got.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programPath } from '../../scripts/programs.mjs';
import { root } from './paths.mjs';
import { freePort, startProcess } from './server.mjs';

const names = ['a', 'b', 'c'];

/**
 * @param ports of the servers, at most three
 * @returns the port, `requests()` that each server has had, and `stop()`
 */
export async function startHaproxy(ports) {
  const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-haproxy-'));
  const port = await freePort();
  const socket = join(folder, 'stats');
  const shipped = readFileSync(join(root, 'deploy/haproxy/haproxy.cfg'), 'utf8');
  const config = names.reduce(
    (text, name, i) =>
      ports[i] === undefined
        ? text.replace(new RegExp(`^  server ${name} .*\n`, 'm'), '')
        : text.replace(new RegExp(`(?<=^  server ${name} )\\S+`, 'm'), `127.0.0.1:${ports[i]}`),
    shipped
      .replace('bind :8080', `bind 127.0.0.1:${port}`)
      .replace(/^global\n/m, `global\n  stats socket ${socket} level admin\n`),
  );
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, config);
  const url = `http://127.0.0.1:${port}/health/ready`;
  const { stop } = await startProcess({ command: programPath('haproxy'), args: ['-db', '-f', file], port, url });
  return {
    port,
    requests: async () => new Map((await statistics(socket)).map(({ svname, stot }) => [svname, Number(stot)])),
    async stop() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A row for each server. */
async function statistics(path) {
  const [header, ...lines] = (await answerOf(path, 'show stat')).replace(/^# /, '').trim().split('\n');
  const columns = header.split(',');
  const rows = lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [columns[i], value])));
  return rows.filter(({ pxname, svname }) => pxname === 'servers' && svname !== 'BACKEND');
}

function answerOf(path, command) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    const connection = connect(path, () => connection.end(`${command}\n`));
    connection.on('data', (chunk) => chunks.push(chunk));
    connection.once('error', reject);
    connection.once('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}
