/**
 * `serve --workers 2` while workers are killed: no connection may hang, none may be answered 503, and the primary may keep no
 * descriptor. Five ends in a minute end a server, so each takes four kills. `--kills 50` is the default; `--dist DIR` tries
 * another built tree. Exit code 1 when something is not right.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { values } = parseArgs({
  options: { kills: { type: 'string', default: '50' }, dist: { type: 'string', default: `${root}dist` } },
});
const kills = Number(values.kills);
const killsOfServer = 4;
const connectionsOfKill = 24;
const patienceMs = 15_000;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let running;
process.once('exit', () => running?.kill('SIGKILL'));

async function start() {
  const args = [`${values.dist}/cli/main.js`, 'serve', '--port', '0', '--workers', '2', '--log-level', 'info'];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, NODE_LIBTORCH_PRE_STOP_DELAY_MS: '0' },
  });
  running = child;
  const ready = [];
  let port = 0;
  createInterface(child.stdout).on('line', (text) => {
    const line = JSON.parse(text);
    if (line.msg === 'listening') port = Number(new URL(line.url).port);
    if (line.msg === 'worker ready') ready.push(line.pid);
  });
  const untilReady = async (count) => {
    for (const end = Date.now() + 120_000; ready.length < count; await sleep(10)) {
      if (Date.now() > end) throw new Error(`no ${count} workers`);
    }
  };
  await untilReady(2);
  return { child, port, ready, untilReady };
}

/** `answered`, `refused` (503), `closed` or `hangs`. */
function dial(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (how) => {
      socket.destroy();
      resolve(how);
    };
    setTimeout(end, patienceMs, 'hangs').unref();
    socket.once('data', (chunk) => end(chunk.toString('latin1').startsWith('HTTP/1.1 503') ? 'refused' : 'answered'));
    socket.once('error', () => end('closed')).once('close', () => end('closed'));
    socket.write('GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  });
}

const ends = { answered: 0, closed: 0, refused: 0, hangs: 0 };
let kept = 0;
for (let killed = 0; killed < kills;) {
  const { child, port, ready, untilReady } = await start();
  const descriptors = () => readdirSync(`/proc/${child.pid}/fd`).length;
  const before = descriptors();
  for (let round = 0; round < killsOfServer && killed < kills; round++, killed++) {
    // The oldest worker; before, among and after the connections.
    const dialled = [];
    const at = killed % connectionsOfKill;
    for (let count = 0; count < connectionsOfKill; count++) {
      if (count === at) process.kill(ready[round], 'SIGKILL');
      dialled.push(dial(port));
      if (count % 3 === 0) await sleep(1);
    }
    for (const how of await Promise.all(dialled)) ends[how]++;
    await untilReady(3 + round);
  }
  await sleep(300);
  kept += Math.max(0, descriptors() - before);
  child.kill('SIGTERM');
  await Promise.race([new Promise((resolve) => child.once('exit', resolve)), sleep(20_000)]);
  child.kill('SIGKILL');
}
console.log(`${kills} kills: ${JSON.stringify(ends)}; descriptors that primaries kept: ${kept}`);
process.exit(ends.hangs + ends.refused + kept === 0 ? 0 : 1);
