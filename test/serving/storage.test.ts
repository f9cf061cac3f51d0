import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ModelHost, ModelRegistry } from 'node-libtorch';
import { digitRows, digits, DigitRegistry } from '../support/digit-registry.js';
import { root } from '../support/paths.js';
import { rejection } from '../support/rejection.js';

const run = promisify(execFile);

/** What is loaded serves on, whatever becomes of the disk; a load says what is wrong, and is well once it is mended. */
describe('a host whose registry is not what it was', function () {
  this.timeout(60_000);
  let files: DigitRegistry;
  let registry: ModelRegistry;
  let host: ModelHost;

  beforeEach(async () => {
    files = await DigitRegistry.make('v1.0', 'v1.1');
    registry = await files.open();
    await registry.setAlias(digits, 'champion', 'v1.0');
    host = await ModelHost.open({ registry, models: [{ name: digits, versions: ['champion'], warmup: false }] });
  });
  afterEach(async () => {
    await host.close();
    files.remove();
  });

  const record = () => join(files.registryDir, digits, 'v1.0', 'metadata.json');
  const away = (path: () => string) => ({
    harm: () => renameSync(path(), `${path()}.away`),
    mend: () => renameSync(`${path()}.away`, path()),
  });
  const instead = (path: () => string) => ({
    harm: () => {
      renameSync(path(), `${path()}.away`);
      writeFileSync(path(), 'a file');
    },
    mend: () => {
      rmSync(path());
      renameSync(`${path()}.away`, path());
    },
  });
  const cases = {
    'the records are gone': { ...away(() => files.registryDir), code: 'ERR_STORAGE' },
    'the artifacts are gone': { ...away(() => files.modelsDir), code: /^ERR_(STORAGE|INTEGRITY)$/ },
    'the model is gone': { ...away(() => join(files.registryDir, digits)), code: 'ERR_MODEL_NOT_FOUND' },
    'the record is gone': { ...away(record), code: 'ERR_MANIFEST' },
    'the artifact is gone': { ...away(() => files.artifact('v1.0')), code: 'ERR_INTEGRITY' },
    'a file is where the records were': { ...instead(() => files.registryDir), code: 'ERR_STORAGE' },
    'a file is where the artifacts were': { ...instead(() => files.modelsDir), code: /^ERR_(STORAGE|INTEGRITY)$/ },
    'the record is no record': { ...instead(record), code: 'ERR_MANIFEST' },
    'the artifact is no model': { ...instead(() => files.artifact('v1.0')), code: /^ERR_(INTEGRITY|MODEL_FORMAT)$/ },
  };
  for (const [what, { harm, mend, code }] of Object.entries(cases)) {
    it(`${what}: serves on, says so, and is well again`, async () => {
      harm();
      for (let i = 0; i < 2; i++) {
        expect((await rejection(host.load({ name: digits }))).code).to.match(new RegExp(code));
        expect((await host.model(digits, 'champion').run(digitRows())).shape).to.deep.equal([1, 10]);
      }
      const [entry] = host.index();
      expect(entry).to.include({ version: 'v1.0', state: 'READY' });
      expect(entry!.reason).to.match(/^the last load failed: /);
      expect(entry!.reason).not.to.include(files.folder);
      expect(host.aliases(digits).get('champion')).to.equal('v1.0');
      mend();
      await host.load({ name: digits });
      expect(host.index()[0]).to.include({ state: 'READY', reason: '' });
      await registry.setAlias(digits, 'champion', 'v1.1');
      await host.refreshAliases();
      expect(host.list().map(({ version }) => version)).to.deep.equal(['v1.1']);
    });
  }

  it('serves by what aliases meant when they cannot be read', async () => {
    writeFileSync(join(files.registryDir, digits, 'aliases.json'), '{');
    expect(await rejection(host.refreshAliases())).to.have.property('code', 'ERR_MANIFEST');
    expect(await rejection(host.load({ name: digits }))).to.have.property('code', 'ERR_MANIFEST');
    expect(host.model(digits, 'champion').version).to.equal('v1.0');
    await host.load({ name: digits, versions: ['v1.1'] });
    expect(host.model(digits, 'v1.1').version, 'a version needs no alias').to.equal('v1.1');
    expect(host.model(digits).version).to.equal('v1.0');
  });

  it('has no descriptors left: a load fails or is done, and what serves goes on', async function () {
    if (process.platform === 'win32') this.skip();
    const script = 'test/serving/children/descriptors.mjs';
    const { stdout } = await run(
      'bash',
      ['-c', 'ulimit -n 200; exec "$0" "$@"', process.execPath, script, files.registryDir, files.modelsDir],
      { cwd: root },
    );
    const { codes, ...rest } = JSON.parse(stdout) as { codes: [number, string, string][] };
    const seen = new Set(codes.map(([, , code]) => code));
    expect(
      [...seen].filter((code) => !['ok', 'ERR_STORAGE', 'ERR_MODEL_LOAD', 'ERR_INTEGRITY'].includes(code)),
    ).to.deep.equal([]);
    expect(seen).to.include('ok').and.include('ERR_STORAGE');
    expect(rest).to.deep.equal({ version: 'v1.0', quarantine: [], failed: 0 });
  });
});
