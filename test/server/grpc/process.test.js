import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { Tensor } from '#dist/index.js';
import { rpcs } from '#dist/protocol/grpc/rpcs.js';
import { root } from '../../support/paths.js';
import { grpc, GrpcClient } from '../../support/server/grpc.js';
import { serveProcess } from '../../support/server/serve-process.js';
const request = { inputs: [{ name: 'input', content: new Tensor('float32', new Float32Array(784), [1, 784]) }] };
describe('gRPC: the processes', function () {
    this.timeout(120_000);
    it('every worker answers, and a signal drains them all', async () => {
        const server = serveProcess(['--workers', '2', '--grpc-port', '0', '--no-warmup']);
        try {
            await server.seen('worker ready', 2);
            const port = Number(server.of('listening')[0]?.['grpcPort']);
            const answered = new Set();
            // Each client has a connection of its own, and the workers take turns.
            const clients = Array.from({ length: 6 }, () => new GrpcClient(port));
            for (const client of clients) {
                const { outputs } = await client.infer('mnist-mlp', request);
                expect(outputs.map(({ content }) => [...content.shape])).to.deep.equal([[1, 10]]);
            }
            const path = rpcs.modelInfer.path;
            for (const line of await server.seen('request', 6))
                if (line['route'] === path)
                    answered.add(line['worker']);
            expect(answered.size).to.equal(2);
            server.child.kill('SIGTERM');
            expect(await server.ended).to.deep.equal([0, null]);
            const after = await clients[0]?.infer('mnist-mlp', request).then(() => undefined, (error) => error);
            expect(after.code).to.equal(grpc.status.UNAVAILABLE);
            for (const client of clients)
                client.close();
        }
        finally {
            server.child.kill('SIGKILL');
        }
    });
    it('without the library the start says what to install; without a port nobody asks for it', () => {
        const hook = `export const resolve = (name, context, next) => {
      if (name !== '@grpc/grpc-js') return next(name, context);
      throw Object.assign(new Error("Cannot find package '@grpc/grpc-js'"), { code: 'ERR_MODULE_NOT_FOUND' });
    };`;
        const source = `
      import { register } from 'node:module';
      const hook = ${JSON.stringify(hook)};
      register('data:text/javascript,' + encodeURIComponent(hook));
      const { createServer } = await import('node-libtorch/server');
      const host = { state: 'ready', defaultModel: 'm', model() {}, list: () => [], index: () => [], failed: () => [],
        deviceFailures: () => [], on() { return this; }, off() { return this; } };
      const server = await createServer({ host, port: 0, logger: false });
      const error = await createServer({ host, port: 0, grpcPort: 0, logger: false }).catch((e) => e);
      await server.close();
      console.log(JSON.stringify({ port: server.grpcPort ?? null, code: error.code, message: error.message }));`;
        const text = execFileSync(process.execPath, ['--input-type=module', '-e', source], { cwd: root, encoding: 'utf8' });
        const { port, code, message } = JSON.parse(text);
        expect([port, code]).to.deep.equal([null, 'ERR_GRPC_NOT_FOUND']);
        expect(message).to.include('it is not installed').and.include('npm install @grpc/grpc-js');
    });
});
