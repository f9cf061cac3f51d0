import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { root } from '../support/paths.js';

interface Closure {
  readonly files: ReadonlySet<string>;
  readonly packages: ReadonlyMap<string, readonly string[]>;
  readonly missing: readonly string[];
}

describe('@node-libtorch/core', function () {
  this.timeout(60_000);
  let closureOf: (entries: readonly string[]) => Closure;
  before(async () => {
    ({ closureOf } = (await import(`${root}scripts/package/closure.mjs`)) as { closureOf: typeof closureOf });
  });
  const entries = ['core.js', 'core.d.ts', 'cjs/core.cjs', 'cjs/core.d.cts'].map((name) => `${root}dist/${name}`);
  const own = (files: Iterable<string>): string[] => [...files].map((file) => file.slice(`${root}dist/`.length));

  it('has every file that its files import, and of packages the one that reads archives alone', () => {
    const { files, packages, missing } = closureOf(entries);
    expect(missing).to.deep.equal([]);
    expect([...packages.keys()]).to.deep.equal(['yauzl']);
    const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { dependencies: object };
    expect(manifest.dependencies).to.have.property('yauzl');
    expect(own(files).filter((file) => /^(cli|client|monitoring|protocol|registry|server|serving|tasks)\//.test(file))).to.deep.equal([]);
    // What is started by its path is there too: the thread of ONNX models.
    expect(own(files)).to.include.members(['engines/onnx/worker.js', 'engines/torch/load.js']);
  }); // prettier-ignore

  it('is found by what shows other packages where there are some', () => {
    const { packages, files } = closureOf(
      ['server/index.js', 'registry/index.js'].map((name) => `${root}dist/${name}`),
    );
    expect([...packages.keys()]).to.include.members(['express', 'pino', 'prom-client']);
    expect(own(files)).to.include('registry/admission/child.js');
  });

  it('exports what node-libtorch exports, the very same', async () => {
    const [core, all] = await Promise.all([import('#dist/core.js'), import('node-libtorch')]);
    expect(Object.keys(core)).to.include.members(['loadModel', 'runtime', 'Tensor', 'BatchQueue', 'TorchError']);
    for (const [name, value] of Object.entries(core)) expect(all).to.have.property(name, value);
    expect(existsSync(`${root}dist/cjs/core.cjs`)).to.equal(true);
  });
});
