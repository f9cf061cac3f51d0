/**
 * Schemathesis, as it comes from PyPI, makes requests from /openapi.json, right and wrong ones, and holds every answer to it. This
 * needs Python, and fails where Schemathesis cannot be installed. The models have signatures: what a file without one
 * makes of a tensor of another shape is an error of its own, which no description can rule out.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { ModelHost } from '#dist/index.js';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { fixture, root } from '../support/paths.js';

const run = promisify(execFile);

describe('Schemathesis', function () {
  this.timeout(900_000);
  let python: string;
  let folder: string;
  let host: ModelHost;
  let server: InferenceServer;

  before(async () => {
    python = (await run('bash', [`${root}scripts/clients/schemathesis-env.sh`])).stdout.trim();
    folder = mkdtempSync(join(tmpdir(), 'schemathesis-'));
    host = await ModelHost.open({
      models: [
        { name: 'mnist-mlp' },
        ...['aoti/mlp.pt2', 'onnx/two.onnx', 'onnx/dtypes.onnx', 'faults/onnx/strings.onnx'].map((path) => ({
          file: fixture(path),
          name: path.replace(/^.*\/|\.\w+$/g, ''),
          warmup: false as const,
        })),
      ],
    });
    server = await createServer({ host, port: 0, adminPort: 0, logger: false });
  });
  after(async () => {
    await server?.close();
    await host?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  /** Every check but one: a schema cannot say that there are as many elements as a shape asks for. */
  async function findings(url: string): Promise<string> {
    const options = [
      ...['--checks', 'all', '--exclude-checks', 'positive_data_acceptance'],
      ...['--phases', 'examples,coverage,fuzzing', '--max-examples', '5', '--seed', '15'],
      ...['--continue-on-failure', '--no-color'],
    ];
    const command = ['-c', 'from schemathesis.cli import schemathesis; schemathesis()', 'run', `${url}/openapi.json`];
    try {
      const { stdout } = await run(python, [...command, ...options], { cwd: folder, maxBuffer: 2 ** 26 });
      const [, cases = '0'] = /^ *(\d+) generated/m.exec(stdout) ?? [];
      return Number(cases) > 200 ? '' : `too few requests:\n${stdout}`;
    } catch (error) {
      const { stdout = '', stderr = String(error) } = error as { stdout?: string; stderr?: string };
      return `${stdout}${stderr}`;
    }
  }

  it('finds nothing on the port of inference', async () => {
    expect(await findings(server.url)).to.equal('');
  });

  it('finds nothing on the admin port', async () => {
    expect(await findings((server.admin as { url: string }).url)).to.equal('');
  });
});
