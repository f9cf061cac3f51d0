/** `console: full` puts changes of models on the port of inference: never for everybody. */
import { expect } from 'chai';
import { ModelHost } from 'node-libtorch';
import { createApp, createServer } from '#dist/server/index.js';
import { exitCodes } from '#dist/cli/report.js';
import { cli } from '../../support/cli-run.js';

describe('console full without tokens', () => {
  let host: ModelHost;
  before(async () => {
    host = await ModelHost.open({ models: [{ name: 'mnist-mlp' }] });
  });
  after(() => host.close());

  const options = { console: 'full', logger: false } as const;

  it('is refused by createApp', () => {
    expect(() => createApp({ ...options, host }))
      .to.throw(/Expected tokens with console full/)
      .with.property('code', 'ERR_CONFIG');
  });

  for (const more of [{}, { insecure: true, hostname: '0.0.0.0' }]) {
    it(`is refused by createServer ${JSON.stringify(more)}`, async () => {
      const error = await createServer({ ...options, ...more, host, port: 0 }).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(Error).with.property('code', 'ERR_CONFIG');
    });
  }

  it('is refused by serve, before anything is loaded', async () => {
    const { status, stderr } = await cli(['serve', '--port', '0', '--console', 'full']);
    expect(status).to.equal(exitCodes.usage);
    expect(stderr).to.include('Expected tokens with console full').and.include('tokensFile');
  });
});
