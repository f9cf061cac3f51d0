/**
 * `serve` at half of its capacity while canaries of the digit model get a share of its requests: one that is as good as what is
 * stable, one that fails at some inputs, one that is slow, and one that answers other classes. No request may fail but those of the
 * canary's own; the good one stays, and each bad one is rolled back by itself within 5 s of its 200th answer.
 * Options: `--workers N` (1), `--seconds N` for each of the four (15), `--share N` (0.2), `--only 'errs'`, `--dist DIR`. Exit code 1 when something
 * is not right. The tests have to be built.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { parseArgs } from 'node:util';
import { DigitRegistry, digits as name } from '../../build-test/support/digit-registry.js';
import { digitVariant } from '../../build-test/support/digit-variants.js';
import { root, serve } from './half-load.mjs';

const mostMs = 5000;
const { values } = parseArgs({
  options: {
    dist: { type: 'string', default: `${root}dist` },
    workers: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '15' },
    share: { type: 'string', default: '0.2' },
    only: { type: 'string' },
  },
});
const workers = Number(values.workers);
const seconds = Number(values.seconds);
const { digits } = JSON.parse(readFileSync(`${root}test/fixtures/digits.json`, 'utf8'));
const bodies = digits.map(({ input }) => Buffer.from(JSON.stringify({ input_data: input })));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

const canaries = [
  { version: 'v1.1', is: 'as good' },
  { version: 'v2.0', is: 'errs', limit: 'errors' },
  { version: 'v2.1', is: 'slow', limit: 'latency' },
  { version: 'v2.2', is: 'disagrees', limit: 'disagreement' },
];
const files = await DigitRegistry.make('v1.0', 'v1.1');
process.once('exit', () => files.remove());
for (const { version, is, limit } of canaries) if (limit) files.put(version, await digitVariant(is));

const folders = ['--registry', files.registryDir, '--models', files.modelsDir];
const server = await serve({ dist: values.dist, workers }, [`${name}@v1.0`, ...folders]);

/** One prediction: when it ended, by which version, and how. */
function predict(index) {
  const began = performance.now();
  return new Promise((resolve) => {
    const end = (status, version) => resolve({ began, ended: performance.now(), status, version });
    const sent = request(
      `${server.url}/predict`,
      { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
      (answer) => {
        const version = answer.headers['x-model-version'];
        answer.resume().on('end', () => end(answer.statusCode, version));
        answer.on('error', (error) => end(error.message, version));
      },
    );
    sent.on('error', (error) => end(error.message));
    sent.end(bodies[index % bodies.length]);
  });
}

/** Requests a second with 16 clients that wait for their answers. */
async function capacity(ms) {
  let done = 0;
  const until = performance.now() + ms;
  const client = async () => {
    while (performance.now() < until) await predict(done++);
  };
  await Promise.all(Array.from({ length: 16 }, client));
  return (done * 1000) / ms;
}

/** All answers of requests that came at a rate, whether or not others were answered. */
async function atRate(rate, ms) {
  const began = performance.now();
  const answers = [];
  for (let due = 0; performance.now() - began < ms; await sleep(1)) {
    for (; due <= performance.now() - began; due += 1000 / rate) answers.push(predict(answers.length));
  }
  return Promise.all(answers);
}

function percentile(answers) {
  const sorted = answers.map(({ began, ended }) => ended - began).sort((a, b) => a - b);
  return Math.round(sorted[Math.floor(sorted.length * 0.95)]);
}

async function admin(method, body) {
  const answer = await fetch(`${server.adminUrl}/admin/models/${name}/canary`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: await answer.json() };
}

/** When the canary was seen to be rolled back. */
async function rollback(ms) {
  for (const until = performance.now() + ms; performance.now() < until; await sleep(50)) {
    const { body } = await admin('GET');
    if (body.state === 'rolled back') return { at: performance.now(), ...body };
  }
  return undefined;
}

const wrong = [];
await capacity(2000);
const rate = (await capacity(3000)) / 2;
console.log(`${workers} process(es), ${Math.round(rate)} requests/s: half of what 16 waiting clients get`);
for (const { version, is, limit } of canaries.filter((each) => (values.only ?? each.is) === each.is)) {
  const say = (what) => wrong.push(`${is}: ${what}`);
  const set = await admin('PUT', { version, share: Number(values.share), maxDisagreement: 0.2 });
  if (set.status !== 200) say(`PUT ${set.status} ${JSON.stringify(set.body)}`);
  const [answers, back] = await Promise.all([atRate(rate, seconds * 1000), rollback(seconds * 1000)]);
  const seen = (back ?? (await admin('GET')).body).numbers;
  const own = answers.filter((answer) => answer.version === version).sort((a, b) => a.ended - b.ended);
  const failed = answers.filter(({ status }) => status !== 200);
  const others = failed.filter((answer) => is !== 'errs' || answer.version !== version || answer.status !== 500);
  if (others.length > 0) say(`${others.length} requests failed: ${JSON.stringify(others.slice(0, 3))}`);
  const p95 = (side) => percentile(answers.filter((each) => (each.version === version) === (side === 'canary')));
  const late = back && own.filter(({ began }) => began > back.at + 100);
  if (late?.length > 0) say(`${late.length} requests came to it after the rollback`);
  const after = back && own[199] ? Math.round(back.at - own[199].ended) : undefined;
  if (back?.limit !== limit) say(`rolled back by ${back?.limit}, not by ${limit}: ${back?.reason}`);
  if (limit && !(after <= mostMs)) say(`rolled back ${after} ms after its 200th answer`);
  console.log(
    `${is}: ${answers.length} requests, ${own.length} of the canary, ${failed.length - others.length} failed by its fault and ` +
      `${others.length} otherwise; p95 ${p95('canary')} ms beside ${p95('stable')} (runs ${seen.canary.p95Ms} and ${seen.stable.p95Ms}); ${back ? `rolled back ${after} ms after its 200th answer (${back.reason})` : 'not rolled back'}`,
  );
  const ended = await admin('DELETE');
  if (ended.status !== 200) say(`DELETE ${ended.status}`);
}
agent.destroy();
server.child.removeAllListeners('close');
server.child.kill('SIGTERM');
const code = await new Promise((resolve) => server.child.once('close', resolve));
if (code !== 0) wrong.push(`serve has ended with ${code}`);
for (const each of wrong) console.log(each);
process.exitCode = wrong.length === 0 ? 0 : 1;
