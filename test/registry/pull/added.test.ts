/** A pull into a real registry: what it records, what it does the second time, and what a killed one leaves. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { ModelRegistry } from '#dist/registry/index.js';
import type { PullOptions, PullProgress } from '#dist/registry/pull/options.js';
import { pull } from '#dist/registry/pull/pull.js';
import { fixture, onnx, root } from '../../support/paths.js';
import { rejection } from '../../support/rejection.js';
import { commit, sha256, startHub, type Hub } from './hub-server.js';

const external = readFileSync(onnx('external'));
const weights = readFileSync(fixture('onnx/weights.bin'));

describe('pull into a registry', function () {
  this.timeout(60_000);

  let folder: string;
  let hub: Hub;
  let registry: ModelRegistry;
  const place = `hf:org/model@${commit}`;
  const files = { 'onnx/model.onnx': external, 'onnx/weights.bin': weights };

  const fetchIt = (options: Partial<PullOptions> = {}) =>
    pull(registry, place, { name: 'pulled', version: 'v1.0', endpoint: hub.endpoint, backoffMs: 1, ...options });

  const staged = () =>
    ['records', 'models'].flatMap((room) => {
      const staging = join(folder, room, '.staging');
      return existsSync(staging) ? readdirSync(staging) : [];
    });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pull-'));
    const [registryDir, modelsDir] = [join(folder, 'records'), join(folder, 'models')];
    mkdirSync(registryDir);
    mkdirSync(modelsDir);
    registry = await ModelRegistry.open({ registryDir, modelsDir });
    hub = await startHub({ files });
    hub.card = { license: 'mit', datasets: ['org/data'] };
  });

  afterEach(async () => {
    await hub.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('records where the model is from, and the weights with it', async () => {
    const progress: PullProgress[] = [];
    const { record, added } = await fetchIt({ description: 'A pulled one.', onProgress: (one) => progress.push(one) });
    expect(added).to.equal(true);
    expect(record).to.deep.include({
      name: 'pulled',
      engine: 'onnx',
      source: { repository: 'hf:org/model', revision: commit, file: 'onnx/model.onnx' },
      license: 'mit',
      training: { dataset: 'hf:datasets/org/data' },
      description: 'A pulled one.',
      artifact: {
        file: 'model.onnx',
        sha256: sha256(external),
        bytes: external.length,
        sidecars: [{ file: 'weights.bin', sha256: sha256(weights), bytes: weights.length }],
      },
    });
    expect(await registry.resolve('pulled')).to.deep.equal(record);
    await registry.verify('pulled', 'v1.0');
    const card = readFileSync(join(folder, 'records/pulled/v1.0/MODEL_CARD.md'), 'utf8');
    expect(card).to.include('`hf:org/model`').and.to.include(commit).and.to.include('hf:datasets/org/data');
    const stages = [...new Set(progress.map(({ stage }) => stage))];
    expect(stages).to.deep.equal(['resolve', 'download', 'copy', 'load', 'run', 'record']);
    expect(staged()).to.deep.equal([]);
  });

  it('fetches nothing for a version that is there, and refuses another under its name', async () => {
    await fetchIt();
    const before = hub.fetched().length;
    expect((await fetchIt()).added).to.equal(false);
    expect(hub.fetched().length).to.equal(before);
    await hub.close();
    hub = await startHub({ files: { 'other.onnx': readFileSync(onnx('linear')) } });
    expect((await rejection(fetchIt())).code).to.equal('ERR_VERSION_EXISTS');
    expect(hub.fetched()).to.deep.equal([]);
    expect((await fetchIt({ version: 'v1.1' })).added).to.equal(true);
    expect(staged()).to.deep.equal([]);
  });

  it('leaves nothing of what is no model', async () => {
    await hub.close();
    hub = await startHub({ files: { 'model.pt': Buffer.from('PK\x03\x04 nothing of the kind') } });
    const error = await rejection(fetchIt());
    expect(error.code).to.match(/^ERR_(MODEL_FORMAT|UNSAFE_ARCHIVE|MODEL_LOAD)$/);
    expect(await registry.list()).to.deep.equal([]);
    expect(staged()).to.deep.equal([]);
  });

  it('refuses what `add` refuses before it fetches anything', async () => {
    for (const options of [{ name: '../x' }, { version: 'latest' }, { labels: [] }, { unknown: 1 }]) {
      expect((await rejection(fetchIt(options))).code).to.equal('ERR_INVALID_ARGUMENT');
    }
    expect(hub.asked).to.deep.equal([]);
  });

  it('is gone with the next change when it was killed', async () => {
    let first = true;
    hub.fault = ({ host }, response) => {
      if (host !== 'storage' || !first) return false;
      first = false;
      response.writeHead(200, { 'content-length': external.length }).write(external.subarray(0, 10));
      return true;
    };
    const url = (path: string) => JSON.stringify(pathToFileURL(join(root, 'dist', path)).href);
    const code = `const { ModelRegistry } = await import(${url('registry/index.js')});
      const { pull } = await import(${url('registry/pull/pull.js')});
      const registry = await ModelRegistry.open(${JSON.stringify({ registryDir: registry.registryDir, modelsDir: registry.modelsDir })});
      const onProgress = ({ bytes }) => bytes > 0 && console.log(bytes);
      await pull(registry, '${place}', { name: 'pulled', version: 'v1.0', endpoint: '${hub.endpoint}', onProgress });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(staged()).to.not.deep.equal([]);
    expect(await registry.list()).to.deep.equal([]);
    expect((await fetchIt()).added).to.equal(true);
    expect(staged()).to.deep.equal([]);
  });

  it('says what to install where the hub’s library is missing', () => {
    cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
    const library = JSON.stringify(pathToFileURL(join(folder, 'dist/registry/pull/library.js')).href);
    const source = `const { loadHub } = await import(${library});
      const { code, message } = await loadHub().catch((error) => error);
      console.log(JSON.stringify({ code, message }));`;
    const text = execFileSync(process.execPath, ['--input-type=module', '-e', source], {
      cwd: folder,
      encoding: 'utf8',
    });
    const { code, message } = JSON.parse(text) as Record<string, string>;
    expect(code).to.equal('ERR_HUB_NOT_FOUND');
    expect(message).to.include('not installed').and.to.include('npm install @huggingface/hub');
  });
});
