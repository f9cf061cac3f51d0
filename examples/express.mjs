// The inference server inside an Express app, under /ml, beside a route of the app that asks the same models.
// Run: npm install node-libtorch express && node express.mjs
// Ask: curl 127.0.0.1:3000/ml/predict -H 'content-type: application/json' -d @node_modules/node-libtorch/models/mnist-mlp/v1.0/digit.json
// Ask: curl 127.0.0.1:3000/digits -H 'content-type: application/json' -d @node_modules/node-libtorch/models/mnist-mlp/v1.0/digit.json
import express from 'express';
import { ModelHost, Tensor } from 'node-libtorch';
import { createApp } from 'node-libtorch/server';

const host = await ModelHost.open({ models: [{ name: 'mnist-mlp', batching: { maxBatchSize: 32 } }] });

const app = express();
// In front of body parsers: it reads bodies itself, binary ones too.
app.use('/ml', createApp({ host, logger: false }));
app.use(express.json());
app.get('/', (request, response) => {
  response.send(`The models are at /ml: ${host.state}`);
});
// The host is the program's own: a route can ask a model without HTTP, and shares its batches.
app.post('/digits', async (request, response) => {
  const pixels = Tensor.from([request.body.input_data]);
  const { rows } = await host.model().predict(pixels, { topK: 3 });
  response.json(rows[0]);
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});

process.once('SIGTERM', () => {
  // Requests in flight are answered first.
  server.close(() => void host.close());
  server.closeIdleConnections();
});
