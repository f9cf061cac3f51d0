/** A load whose warm-up never ends: who has asked for it is told in time, and nobody else waits for it. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ask, digitBody, LoggingProcess, serveProcess } from '../support/server/serve-process.js';
import { fixture } from '../support/paths.js';

/** What scripts/fixtures/faults_stuck.py waits for in the second place of a row. */
const endless = 12345;

describe('faults: a stuck load', function () {
  this.timeout(120_000);
  let server: LoggingProcess | undefined;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'node-libtorch-stuck-load-'));
  });
  afterEach(async () => {
    server?.child.kill('SIGKILL');
    await server?.ended;
    rmSync(folder, { recursive: true });
  });

  for (const workers of [1, 2]) {
    it(`is given up at its deadline, and holds up no other, in ${workers} process${workers > 1 ? 'es' : ''}`, async () => {
      const [config, example] = [join(folder, 'settings.json'), join(folder, 'example.json')];
      const warmUpOn = (word: number) => writeFileSync(example, JSON.stringify([[1, word]]));
      copyFileSync(fixture('faults/stuck/models/stuck/v1.0/stuck.pt'), join(folder, 'stuck.pt'));
      copyFileSync(fixture('torchscript/linear.pt'), join(folder, 'linear.pt'));
      writeFileSync(
        config,
        JSON.stringify({
          models: [
            { name: 'mnist-mlp' },
            { file: 'stuck.pt', warmupExample: ['example.json'] },
            { file: 'linear.pt', warmup: 'off' },
          ],
        }),
      );
      warmUpOn(1);
      // Room for others beside the run that nothing ends: without it they wait until the worker is found to be stuck.
      const room = ['--compute-threads', '4'];
      server = serveProcess(['--config', config, '--admin-port', '0', '--workers', String(workers), ...room]);
      await server.seen(workers > 1 ? 'worker ready' : 'ready', workers > 1 ? workers : 3);
      const port = await server.port();
      const { adminPort } = server;
      const load = async (name: string, headers = {}) => {
        const { status, body } = await ask(adminPort, `/admin/models/${name}/load`, {
          body: Buffer.from('{}'),
          headers,
        });
        return [status, (JSON.parse(body) as { code?: string }).code];
      };
      warmUpOn(endless);
      expect(await load('stuck', { 'X-Request-Timeout-Ms': '500' })).to.deep.equal([504, 'ERR_TIMEOUT']);
      expect((await ask(port, '/predict', { body: digitBody })).status).to.equal(200);
      expect(await load('linear')).to.deep.equal([200, undefined]);
      warmUpOn(1);
      expect(await load('stuck')).to.deep.equal([200, undefined]);
    });
  }
});
