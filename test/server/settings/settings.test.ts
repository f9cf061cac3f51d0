import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { driftPresets } from '#dist/monitoring/drift/presets.js';
import { loadSettings, type SettingsSources } from '#dist/server/settings/load.js';
import { settingKeys, settingsTable } from '#dist/server/settings/table.js';
import { TorchError } from '#dist/errors.js';
import { checkDocsTable } from '../../support/docs-table.js';

/** The message of the ERR_CONFIG that the sources lead to. */
function faultOf(sources: SettingsSources): string {
  try {
    loadSettings({ env: {}, ...sources });
  } catch (error) {
    expect(error).to.be.instanceOf(TorchError).with.property('code', 'ERR_CONFIG');
    return (error as Error).message;
  }
  throw new Error('expected ERR_CONFIG');
}

describe('settings', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'node-libtorch-config-'))));
  after(() => rmSync(folder, { recursive: true }));

  const file = (content: unknown): string => {
    const path = join(folder, 'settings.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };

  it('know every preset of drift', () => {
    for (const preset of Object.keys(driftPresets)) {
      expect(loadSettings({ env: { NODE_LIBTORCH_DRIFT_PRESET: preset } }).driftPreset).to.equal(preset);
    }
  });

  it('have secure defaults', () => {
    const settings = loadSettings({ env: {} });
    expect(settings).to.include({ host: '127.0.0.1', port: 8000, bodyLimitBytes: undefined, model: 'mnist-mlp' });
    expect(settings).to.include({ batching: 'on', maxBatchSize: 32, maxDelayMs: 0, maxQueueSize: 1024 });
    expect(settings.intraOpThreads).to.equal(undefined);
    expect(settings.registryDir).to.match(/model-registry$/);
    expect(Object.isFrozen(settings)).to.equal(true);
  });

  it('keep every default within its own bounds', () => {
    const values = Object.fromEntries(
      Object.entries(loadSettings({ env: {} })).filter(([, value]) => value !== undefined),
    );
    expect(loadSettings({ env: {}, overrides: values })).to.deep.equal(loadSettings({ env: {} }));
  });

  it('take flags before environment before file before defaults', () => {
    const sources = {
      file: file({ port: 1, instances: 2, model: 'from-file' }),
      env: { PORT: '3', NODE_LIBTORCH_INSTANCES: '4' },
    };
    expect(loadSettings({ ...sources, overrides: { port: '5', instances: undefined } })).to.include({
      port: 5,
      instances: 4,
      model: 'from-file',
      host: '127.0.0.1',
    });
  });

  it("take a program's own defaults before the table's only", () => {
    const defaults = { logLevel: 'warn', port: 1 } as const;
    expect(loadSettings({ env: { PORT: '2' }, defaults })).to.include({ logLevel: 'warn', port: 2 });
  });

  it('honour OMP_NUM_THREADS, its first number, when nothing else sets the threads', () => {
    expect(loadSettings({ env: { OMP_NUM_THREADS: '3,1' } }).intraOpThreads).to.equal(3);
    expect(loadSettings({ env: { OMP_NUM_THREADS: '3' }, file: file({ intraOpThreads: 2 }) }).intraOpThreads).to.equal(
      2,
    );
    expect(faultOf({ env: { OMP_NUM_THREADS: 'many' } })).to.include('OMP_NUM_THREADS');
  });

  it('read lists and treat empty variables as not set', () => {
    expect(loadSettings({ env: { NODE_LIBTORCH_WARMUP_BATCH_SIZES: '1,8, 64' } }).warmupBatchSizes).to.deep.equal([
      1, 8, 64,
    ]);
    expect(loadSettings({ env: { PORT: '' } }).port).to.equal(8000);
  });

  it("resolve a file's paths against the file", () => {
    expect(loadSettings({ env: {}, file: file({ modelsDir: 'm' }) }).modelsDir).to.equal(join(folder, 'm'));
    expect(loadSettings({ env: {}, overrides: { modelsDir: 'm' } }).modelsDir).to.equal(join(process.cwd(), 'm'));
  });

  it('read lists of files: repeated flags, a variable with colons, an array of the file', () => {
    const here = (...names: string[]) => names.map((name) => join(process.cwd(), name));
    const of = (sources: SettingsSources) => loadSettings({ env: {}, ...sources }).operatorLibraries;
    expect(of({})).to.deep.equal([]);
    expect(of({ overrides: { operatorLibraries: ['a.so', '/b.so'] } })).to.deep.equal([...here('a.so'), '/b.so']);
    expect(of({ env: { NODE_LIBTORCH_OPERATOR_LIBRARIES: 'a.so:b.so' } })).to.deep.equal(here('a.so', 'b.so'));
    expect(of({ file: file({ operatorLibraries: ['a.so'] }) })).to.deep.equal([join(folder, 'a.so')]);
    expect(faultOf({ env: { NODE_LIBTORCH_OPERATOR_LIBRARIES: 'a.so:' } })).to.include('operatorLibraries');
    expect(faultOf({ file: file({ operatorLibraries: 'a.so' }) })).to.include('operatorLibraries');
  });

  const refused: [string, () => SettingsSources, string[]][] = [
    [
      'text for a number',
      () => ({ env: { PORT: 'http' } }),
      ['port', 'environment variable PORT', 'from 0 to 65535', '"http"'],
    ],
    ['a fraction', () => ({ overrides: { port: 80.5 } }), ['flag --port', '80.5']],
    ['too large', () => ({ overrides: { port: '65536' } }), ['port', '65536']],
    ['too small', () => ({ env: { NODE_LIBTORCH_INSTANCES: '0' } }), ['NODE_LIBTORCH_INSTANCES', 'from 1 to 256']],
    ['a wrong choice', () => ({ overrides: { precision: 'fp8' } }), ['auto, fp32, fp16, bf16', '"fp8"']],
    ['a wrong device', () => ({ overrides: { device: 'cuda:x' } }), ['device', 'cuda:N']],
    ['an unknown key of the file', () => ({ file: file({ prot: 'hunter2' }) }), ['"prot"', 'settings.json']],
    ['an unknown override', () => ({ overrides: { nope: 1 } as never }), ['"nope"']],
    ['a wrong type in the file', () => ({ file: file({ port: '80' }) }), ['port', 'settings.json', '"80"']],
    [
      'an item out of bounds',
      () => ({ file: file({ warmupBatchSizes: [1, 1025] }) }),
      ['warmupBatchSizes', 'from 1 to 1024'],
    ],
    ['a file that is no object', () => ({ file: file([1]) }), ['an object of settings', 'an array of 1']],
    ['a missing file', () => ({ file: join(folder, 'none.json') }), ['none.json', 'ENOENT']],
    [
      'limits that contradict each other',
      () => ({ overrides: { headersTimeoutMs: 40_000 } }),
      ['headersTimeoutMs', '30000'],
    ],
  ];
  for (const [name, sources, parts] of refused) {
    it(`refuse ${name}`, () => {
      const message = faultOf(sources());
      for (const part of parts) expect(message).to.include(part);
    });
  }

  it('quote nothing of a file that is no JSON, nor the value of an unknown key', () => {
    expect(faultOf({ file: file('{"token": hunter2}') }))
      .to.include('to hold JSON')
      .and.not.include('hunter2');
    expect(faultOf({ file: file({ token: 'hunter2' }) })).not.to.include('hunter2');
  });

  it('have names of their own', () => {
    for (const column of ['env', 'flag'] as const) {
      expect(new Set(settingKeys.map((key) => settingsTable[key][column])).size).to.equal(settingKeys.length);
    }
  });

  it('are documented as they are', () => {
    checkDocsTable(
      'settings.md',
      ['Setting', 'Flag', 'Environment', 'Values', 'Default', 'Per model', 'What'],
      settingKeys.map((key) => {
        const { flag, env, values, initialText, description, isPerModel } = settingsTable[key];
        return [`\`${key}\``, `\`--${flag}\``, `\`${env}\``, values, initialText, isPerModel ? 'yes' : '', description];
      }),
    );
  });
});
