// A WebSocket gets the probability of speech for each chunk that it sends: 512 float32 samples of 16 kHz. client.mjs sends a WAV file.
// Run: npm install --onnxruntime-node-install=skip && python3 -m pip download --no-deps silero-vad==6.2.3
// Run: unzip -jo silero_vad-*.whl '*/silero_vad.onnx' && node server.mjs silero_vad.onnx
// Ask: node client.mjs speech.wav
import { on } from 'node:events';
import { loadModel, Tensor } from 'node-libtorch';
import { WebSocketServer } from 'ws';

const sampleRate = 16_000;
const chunkSize = 512;
const contextSize = 64; // the model also sees the end of the chunk before

const model = await loadModel(process.argv[2]);
const sr = Tensor.full([], sampleRate, 'int64');

/** One stream. The model itself remembers nothing: what it knows of a stream goes in and comes out with each call. */
async function listen(socket) {
  let state = Tensor.zeros([2, 1, 128]);
  let context = new Float32Array(contextSize);
  // Chunks of a stream go one after the other. While many wait, the socket is paused, and the sender has to wait too.
  for await (const [bytes] of on(socket, 'message', { close: ['close'], highWaterMark: 32, lowWaterMark: 8 })) {
    const chunk = new Float32Array(new Uint8Array(bytes).buffer);
    if (chunk.length !== chunkSize) throw new Error(`Expected ${chunkSize} samples but received ${chunk.length}.`);
    const input = new Float32Array(contextSize + chunkSize);
    input.set(context);
    input.set(chunk, contextSize);
    const heard = await model.run({ input: Tensor.from(input, [1, input.length]), state, sr });
    state = heard.stateN;
    context = chunk.subarray(-contextSize);
    socket.send(JSON.stringify({ speech: heard.output.item() }));
  }
}

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.env.PORT ?? 3000) });
server.on('connection', (socket) => {
  listen(socket).catch((error) => socket.close(1007, error.message.slice(0, 120)));
});

process.once('SIGTERM', () => {
  for (const socket of server.clients) socket.close(1001);
  server.close(() => void model.dispose());
});
