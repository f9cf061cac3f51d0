import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Tensor } from '#dist/index.js';
import { rpcs } from '#dist/protocol/grpc/rpcs.js';
import { createServer, type InferenceServer, type ServerOptions } from '#dist/server/index.js';
import { Authority } from '../../support/server/certificates.js';
import { grpc, GrpcClient } from '../../support/server/grpc.js';
import { until } from '../../support/server/http.js';
import { MemoryHost } from '../../support/server/memory-host.js';

const request = {
  inputs: [{ name: 'input', content: new Tensor('float32', Float32Array.of(1, 0, 0, 0), [1, 4]) }],
};
const failure = (error: unknown): grpc.ServiceError => error as grpc.ServiceError;
const bearer = (token: string) => ({ metadata: { authorization: `Bearer ${token}` } });

describe('gRPC: who is let in', () => {
  let folder: string;
  let authority: Authority;
  const open: { close(): unknown }[] = [];
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'node-libtorch-grpc-'));
    authority = new Authority(folder);
  });
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });
  after(() => rmSync(folder, { recursive: true }));

  const serve = async (options: Partial<ServerOptions>): Promise<InferenceServer> => {
    const server = await createServer({
      host: new MemoryHost().asHost(),
      port: 0,
      grpcPort: 0,
      logger: false,
      ...options,
    });
    open.push(server);
    return server;
  };
  const connect = (server: InferenceServer, credentials?: grpc.ChannelCredentials): GrpcClient => {
    const client = new GrpcClient(server.grpcPort, credentials);
    open.push(client);
    return client;
  };

  it('asks for a token with the scope of the call, in streams too; health needs none', async () => {
    const infer = 'i'.repeat(32);
    const admin = 'a'.repeat(32);
    const tokensFile = join(folder, 'tokens');
    writeFileSync(tokensFile, `one infer ${infer}\nroot admin ${admin}\n`, { mode: 0o600 });
    const server = await serve({ tokensFile });
    const client = connect(server);
    const code = async (token?: string): Promise<number> =>
      client.infer('tiny', request, token === undefined ? {} : bearer(token)).then(
        () => grpc.status.OK,
        (error: unknown) => failure(error).code,
      );
    expect(await code(infer)).to.equal(grpc.status.OK);
    expect(await code()).to.equal(grpc.status.UNAUTHENTICATED);
    expect(await code('x'.repeat(32))).to.equal(grpc.status.UNAUTHENTICATED);
    expect(await code(admin)).to.equal(grpc.status.PERMISSION_DENIED);
    expect((await client.stream().ended).code).to.equal(grpc.status.UNAUTHENTICATED);
    const stream = client.stream(bearer(infer));
    stream.send('tiny', request);
    stream.call.end();
    expect((await stream.ended).code).to.equal(grpc.status.OK);
    expect(stream.answers[0]?.error_message).to.equal('');
    // As over HTTP.
    const ready = (name: string, own = {}) => client.call(rpcs.modelReady, { name, version: '' }, own);
    expect((await ready('tiny').then(() => expect.fail(), failure)).code).to.equal(grpc.status.UNAUTHENTICATED);
    expect(await ready('tiny', bearer(infer))).to.deep.equal({ ready: true });
    const unnamed = await ready('../tiny', bearer(infer)).then(() => expect.fail(), failure);
    expect(unnamed.code).to.equal(grpc.status.INVALID_ARGUMENT);
    expect(await client.call(rpcs.healthCheck, { service: 'tiny' })).to.deep.equal({ status: 'SERVING' });
    const unknown = await client.call(rpcs.healthCheck, { service: 'nope' }).then(() => expect.fail(), failure);
    expect(unknown.code).to.equal(grpc.status.NOT_FOUND);
  });

  it('tells a client that is shut out when it may come back', async () => {
    const server = await serve({ tokens: `one infer ${'i'.repeat(32)}` });
    const client = connect(server);
    const refused = () =>
      client.call(rpcs.serverMetadata, {}, bearer('x'.repeat(32))).then(() => expect.fail(), failure);
    for (let i = 0; i < 20; i++) expect((await refused()).code).to.equal(grpc.status.UNAUTHENTICATED);
    const { code, metadata } = await refused();
    expect(code).to.equal(grpc.status.RESOURCE_EXHAUSTED);
    const [seconds] = metadata.get('retry-after');
    expect(Number(seconds)).to.be.within(6, 65);
    expect(metadata.get('grpc-retry-pushback-ms')).to.deep.equal([String(Number(seconds) * 1000)]);
  });

  it('encrypts with the certificate of the server, and takes a new one for new connections', async () => {
    const { cert, key } = authority.issue('first');
    const server = await serve({ tlsCert: cert, tlsKey: key });
    const trusted = grpc.credentials.createSsl(Buffer.from(authority.text));
    expect((await connect(server, trusted).infer('tiny', request)).outputs).to.have.length(1);
    const plain = await connect(server)
      .infer('tiny', request, { deadlineMs: 2000 })
      .then(() => expect.fail(), failure);
    expect(plain.code).to.be.oneOf([grpc.status.UNAVAILABLE, grpc.status.DEADLINE_EXCEEDED]);
    // Of an authority that the client does not trust: it sees the change.
    const other = new Authority(mkdtempSync(join(folder, 'other-'))).issue('second');
    writeFileSync(key, readFileSync(other.key));
    writeFileSync(cert, readFileSync(other.cert));
    await until('the new certificate is in use', async () => {
      const client = new GrpcClient(server.grpcPort, trusted);
      const answer = await client.infer('tiny', request, { deadlineMs: 3000 }).then(() => 'answered', failure);
      client.close();
      return answer !== 'answered';
    });
  });

  it('asks for a certificate of its own authority where it has one', async () => {
    const { cert, key } = authority.issue('server');
    const server = await serve({ tlsCert: cert, tlsKey: key, tlsCa: authority.cert });
    const roots = Buffer.from(authority.text);
    const mine = authority.issue('client');
    const known = grpc.credentials.createSsl(roots, readFileSync(mine.key), readFileSync(mine.cert));
    expect((await connect(server, known).infer('tiny', request)).outputs).to.have.length(1);
    const stranger = await connect(server, grpc.credentials.createSsl(roots))
      .infer('tiny', request, { deadlineMs: 3000 })
      .then(() => expect.fail(), failure);
    expect(stranger.code).to.be.oneOf([grpc.status.UNAVAILABLE, grpc.status.DEADLINE_EXCEEDED]);
  });

  it('closes connections beyond the limit, unless an idle one can make room', async () => {
    const server = await serve({ maxConnections: 2 });
    const [first, second, third] = [connect(server), connect(server), connect(server)];
    const held = first.stream();
    held.send('tiny', request);
    await until('it is answered', () => held.answers.length === 1);
    await second.call(rpcs.serverLive, {});
    // The second connection is idle, the first is not.
    expect(await third.call(rpcs.serverLive, {})).to.deep.equal({ live: true });
    held.send('tiny', request);
    await until('it is answered, too', () => held.answers.length === 2);
    held.call.end();
  });
});
