// node benchmarks/lib/raw-model.mjs PORT FILE SHAPE: a model behind bare node:http, with nothing that a server needs: one copy of
// the body into a tensor, `run()`, the bytes of the output back.

import { createServer } from 'node:http';
import { dist } from './paths.mjs';

const [port, file, shape] = [Number(process.argv[2]), process.argv[3], JSON.parse(process.argv[4])];
const { loadModel, Tensor } = await dist('index.js');
const model = await loadModel(file);
const elements = shape.reduce((product, size) => product * size, 1);
await model.run(Tensor.zeros(shape));

const server = createServer((req, res) => {
  if (req.method === 'GET') return res.end();
  const data = new Float32Array(elements);
  const bytes = new Uint8Array(data.buffer);
  let at = 0;
  req.on('data', (chunk) => {
    bytes.set(chunk, at);
    at += chunk.length;
  });
  req.on('end', async () => {
    const { data: output } = await model.run(new Tensor('float32', data, shape));
    res.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': output.byteLength });
    res.end(Buffer.from(output.buffer, output.byteOffset, output.byteLength));
  });
});
server.listen(port, '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
