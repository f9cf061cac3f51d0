// Sends a WAV file (16 bits, mono, 16 kHz) to server.mjs, and prints where there is speech: second, probability.
import { readFile } from 'node:fs/promises';
import { WebSocket } from 'ws';

const wav = await readFile(process.argv[2]);
const data = wav.subarray(wav.indexOf('data') + 8); // behind the name and the length of this part
const samples = Float32Array.from({ length: data.length / 2 }, (_, i) => data.readInt16LE(2 * i) / 32_768);
const chunkSize = 512;
const chunks = Math.floor(samples.length / chunkSize);

const socket = new WebSocket(`ws://127.0.0.1:${process.env.PORT ?? 3000}`);
socket.on('open', () => {
  for (let i = 0; i < chunks; i++) socket.send(samples.slice(i * chunkSize, (i + 1) * chunkSize));
});

let answers = 0;
socket.on('message', (text) => {
  const { speech } = JSON.parse(text);
  console.log(((answers * chunkSize) / 16_000).toFixed(2), speech.toFixed(3));
  if (++answers === chunks) socket.close();
});
socket.on('close', (code, reason) => {
  if (answers < chunks) throw new Error(`The server closed the stream: ${code} ${reason}`);
});
