import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fixture, root } from '../support/paths.js';
/** Runs a module in a process of its own and returns what it printed as JSON. */
function printed(source, cwd = root) {
    const options = { input: source, cwd, encoding: 'utf8', timeout: 15_000 };
    const text = execFileSync(process.execPath, ['--input-type=module', '-'], options);
    return JSON.parse(text);
}
describe('images in a process of their own', () => {
    it('let it end by itself, with the thread still there', () => {
        const source = `
      import { readFileSync } from 'node:fs';
      import { imageToTensor } from 'node-libtorch/tasks';
      const { shape } = await imageToTensor(readFileSync(${JSON.stringify(fixture('images/rgb.png'))}), { size: 8 });
      console.log(JSON.stringify(shape));`;
        expect(printed(source)).to.deep.equal([1, 3, 8, 8]);
    });
    it('let it be ended in the middle, and a worker too', () => {
        const source = `
      import { readFileSync } from 'node:fs';
      import { Worker } from 'node:worker_threads';
      import { imageToTensor, imagenet } from 'node-libtorch/tasks';
      const inWorker = \`
        const { readFileSync } = require('node:fs');
        const { parentPort } = require('node:worker_threads');
        import('node-libtorch/tasks').then(async ({ imageToTensor, imagenet }) => {
          const image = readFileSync(${JSON.stringify(fixture('images/turned.jpg'))});
          await imageToTensor(image, imagenet);
          void imageToTensor(new Array(50).fill(image), imagenet);
          parentPort.postMessage('busy');
        });\`;
      for (let i = 0; i < 3; i++) {
        const worker = new Worker(inWorker, { eval: true, execArgv: [] });
        await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
        await worker.terminate();
      }
      const image = readFileSync(${JSON.stringify(fixture('images/turned.jpg'))});
      await imageToTensor(image, imagenet);
      void imageToTensor(new Array(50).fill(image), imagenet);
      console.log('"ended"');
      setTimeout(() => process.exit(0), 20);`;
        expect(printed(source)).to.equal('ended');
    });
    it('load sharp when the first one comes, and not before', () => {
        const source = `
      import { createRequire } from 'node:module';
      import { readFileSync } from 'node:fs';
      import 'node-libtorch';
      import { imageToTensor } from 'node-libtorch/tasks';
      const loaded = () => Object.keys(createRequire(import.meta.url).cache).concat(process.report.getReport().sharedObjects)
        .some((path) => path.includes('sharp'));
      const before = loaded();
      await imageToTensor(readFileSync(${JSON.stringify(fixture('images/rgb.png'))}), { size: 8 });
      console.log(JSON.stringify([before, loaded()]));`;
        expect(printed(source)).to.deep.equal([false, true]);
    });
    describe('without sharp', () => {
        let folder;
        before(() => {
            folder = mkdtempSync(join(tmpdir(), 'node-libtorch-tasks-'));
            cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
            writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
        });
        after(() => rmSync(folder, { recursive: true }));
        it('everything else works, and the error says what to install', () => {
            const tasks = pathToFileURL(join(folder, 'dist/tasks/index.js')).href;
            const tensor = pathToFileURL(join(folder, 'dist/tensor/tensor.js')).href;
            const source = `
        import { readFileSync } from 'node:fs';
        import { imageToTensor, softmax } from ${JSON.stringify(tasks)};
        import { Tensor } from ${JSON.stringify(tensor)};
        const half = softmax(Tensor.from([1, 1])).toArray();
        const error = await imageToTensor(readFileSync(${JSON.stringify(fixture('images/rgb.png'))}), { size: 8 }).catch((e) => e);
        console.log(JSON.stringify({ half, code: error.code, message: error.message }));`;
            const { half, code, message } = printed(source, folder);
            expect(half).to.deep.equal([0.5, 0.5]);
            expect(code).to.equal('ERR_SHARP_NOT_FOUND');
            expect(message).to.include('it is not installed').and.include('npm install sharp');
        });
    });
});
