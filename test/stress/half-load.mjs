/**
 * `serve` at half of its capacity while its models are changed: no request may fail, and the 99th percentile of the latency while
 * changes go on may be at most 1.5 times that of before, in the median of rounds that alternate the two.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const mostRatio = 1.5;
const { digits } = JSON.parse(readFileSync(`${root}test/fixtures/digits.json`, 'utf8'));
const bodies = digits.map(({ input }) => Buffer.from(JSON.stringify({ input_data: input })));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The options of the command line: `--workers N`, `--rounds N`, `--seconds N` (of each half of a round), `--changes N` (of a round), `--dist DIR`. */
export function givenOptions() {
  const { values } = parseArgs({
    options: {
      dist: { type: 'string', default: `${root}dist` },
      workers: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '6' },
      changes: { type: 'string', default: '4' },
    },
  });
  const { dist, ...numbers } = values;
  return { dist, ...Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, Number(value)])) };
}

/** `serve` with an admin port. */
export async function serve({ dist, workers }, args) {
  const all = [`${dist}/cli/main.js`, 'serve', ...args, '--port', '0', '--admin-port', '0'];
  if (workers > 1) all.push('--workers', String(workers));
  const child = spawn(process.execPath, [...all, '--log-client-address', 'off'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_LIBTORCH_PRE_STOP_DELAY_MS: '0' },
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const server = { child, url: '', adminUrl: '' };
  await new Promise((resolve, reject) => {
    let ready = 0;
    child.once('close', (code) => reject(new Error(`serve has ended with ${code}`)));
    createInterface(child.stdout).on('line', (text) => {
      if (!text.includes('"url"') && !text.includes('adminUrl') && !text.includes('ready')) return;
      const line = JSON.parse(text);
      if (line.msg === 'listening') server.url = line.url;
      if (line.adminUrl) server.adminUrl = line.adminUrl;
      if (line.msg === (workers > 1 ? 'worker ready' : 'ready') && ++ready === workers) resolve();
    });
  });
  return server;
}

/**
 * Runs the rounds, says what came of them, ends the server and sets the exit code.
 * @param change one change of the models; it returns what went wrong, if anything
 * @param what what the changes are called
 */
export async function atHalfLoad({ child, url }, { workers, rounds, seconds, changes }, what, change) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const failures = [];

  /** Milliseconds of one prediction. */
  function predict(index) {
    const began = performance.now();
    return new Promise((resolve) => {
      const end = (what) => {
        if (what !== 200) failures.push(what);
        resolve(performance.now() - began);
      };
      const sent = request(
        `${url}/predict`,
        { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
        (answer) => {
          answer
            .resume()
            .on('end', () => end(answer.statusCode))
            .on('error', (error) => end(error.message));
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
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        while (performance.now() < until) await predict(done++);
      }),
    );
    return (done * 1000) / ms;
  }

  /** Latencies at a rate that does not wait for answers. A request that starts late counts from when it was due. */
  async function atRate(rate, ms, meanwhile = async () => undefined) {
    const began = performance.now();
    const latencies = [];
    const open = new Set();
    let due = 0;
    const work = meanwhile();
    while (performance.now() - began < ms) {
      const now = performance.now() - began;
      for (; due <= now; due += 1000 / rate) {
        const late = now - due;
        const one = predict(latencies.length + open.size).then((took) => {
          latencies.push(took + late);
          open.delete(one);
        });
        open.add(one);
      }
      await sleep(1);
    }
    await Promise.all([work, ...open]);
    return latencies.sort((a, b) => a - b);
  }

  const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  const changeOnce = async () => {
    const wrong = await change();
    if (wrong !== undefined) failures.push(wrong);
  };

  await capacity(2000);
  const rate = (await capacity(3000)) / 2;
  await changeOnce();
  console.log(`${workers} process(es), ${Math.round(rate)} requests/s: half of what 16 waiting clients get`);
  const ratios = [];
  let requests = 0;
  for (let round = 1; round <= rounds; round++) {
    const quiet = await atRate(rate, seconds * 1000);
    const busy = await atRate(rate, seconds * 1000, async () => {
      for (let count = 0; count < changes; count++) {
        const next = sleep((seconds * 1000) / (changes + 1));
        await changeOnce();
        await next;
      }
    });
    requests += quiet.length + busy.length;
    const [before, during] = [quiet, busy].map((latencies) => percentile(latencies, 0.99));
    ratios.push(during / before);
    const show = (latencies) =>
      [0.5, 0.95, 0.99, 1].map((share) => percentile(latencies, share).toFixed(2)).join(' / ');
    console.log(
      `round ${round}: p50/p95/p99/max ms ${show(quiet)} before, ${show(busy)} with ${what}; p99 × ${(during / before).toFixed(2)}`,
    );
  }
  const ratio = [...ratios].sort((a, b) => a - b)[Math.floor(ratios.length / 2)];
  console.log(
    `${requests} requests, ${rounds * changes} ${what}, ${failures.length} failed, median p99 × ${ratio.toFixed(2)}`,
  );
  if (failures.length > 0) console.log(failures.slice(0, 10));
  agent.destroy();
  child.removeAllListeners('close');
  child.kill('SIGTERM');
  const code = await new Promise((resolve) => child.once('close', resolve));
  process.exitCode = failures.length === 0 && ratio <= mostRatio && code === 0 ? 0 : 1;
}
