import { expect } from 'chai';
import { parseReference, parseTarget } from '#dist/cli/target.js';
import { modelsToServe } from '#dist/cli/serve-targets.js';
import { caught } from '../support/caught.js';

const hex = 'ab'.repeat(32);

describe('targets', () => {
  it('are files by a path or an extension, else names of the registry', () => {
    for (const file of ['./m', 'a/b', 'model.pt', 'model.onnx', '/x/mnist-mlp', './a@b', 'C:\\m@v1.0'])
      expect(parseTarget(file)).to.deep.equal({ file });
    expect(parseTarget('package.json'), 'a file that is there').to.deep.equal({ file: 'package.json' });
    expect(parseTarget('package.jsonc')).to.deep.equal({ name: 'package.jsonc' });
    expect(parseTarget('mnist-mlp')).to.deep.equal({ name: 'mnist-mlp' });
  });

  it('name a version by its number, an alias or its digest', () => {
    for (const version of ['v1.0', '2', '1.4.2', 'champion', 'Prod_eu-1', 'vNext', `sha256:${hex}`]) {
      expect(parseTarget(`mnist-mlp@${version}`), version).to.deep.equal({ name: 'mnist-mlp', version });
      expect(parseReference(`yolo.v8@${version}`), version).to.deep.equal({ name: 'yolo.v8', version });
    }
  });

  it('are a digest alone, in upper case too', () => {
    for (const text of [`sha256:${hex}`, `SHA256:${hex.toUpperCase()}`, `sha256:${hex.toUpperCase()}`])
      expect(parseTarget(text)).to.deep.equal({ digest: `sha256:${hex}` });
    expect(parseTarget(`m@SHA256:${hex.toUpperCase()}`)).to.deep.equal({ name: 'm', version: `sha256:${hex}` });
  });

  for (const text of [
    ...['', '@', '@v1.0', 'm@', 'm@latest', 'm@v1.0@v2.0', 'm@v1.2.3.4', 'm@../x', 'm@cham pion', 'm@1a', 'm@v1.0 '],
    ...['No Model', 'M', 'a..b', '.hidden', 'm@\u001b[31m', 'm@sha256:', `m@sha256:${hex}0`, `m@sha512:${hex}`],
    ...['sha256:', `sha256:${hex.slice(1)}`, `sha256:${hex.slice(1)}g`, 'm@🏆', 'ｍ', 'x'.repeat(65)],
  ]) {
    it(`are not ${JSON.stringify(text)}`, () => {
      const error = caught(() => parseReference(text), 'ERR_INVALID_ARGUMENT');
      expect(error.message)
        .to.match(/^Expected .* but received /)
        .and.not.match(/[^\P{Cc}\n]/u);
    });
  }

  it('serve needs a name for a URL', () => {
    const settings = { models: undefined, model: 'm', modelVersion: undefined };
    const error = caught(() => modelsToServe([`sha256:${hex}`], undefined, settings), 'ERR_INVALID_ARGUMENT');
    expect(error.message).to.include('NAME@sha256:');
  });
});
