import { expect } from 'chai';
import { rpcs } from '#dist/protocol/grpc/rpcs.js';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { GrpcClient } from '../support/server/grpc.js';
import { MemoryHost } from '../support/server/memory-host.js';

describe('whether a model is ready', () => {
  const host = new MemoryHost();
  let server: InferenceServer;
  before(async () => (server = await createServer({ host: host.asHost(), port: 0, grpcPort: 0, logger: false })));
  after(() => server.close());

  /** As each protocol says it; the status of HTTP too. */
  const said = async () => {
    const http = ['/v2/models/tiny/ready', '/v2/models/tiny/versions/v2.0/ready', '/v1/models/tiny'].map(
      async (path) => {
        const response = await fetch(server.url + path);
        const { ready, error } = (await response.json()) as { ready?: boolean; error?: string };
        return [response.status, ready ?? error];
      },
    );
    const client = new GrpcClient(server.grpcPort);
    try {
      const { ready } = await client.call(rpcs.modelReady, { name: 'tiny', version: '' });
      return [...(await Promise.all(http)), ready];
    } finally {
      client.close();
    }
  };

  it('is the same over every protocol', async () => {
    expect(await said()).to.deep.equal([[200, true], [200, true], [200, true], true]);
    host.failures = [{ device: 'cpu', reason: 'it broke' }];
    const lost = [503, 'The device that runs the model has failed. Try another server.'];
    expect(await said()).to.deep.equal([lost, lost, lost, false]);
    host.failures = [{ device: 'cuda:0', reason: 'another device' }];
    expect(await said()).to.deep.equal([[200, true], [200, true], [200, true], true]);
    host.failures = [];
    host.state = 'draining';
    const leaving = [503, 'The server is shutting down. Try another one.'];
    expect(await said()).to.deep.equal([leaving, leaving, leaving, false]);
    host.state = 'ready';
  });
});
