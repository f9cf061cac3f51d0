import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelsToServe } from '#dist/cli/serve-targets.js';
import { loadSettings, type SettingsSources } from '#dist/server/settings/load.js';
import { modelSettingKeys, settingsTable, type SettingKey } from '#dist/server/settings/table.js';
import type { Setting } from '#dist/server/settings/setting.js';

describe('the setting models', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'node-libtorch-models-'))));
  after(() => rmSync(folder, { recursive: true }));

  const file = (models: unknown): SettingsSources => {
    const path = join(folder, 'settings.json');
    writeFileSync(path, JSON.stringify({ models }));
    return { file: path, env: {} };
  };
  const of = (sources: SettingsSources) => loadSettings({ env: {}, ...sources }).models;

  it('is a list, its paths relative to the file', () => {
    const given = [
      { file: 'a.pt', name: 'A', instances: 2, warmupExample: ['x.npy', '/y.npy'] },
      { name: 'b', version: 'v1.1', batching: 'off' },
      { name: 'b', versions: ['v1.0', '2'] },
    ];
    expect(of(file(given))).to.deep.equal([
      { file: join(folder, 'a.pt'), name: 'A', instances: 2, warmupExample: [join(folder, 'x.npy'), '/y.npy'] },
      { name: 'b', versions: ['v1.1'], batching: 'off' },
      { name: 'b', versions: ['v1.0', '2'] },
    ]);
  });

  it('is an object by names', () => {
    expect(of(file({ digits: { file: 'a.pt' }, b: {} }))).to.deep.equal([
      { name: 'digits', file: join(folder, 'a.pt') },
      { name: 'b' },
    ]);
  });

  it('is JSON in a flag or a variable', () => {
    const models = '[{"file": "a.pt"}]';
    const expected = [{ file: join(process.cwd(), 'a.pt') }];
    expect(of({ overrides: { models } })).to.deep.equal(expected);
    expect(of({ env: { NODE_LIBTORCH_MODEL_LIST: models } })).to.deep.equal(expected);
    expect(of({})).to.equal(undefined);
  });

  it('may set what is marked in the table, with the very same values', () => {
    for (const key of modelSettingKeys) {
      const { initial, isPerModel } = settingsTable[key] as Setting<unknown>;
      expect(isPerModel, key).to.equal(true);
      if (typeof initial === 'function' || initial === undefined) continue;
      expect(of(file([{ file: 'a.pt', [key]: initial }]))?.[0], key).to.have.deep.property(key, initial);
    }
    const shared = (Object.keys(settingsTable) as SettingKey[]).filter(
      (key) => !(settingsTable[key] as Setting<unknown>).isPerModel,
    );
    expect(shared).to.include.members(['port', 'intraOpThreads', 'models', 'requestTimeoutMs']);
    for (const key of shared) expect(() => of(file([{ file: 'a.pt', [key]: 1 }])), key).to.throw(`"${key}"`);
  });

  const refused: [what: string, models: unknown, parts: readonly string[]][] = [
    ['a number', 5, ['an array of 1 to 256 objects', 'received 5']],
    ['an empty list', [], ['received an array of 0']],
    ['an empty object', {}, ['received an object']],
    ['a text in the list', ['a.pt'], ['an object for models[0]', '"a.pt"']],
    ['null by a name', { a: null }, ['an object for models.a', 'null']],
    ['an unknown member', [{ file: 'a.pt', instancs: 1 }], ['instances', 'in models[0]', '"instancs"']],
    ['a value out of bounds', { a: { file: 'x', instances: 0 } }, ['from 1 to 256 for models.a.instances', '0']],
    ['a wrong type', [{}, { file: 'x', maxDelayMs: '5' }], ['models[1].maxDelayMs', '"5"']],
    ['a wrong choice', [{ file: 'x', batching: true }], ['on, off for models[0].batching', 'true']],
    ['an item out of bounds', [{ file: 'x', allowedBatchSizes: [0] }], ['models[0].allowedBatchSizes']],
    ['an empty path', [{ file: '' }], ['the path of a model file for models[0].file', '""']],
    ['neither file nor name', [{ instances: 1 }], ['a file or a name in models[0]', 'neither']],
    ['a name with a space', [{ file: 'x', name: 'a b' }], ['for the name of models[0]', '"a b"']],
    ['a name with a slash', { 'a/b': { file: 'x' } }, ['models.a/b', '"a/b"']],
    ['a name that is a folder up', [{ file: 'x', name: '..' }], ['".."']],
    ['a name of 129 letters', [{ file: 'x', name: 'a'.repeat(129) }], ['1 to 128 letters']],
    ['capitals in the registry', [{ name: 'Digits' }], ['lower-case', 'in models[0]', '"Digits"']],
    ['another name than the key', { a: { file: 'x', name: 'b' } }, ['no name but the key of models.a', '"b"']],
    ['version and versions', [{ name: 'a', version: 'v1', versions: ['v1'] }], ['version or versions', 'both']],
    ['versions of a file', [{ file: 'x', versions: ['1'] }], ['one version of the file of models[0]']],
    ['a version of a file with a slash', [{ file: 'x', version: '1/2' }], ['the version of models[0]', '"1/2"']],
    ['a version that is none', [{ name: 'a', version: 'latest' }], ['64 hex digits> in models[0]', '"latest"']],
    ['a version twice', [{ name: 'a', versions: ['v1', 'v1'] }], ['each version once', '"v1" twice']],
    ['no versions', [{ name: 'a', versions: [] }], ['models[0].versions', 'an array of 0']],
  ];
  for (const [what, models, parts] of refused) {
    it(`refuses ${what}, and says where`, () => {
      const sources = file(models);
      let message = '';
      try {
        loadSettings(sources);
      } catch (error) {
        expect(error).to.have.property('code', 'ERR_CONFIG');
        ({ message } = error as Error);
      }
      for (const part of [...parts, 'settings.json']) expect(message).to.include(part);
    });
  }

  it('takes digests as other programs print them', () => {
    const hex = 'AB'.repeat(32);
    const entry = { name: 'a', versions: [`SHA256:${hex}`] };
    const { models } = loadSettings({ env: {}, overrides: { models: [entry] } });
    expect(models?.[0]).to.deep.include({ versions: [`sha256:${hex.toLowerCase()}`] });
    const settings = loadSettings({ env: { NODE_LIBTORCH_MODEL_VERSION: `SHA256:${hex}` } });
    expect(modelsToServe([], undefined, settings)[0]?.versions).to.deep.equal([`sha256:${hex.toLowerCase()}`]);
  });

  it('is refused as a text that is no JSON', () => {
    expect(() => of({ overrides: { models: '[{' } })).to.throw('flag --model-list');
  });
});
