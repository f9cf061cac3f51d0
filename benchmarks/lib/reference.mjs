// Work that is the same in every version of the product and uses nothing of it. Ratios to
// this are measured beside each benchmark: a slower machine or a busy neighbour slows both.

import { createServer } from 'node:http';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { requestOf } from './rows.mjs';

const text = requestOf('json', 784).body.toString();
const weights = Float32Array.from({ length: 784 * 32 }, (_, i) => ((i * 31) % 101) / 101 - 0.5);

/** JSON, a loop over typed arrays and a little allocation: what a request costs in JavaScript, about 50 µs. */
export function referenceWork(body = text) {
  const { input_data: values } = JSON.parse(body);
  const row = Float32Array.from(values);
  const sums = new Float32Array(32);
  for (let unit = 0; unit < 32; unit++) {
    let sum = 0;
    for (let i = 0; i < 784; i++) sum += row[i] * weights[unit * 784 + i];
    sums[unit] = sum;
  }
  return { predictions: [sums.indexOf(Math.max(...sums))], confidence_scores: [sums[0]] };
}

/** Times of the work in milliseconds, for about as long as asked. */
export function timeReference(seconds) {
  const times = [];
  const end = performance.now() + seconds * 1000;
  for (let from = performance.now(); from < end;) {
    referenceWork();
    const to = performance.now();
    times.push(to - from);
    from = to;
  }
  return times;
}

/** A bare server that does the work and nothing else. */
export function referenceServer(port = 0) {
  const server = createServer((req, res) => {
    const chunks = [];
    req.on('data', (chunk) => chunks.push(chunk));
    req.on('end', () => {
      const answer = JSON.stringify(
        req.method === 'POST' ? referenceWork(Buffer.concat(chunks).toString()) : { ok: 1 },
      );
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) });
      res.end(answer);
    });
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

const constant = '{"predictions":[3],"confidence_scores":[0.987654],"model_version":"v1.0","inference_time_ms":0.123}';

/** A bare server that reads a request and answers a constant: what is late there is late because of the client or the machine. */
export function constantServer(port = 0) {
  const server = createServer((req, res) => {
    req.resume().on('end', () => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': constant.length });
      res.end(constant);
    });
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

/** As a process of its own: `node benchmarks/lib/reference.mjs PORT [constant]`. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [port = 0, kind] = process.argv.slice(2);
  await (kind === 'constant' ? constantServer : referenceServer)(Number(port));
  process.on('SIGTERM', () => process.exit(0));
}
