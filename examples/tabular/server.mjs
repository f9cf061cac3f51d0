// A model with three inputs by name: numbers, city and weekday. delivery.pt2 is here already; train.py makes it again.
// Run: npm install && node server.mjs
// Ask: curl 127.0.0.1:3000/minutes -H 'content-type: application/json' -d @orders.json
import express from 'express';
import { ModelHost, Tensor, TorchError } from 'node-libtorch';

const cities = ['Berlin', 'Hamburg', 'Munich'];
const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const host = await ModelHost.open({ models: [{ file: 'delivery.pt2', batching: { maxBatchSize: 64 } }] });

/** The number of a category. */
const indexIn = (names, name) => {
  const index = names.indexOf(name);
  if (index < 0) throw new TorchError('ERR_INVALID_INPUT', `Expected one of ${names.join(', ')}.`);
  return index;
};

const app = express();
app.use(express.json());

app.post('/minutes', async (request, response) => {
  const orders = request.body;
  const minutes = await host.model().run({
    numbers: Tensor.from(orders.map(({ kilometres, items, hour }) => [kilometres, items, hour])),
    city: Tensor.from(
      orders.map(({ city }) => indexIn(cities, city)),
      'int64',
    ),
    weekday: Tensor.from(
      orders.map(({ weekday }) => indexIn(weekdays, weekday)),
      'int64',
    ),
  });
  response.json(minutes.toArray());
});

app.use((error, request, response, _next) => {
  const status = error.status ?? 500;
  if (status >= 500) console.error(error);
  // Messages of other errors, and of faults of the server, may say what a stranger need not know.
  if (error instanceof TorchError && status < 500)
    response.status(status).json({ code: error.code, message: error.message });
  else
    response
      .status(status)
      .json({ message: status < 500 ? 'The request cannot be read.' : 'The server made a mistake.' });
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');

process.once('SIGTERM', () => {
  server.close(() => void host.close());
  server.closeIdleConnections();
});
