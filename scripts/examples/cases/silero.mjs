import { deepEqual, equal, ok } from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fetchSilero } from '../../fetch-silero.mjs';
import { root } from '../project.mjs';

const { samples } = await import(new URL('../../../build-test/support/signal.js', import.meta.url).href);
const recorded = JSON.parse(readFileSync(join(root, 'test/fixtures/silero/expected.json'), 'utf8'));
const { chunkSamples, probabilities } = recorded;
const signal = samples(recorded.signal.parts, chunkSamples);

/** A WAV file: 16 bits, mono, 16 kHz. The samples of the signal are multiples of 1 / 32768. */
function wavOf(values) {
  const bytes = Buffer.alloc(44 + 2 * values.length);
  bytes.write('RIFF');
  bytes.writeUInt32LE(36 + 2 * values.length, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(16_000, 24);
  bytes.writeUInt32LE(32_000, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(2 * values.length, 40);
  for (const [i, value] of values.entries()) bytes.writeInt16LE(value * 32_768, 44 + 2 * i);
  return bytes;
}

/** Sends the signal's first chunks, each after the answer to the one before. */
async function listen(WebSocket, url, count) {
  const socket = new WebSocket(url.replace('http', 'ws'));
  await once(socket, 'open');
  const heard = [];
  for (let i = 0; i < count; i++) {
    socket.send(signal.slice(i * chunkSamples, (i + 1) * chunkSamples));
    heard.push(JSON.parse((await once(socket, 'message'))[0]).speech);
  }
  socket.close();
  return heard;
}

function near(heard, expected, tolerance) {
  equal(heard.length, expected.length);
  for (const [i, value] of heard.entries()) ok(Math.abs(value - expected[i]) < tolerance, `${i}: ${value}`);
}

export const silero = {
  name: 'silero-websocket',
  main: 'silero-websocket/server.mjs',
  light: true,
  files: async () => ({ 'silero_vad.onnx': await fetchSilero('onnx') }),
  before({ folder }) {
    writeFileSync(join(folder, 'speech.wav'), wavOf(signal));
  },
  async check({ answers, url, folder }) {
    const lines = answers[0]
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number));
    deepEqual(lines[40][0], 1.28);
    near(
      lines.map(([, speech]) => speech),
      probabilities,
      1e-3,
    );
    // Streams at the same time, each as if it were alone.
    const { WebSocket } = createRequire(join(folder, 'package.json'))('ws');
    const counts = [30, 60, 45, 60];
    const streams = await Promise.all(counts.map((count) => listen(WebSocket, url, count)));
    for (const [i, heard] of streams.entries()) near(heard, probabilities.slice(0, counts[i]), 1e-4);
    const wrong = new WebSocket(url.replace('http', 'ws'));
    await once(wrong, 'open');
    wrong.send(new Float32Array(100));
    const [code, reason] = await once(wrong, 'close');
    deepEqual([code, String(reason)], [1007, 'Expected 512 samples but received 100.']);
  },
};
