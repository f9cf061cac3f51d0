import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { node } from '../../support/child.js';
import { onnx, root } from '../../support/paths.js';

const play = (file: string, env: NodeJS.ProcessEnv = {}) =>
  node([`${root}test/engines/onnx/children/${file}`, onnx('slow'), onnx('linear')], env);

describe('a process with an ONNX model', function () {
  this.timeout(60_000);

  const scenarios: [name: string, file: string, code: number, output: RegExp][] = [
    ['ends with its code when it exits in the middle of a run', 'exit-mid-run.mjs', 3, /^$/],
    ['ends with 1 after an uncaught throw in the middle of a run', 'uncaught.mjs', 1, /^$/],
    ['ends by itself when the run was given up', 'aborted.mjs', 0, /^ERR_TIMEOUT\n$/],
    ['ends by itself with a model that was never disposed, after the answer', 'forgotten.mjs', 0, /^answered\n$/],
    ['lives on when a worker of its own exits in the middle of a run', 'worker-exit.mjs', 0, /^worker 5\n$/],
  ];
  for (const [name, file, code, output] of scenarios) {
    it(name, async () => {
      const ended = await play(file);
      expect(ended, ended.stderr).to.include({ code, signal: null });
      expect(ended.stdout).to.match(output);
    });
  }

  it('ends with its code when it exits in the middle of a load', async () => {
    for (const after of [0, 20, 40, 60, 80]) {
      const ended = await play('exit-mid-load.mjs', { AFTER_MS: String(after) });
      expect(ended, `after ${after} ms: ${ended.stderr}`).to.include({ code: 3, signal: null });
    }
  });

  it('needs no LibTorch, and fixes thread counts all the same', async () => {
    const ended = await play('no-libtorch.mjs', { LIBTORCH: join(root, 'no-such-folder') });
    expect(ended.code, ended.stderr).to.equal(0);
    expect(JSON.parse(ended.stdout)).to.deep.equal({ shape: [1, 3], code: 'ERR_ALREADY_INITIALIZED' });
  });

  it('fixes no thread counts by a load that fails', async () => {
    const ended = await play('failed-first.mjs');
    expect(ended.code, ended.stderr).to.equal(0);
    expect(JSON.parse(ended.stdout)).to.deep.equal({
      shape: [1, 3],
      codes: ['ERR_MODEL_LOAD', 'ERR_INVALID_ARGUMENT', 'ERR_MODEL_LOAD', 'ERR_ALREADY_INITIALIZED'],
    });
  });

  it('says how to get onnxruntime-node where it is not installed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'node-libtorch-no-peer-'));
    try {
      // The package as it is installed, with its dependencies and without the optional one.
      const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object };
      const installed = join(folder, 'node_modules', 'node-libtorch');
      await mkdir(installed, { recursive: true });
      await cp(join(root, 'dist'), join(installed, 'dist'), { recursive: true });
      await cp(join(root, 'package.json'), join(installed, 'package.json'));
      for (const name of Object.keys(dependencies)) {
        const link = join(folder, 'node_modules', name);
        await mkdir(dirname(link), { recursive: true }); // of a scope
        await symlink(join(root, 'node_modules', name), link);
      }
      const script = join(folder, 'script.mjs');
      await writeFile(
        script,
        `import { loadModel } from 'node-libtorch';
         const error = await loadModel(process.argv[2]).catch((reason) => reason);
         console.log(JSON.stringify({ code: error.code, message: error.message }));`,
      );
      const ended = await node([script, onnx('linear')]);
      expect(ended.code, ended.stderr).to.equal(0);
      const { code, message } = JSON.parse(ended.stdout) as { code: string; message: string };
      expect(code).to.equal('ERR_ONNXRUNTIME_NOT_FOUND');
      expect(message).to.include('npm install onnxruntime-node');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
