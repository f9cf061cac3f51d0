/** Prometheus' own tool on our metrics and rules. It comes with Debian's package prometheus. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { ModelHost, type HostModel } from '#dist/index.js';
import { createServer } from '#dist/server/index.js';
import { rulePaths } from '../support/monitoring/dashboard.js';
import { program } from '../support/monitoring/prometheus.js';
import { digitModel, root } from '../support/paths.js';
import { predict } from '../support/server/http.js';
import { digitBody, serveProcess } from '../support/server/serve-process.js';

const run = promisify(execFile);

describe('promtool', function () {
  this.timeout(120_000);
  let promtool: string;
  before(async () => {
    promtool = await program('promtool');
  });

  /** What it says of a text of metrics; nothing where nothing is wrong. */
  async function lint(text: string): Promise<string> {
    const child = spawn(promtool, ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stdin.end(text);
    const [code] = (await once(child, 'close')) as [number];
    return code === 0 ? said : `${said} (exit code ${code})`;
  }

  async function texts(models: readonly HostModel[], paths: readonly string[]): Promise<string[]> {
    const host = await ModelHost.open({ models });
    const server = await createServer({ host, port: 0, logger: false });
    try {
      const read = async () => (await fetch(`${server.url}/metrics`)).text();
      const before = await read();
      for (const path of paths) await predict(`${server.url}${path}`, digitBody.toString());
      await predict(server.url, '{');
      return [before, await read()];
    } finally {
      await server.close();
      await host.close();
    }
  }

  it('sees a fault', async () => {
    expect(await lint('# HELP some_thing_ms Time.\n# TYPE some_thing_ms counter\nsome_thing_ms 1\n')).to.include(
      '_total',
    );
  });

  it('has nothing to say of a server, before and after its first requests', async () => {
    const [before = '', after = ''] = await texts([{ name: 'mnist-mlp', versions: ['v1.0'], batching: {} }], ['']);
    expect(await lint(before)).to.equal('');
    expect(await lint(after)).to.equal('');
    expect(after).to.match(/^node_libtorch_batches_total\{.*\} 1$/m);
  });

  it('has nothing to say of models with odd names', async () => {
    const names = ['0', 'a.b-c_d', 'total', 'le', 'count_bucket', `${'x'.repeat(63)}_`];
    const models = names.map((name) => ({ name, file: digitModel, version: '0.0.1' }));
    const [, after = ''] = await texts(models, []);
    for (const name of names) expect(after).to.include(`node_libtorch_model_ready{model="${name}",version="0.0.1"} 1`);
    expect(await lint(after)).to.equal('');
  });

  it('has nothing to say of several workers', async () => {
    const server = serveProcess(['mnist-mlp', '--workers', '2']);
    try {
      await server.seen('worker ready', 2);
      const url = await server.url();
      const read = async () => (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text();
      expect(await lint(await read())).to.equal('');
      await predict(url, digitBody.toString());
      const text = await read();
      expect(await lint(text)).to.equal('');
      expect(text).to.match(/^node_libtorch_workers 2$/m);
      expect(text).to.match(/^node_libtorch_worker_restarts_total 0$/m);
      // Each worker has its copy, all are of one artifact, and the server is as old as its first process.
      const value = (name: string) => Number(new RegExp(`^${name}(?:\\{.*\\})? (.*)$`, 'm').exec(text)?.[1]);
      const [one] = await texts([{ name: 'mnist-mlp', versions: ['v1.0'] }], []);
      const bytes = Number(/^node_libtorch_model_parameters_bytes\{.*\} (.*)$/m.exec(one ?? '')?.[1]);
      expect(bytes).to.be.above(100_000);
      expect(value('node_libtorch_model_parameters_bytes')).to.equal(2 * bytes);
      expect(text.match(/^node_libtorch_model_info\{.*\} 1$/gm)).to.have.length(1);
      expect(text.match(/^node_libtorch_build_info\{.*\} 1$/gm)).to.have.length(1);
      expect(Math.abs(value('process_start_time_seconds') - Date.now() / 1000)).to.be.below(120);
    } finally {
      server.child.kill('SIGKILL');
      await server.ended;
    }
  });

  it('has nothing to say of the configuration and the rules', async () => {
    await run(promtool, ['check', 'config', `${root}deploy/prometheus/prometheus.yml`]);
    const { stdout } = await run(promtool, ['check', 'rules', ...rulePaths]);
    expect(stdout.match(/SUCCESS: \d+ rules found/g)).to.have.length(2);
  });

  it('sees each alert fire, and only where it should', async () => {
    const { stdout } = await run(promtool, ['test', 'rules', `${root}deploy/prometheus/tests/alerts.yml`]);
    expect(stdout).to.include('SUCCESS');
  });
});
