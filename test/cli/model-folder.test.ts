import { expect } from 'chai';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { modelsToServe } from '#dist/cli/serve-targets.js';
import { loadSettings } from '#dist/server/settings/load.js';

const settings = loadSettings({ env: {} });

describe('a folder of models', () => {
  let folder: string;
  beforeEach(() => (folder = join(mkdtempSync(join(tmpdir(), 'node-libtorch-folder-')), 'models')));
  afterEach(() => rmSync(dirname(folder), { recursive: true }));

  const holding = (...paths: string[]): void => {
    mkdirSync(folder, { recursive: true });
    for (const path of paths) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), '');
    }
  };
  /** Name, version and file of each, as `digits 3 = digits/3/model.pt`. */
  const served = (name?: string, target = folder): string[] =>
    modelsToServe([target], name, settings).map(
      (entry) => `${entry.name} ${entry.version ?? '-'} = ${entry.file?.replace(`${folder}/`, '')}`,
    );

  const layouts: [what: string, paths: string[], alone: string[], named: string[]][] = [
    ['one file', ['model.pt', 'labels.txt'], ['model - = model.pt'], ['x - = model.pt']],
    [
      'a file with its weights beside it',
      ['net.onnx', 'net.onnx.data', 'weights/a.bin'],
      ['net - = net.onnx'],
      ['x - = net.onnx'],
    ],
    [
      'versions, the highest first',
      ['2/model.pt', '10/model.pt', 'config.pbtxt'],
      ['models 10 = 10/model.pt', 'models 2 = 2/model.pt'],
      ['x 10 = 10/model.pt', 'x 2 = 2/model.pt'],
    ],
    [
      'versions as the registry writes them',
      ['v1.2/m.pt2', 'v1.10/m.pt2'],
      ['models v1.10 = v1.10/m.pt2', 'models v1.2 = v1.2/m.pt2'],
      ['x v1.10 = v1.10/m.pt2', 'x v1.2 = v1.2/m.pt2'],
    ],
    [
      'a model with versions',
      ['digits/1/model.pt', 'digits/config.pbtxt', 'notes/read.txt'],
      ['digits 1 = digits/1/model.pt'],
      ['x 1 = digits/1/model.pt'],
    ],
    [
      'several models, with the named one first',
      ['a/model.pt', 'x/1/model.onnx', 'x/2/model.onnx'],
      ['a - = a/model.pt', 'x 2 = x/2/model.onnx', 'x 1 = x/1/model.onnx'],
      ['x 2 = x/2/model.onnx', 'x 1 = x/1/model.onnx', 'a - = a/model.pt'],
    ],
    ['several files', ['a.pt', 'x.onnx'], ['a - = a.pt', 'x - = x.onnx'], ['x - = x.onnx', 'a - = a.pt']],
  ];
  for (const [what, paths, alone, named] of layouts) {
    it(`may hold ${what}`, () => {
      holding(...paths);
      expect(served()).to.deep.equal(alone);
      expect(served('x'), 'with --name x').to.deep.equal(named);
    });
  }

  it('is named as a file is: NAME=FOLDER', () => {
    holding('3/model.pt');
    expect(served(undefined, `x=${folder}`)).to.deep.equal(['x 3 = 3/model.pt']);
  });

  it('may be what Kubernetes mounts: links into a hidden folder, beside what no user may read', () => {
    holding('..2026/model.pt', 'lost+found/model.pt');
    symlinkSync('..2026', join(folder, '..data'));
    symlinkSync('..data/model.pt', join(folder, 'model.pt'));
    chmodSync(join(folder, 'lost+found'), 0o000);
    expect(served()).to.deep.equal(['model - = model.pt']);
  });

  const refused: [what: string, paths: string[], name: string | undefined, parts: string[]][] = [
    ['nothing', [], undefined, ['.pt', '.onnx', 'received nothing']],
    ['no model', ['model.safetensors', '.cache/model.pt'], undefined, ['received model.safetensors']],
    ['files and versions', ['model.pt', '1/model.pt'], undefined, ['both: model.pt, 1']],
    ['versions and models', ['1/model.pt', 'digits/1/model.pt'], undefined, ['both: 1, digits']],
    ['a model that is a file and versions', ['digits/model.pt', 'digits/1/model.pt'], undefined, ['received both']],
    ['two files of one version', ['1/a.pt', '1/b.onnx'], 'x', ['one model file', 'a.pt, b.onnx', 'NAME=FILE']],
    ['several models, none of the name', ['a.pt', 'b.pt'], 'x', ['called x', 'a, b', 'leave --name out']],
    ['a file that no URL can name', ['my model.pt'], undefined, ['"my model"', '--name']],
    ['one model, for a name that no URL has', ['model.pt'], 'my model', ['"my model"']],
  ];
  for (const [what, paths, name, parts] of refused) {
    it(`is refused with ${what}`, () => {
      holding(...paths);
      expect(() => served(name))
        .to.throw()
        .with.property('code', 'ERR_INVALID_ARGUMENT');
      for (const part of parts) expect(() => served(name)).to.throw(part);
    });
  }
});
