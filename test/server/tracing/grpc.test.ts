import { SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { expect } from 'chai';
import { ModelHost, Tensor } from 'node-libtorch';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { rpcs } from '#dist/protocol/grpc/rpcs.js';
import { Collected, kindOf } from '../../support/server/collected.js';
import { GrpcClient } from '../../support/server/grpc.js';
import { keptLogger } from '../../support/server/logs.js';

const service = 'inference.GRPCInferenceService';
const traceId = '0af7651916cd43dd8448eb211c80319c';
const parent = 'b7ad6b7169203331';
const metadata = { traceparent: `00-${traceId}-${parent}-01` };
const request = { inputs: [{ name: 'input', content: new Tensor('float32', new Float32Array(784), [1, 784]) }] };

describe('spans of gRPC', () => {
  let host: ModelHost;
  let server: InferenceServer;
  let client: GrpcClient;
  let collected: Collected;
  const { logger } = keptLogger();
  before(async () => {
    host = await ModelHost.open({ models: [{ name: 'mnist-mlp', batching: {} }] });
    collected = new Collected();
    server = await createServer({ host, port: 0, grpcPort: 0, logger });
    client = new GrpcClient(server.grpcPort);
  });
  beforeEach(() => collected.reset());
  after(async () => {
    collected.end();
    client.close();
    await server.close();
    await host.close();
  });

  const only = async (name: string): Promise<ReadableSpan> => (await collected.seen(name))[0]!;

  it('has one of the server for a call, by the conventions of RPC, below that of its caller', async () => {
    let answered: string | undefined;
    await client.infer('mnist-mlp', request, {
      metadata,
      onMetadata: (found) => (answered = String(found.get('traceparent')[0])),
    });
    const span = await only(`${service}/ModelInfer`);
    expect(kindOf(span)).to.equal('SERVER');
    expect(span.status.code).to.equal(SpanStatusCode.UNSET);
    expect(span.spanContext().traceId).to.equal(traceId);
    expect(span.parentSpanContext).to.include({ spanId: parent, isRemote: true });
    expect(answered).to.equal(`00-${traceId}-${span.spanContext().spanId}-01`);
    expect(span.attributes).to.include({
      'rpc.system.name': 'grpc',
      'rpc.system': 'grpc',
      'rpc.service': service,
      'rpc.method': `${service}/ModelInfer`,
      'rpc.status_code': 'OK',
      'rpc.grpc.status_code': 0,
      'client.address': '127.0.0.1',
      'node_libtorch.model.name': 'mnist-mlp',
      'node_libtorch.model.version': 'v1.0',
      'node_libtorch.rows': 1,
    });
    expect(span.attributes).not.to.have.property('error.type');
    expect(collected.below(span).map(({ name }) => name)).to.deep.equal(['inference queue', 'inference run']);
  });

  it('calls a fault of ours an error, and one of the client none', async () => {
    await client.infer('nobody', request).catch(() => undefined);
    const refused = await only(`${service}/ModelInfer`);
    expect(refused.status.code).to.equal(SpanStatusCode.UNSET);
    expect(refused.attributes).to.include({
      'rpc.status_code': 'NOT_FOUND',
      'rpc.grpc.status_code': 5,
      'node_libtorch.error.code': 'ERR_MODEL_NOT_FOUND',
    });
    await client.bytes('/inference.GRPCInferenceService/Nothing', Buffer.alloc(0)).catch(() => undefined);
    const unknown = await only('_OTHER');
    expect(unknown.status.code).to.equal(SpanStatusCode.ERROR);
    expect(unknown.attributes).to.include({ 'rpc.method': '_OTHER', 'error.type': 'ERR_ROUTE_NOT_FOUND' });
    expect(unknown.attributes).not.to.have.property('rpc.service');
  });

  it('has one for each request of a stream, with its own end', async () => {
    const stream = client.stream();
    stream.send('mnist-mlp', request);
    stream.send('nobody', request);
    const spans = await collected.seen(`${service}/ModelStreamInfer`, 2);
    const [good, bad] = ['OK', 'NOT_FOUND'].map((status) =>
      spans.find(({ attributes }) => attributes['rpc.status_code'] === status),
    );
    stream.call.end();
    await stream.ended;
    expect(good?.attributes).to.include({ 'node_libtorch.model.name': 'mnist-mlp' });
    expect(bad?.attributes).to.include({ 'node_libtorch.error.code': 'ERR_MODEL_NOT_FOUND' });
    expect(collected.below(good!).map(({ name }) => name)).to.include('inference run');
  });

  it('leaves probes out', async () => {
    await client.call(rpcs.serverLive, {});
    await client.call(rpcs.serverReady, {});
    await client.call(rpcs.healthCheck, { service: '' });
    await client.call(rpcs.serverMetadata, {});
    await collected.seen(`${service}/ServerMetadata`);
    expect(collected.spans.map(({ name }) => name)).to.deep.equal([`${service}/ServerMetadata`]);
  });
});
