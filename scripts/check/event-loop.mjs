// How long may one request hold the event loop? `node scripts/check/event-loop.mjs [--dir TREE] [NAME...]` starts a server of a
// built tree (default: this one), sends it bodies that are broken, useless or merely large, each alone, and prints for each
// the longest time that the loop was held. Exit 1 above 250 ms, or 4 × what JSON.parse of a valid body of the limit takes in
// the same process, whichever is more. Run it on a quiet machine, or compare two trees on a busy one.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { eventLoopBodies } from './event-loop-bodies.mjs';

const root = join(import.meta.dirname, '../..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { dir: { type: 'string', default: root }, json: { type: 'boolean', default: false } },
});
const child = fork(join(import.meta.dirname, 'event-loop-server.mjs'), [join(values.dir, 'dist')], { cwd: values.dir });
child.once('exit', (code) => code && process.exit(code));
const [{ url }] = await once(child, 'message');
const tell = async (command) => {
  child.send(command);
  return (await once(child, 'message'))[0];
};

const post = (headers, body) =>
  new Promise((resolve) => {
    const agent = new http.Agent({ keepAlive: false });
    const req = http.request(new URL('/predict', url), { method: 'POST', agent, headers }, (res) => {
      res.resume().on('end', () => resolve(res.statusCode));
    });
    // A server that has answered need not read the rest.
    req.on('error', (error) => resolve(error.code));
    if (typeof body === 'function') body(req);
    else req.end(body);
  });
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let isLate = false;
const found = [];
for (const { name, headers, body } of eventLoopBodies()) {
  if (positionals.length > 0 && !positionals.some((wanted) => name.includes(wanted))) continue;
  await pause(50);
  await tell('reset');
  const begun = performance.now();
  const status = await post(headers, body);
  const tookMs = performance.now() - begun;
  await pause(20);
  const { heldMs, parseMs, rssMiB } = await tell('read');
  const mostMs = Math.max(250, 4 * parseMs);
  isLate ||= heldMs > mostMs;
  found.push({ name, status, heldMs, parseMs, rssMiB });
  if (!values.json) {
    console.log(
      `${name.padEnd(44)} ${String(status).padStart(10)}  held ${heldMs.toFixed(0).padStart(5)} ms = ${(heldMs / parseMs).toFixed(1).padStart(5)} × JSON.parse` +
        ` (at most ${mostMs.toFixed(0)} ms), answered after ${tookMs.toFixed(0)} ms, RSS ${rssMiB.toFixed(0)} MiB${heldMs > mostMs ? '  TOO LONG' : ''}`,
    );
  }
}
if (values.json) console.log(JSON.stringify(found, null, 1));
child.removeAllListeners('exit');
child.disconnect();
process.exit(isLate ? 1 : 0);
