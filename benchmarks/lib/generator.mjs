// load.c, compiled when it is first needed, and what it measured.

import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDir } from './paths.mjs';
import { requestBytes } from './raw-client.mjs';

const source = fileURLToPath(new URL('load.c', import.meta.url));
const doubles = 4;

function program() {
  const digest = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const path = join(cacheDir, `load-${digest}`);
  if (existsSync(path)) return path;
  mkdirSync(cacheDir, { recursive: true });
  const fresh = `${path}.${process.pid}`;
  execFileSync(process.env.CC ?? 'cc', ['-O2', '-Wall', '-D_GNU_SOURCE', '-o', fresh, source], { stdio: [0, 2, 2] });
  renameSync(fresh, path);
  return path;
}

/**
 * Loads a server with one request, again and again.
 * @param rate requests per second; 0: each connection sends the next when it has its answer
 * @param connections at most
 * @param opened of them before the first request is due
 * @returns `each(callback)` calls with due, sent, done (milliseconds) and status of every request that has ended
 */
export async function load({ url, request, rate = 0, seconds, connections, opened = connections }) {
  const args = [new URL(url).port, rate, seconds, connections, opened].map(String);
  const child = spawn(program(), args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  child.stdin.on('error', () => {});
  child.stdin.end(requestBytes(url, request));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`the load generator ended with ${code}`);
  // A copy begins at a multiple of 8.
  const numbers = new Float64Array(new Uint8Array(Buffer.concat(chunks)).buffer);
  const count = numbers.length / doubles - 1;
  const [wallMs, cpuMs, used, begun] = numbers.subarray(count * doubles);
  return {
    count,
    seconds: wallMs / 1000,
    cpuSeconds: cpuMs / 1000,
    connections: used,
    lost: begun - count,
    each(callback) {
      for (let i = 0; i < count * doubles; i += doubles) callback(...numbers.subarray(i, i + doubles));
    },
  };
}
