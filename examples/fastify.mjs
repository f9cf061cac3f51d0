// The inference server inside a Fastify app, under /ml.
// Run: npm install node-libtorch fastify && node fastify.mjs
// Ask: curl 127.0.0.1:3000/ml/predict -H 'content-type: application/json' -d @node_modules/node-libtorch/models/mnist-mlp/v1.0/digit.json
import Fastify from 'fastify';
import { ModelHost } from 'node-libtorch';
import { createApp } from 'node-libtorch/server';

const host = await ModelHost.open({ models: [{ name: 'mnist-mlp', batching: { maxBatchSize: 32 } }] });
const ml = createApp({ host, logger: false });
const prefix = '/ml';

// Fastify ends open connections when it closes, and Node the requests on them.
const fastify = Fastify({ forceCloseConnections: 'idle' });
await fastify.register(
  (scope, options, done) => {
    // The app reads bodies itself, binary ones too: Fastify leaves them alone in this scope.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (request, payload, next) => next(null));
    const hand = (request, reply) => {
      reply.hijack();
      request.raw.url = request.raw.url.slice(prefix.length) || '/';
      ml(request.raw, reply.raw);
    };
    scope.all('/', hand);
    scope.all('/*', hand);
    done();
  },
  { prefix },
);
fastify.get('/', () => ({ models: host.list().map(({ name, version }) => `${name} ${version}`) }));
fastify.addHook('onClose', () => host.close());

console.log(`listening on ${await fastify.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' })}`);

process.once('SIGTERM', () => void fastify.close());
