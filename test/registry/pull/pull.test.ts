/** Pulls from a hub on the loopback: what comes, what is asked, and what a hub may do wrong. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { loadModel } from '#dist/engines/index.js';
import type { TorchError } from '#dist/errors.js';
import type { PullOptions, PullProgress } from '#dist/registry/pull/options.js';
import { pull } from '#dist/registry/pull/pull.js';
import { Store } from '#dist/registry/store/store.js';
import { fixture, onnx } from '../../support/paths.js';
import { rejection } from '../../support/rejection.js';
import { commit, json, send, sha256, startHub, type Fault, type Hub, type HubOptions } from './hub-server.js';

const linear = readFileSync(onnx('linear'));
const external = readFileSync(onnx('external'));
const weights = readFileSync(fixture('onnx/weights.bin'));
const other = readFileSync(onnx('two'));
const readme = Buffer.from('---\nlicense: apache-2.0\n---\n# A model\n');

/** What `add` was given, and what lay there then. */
interface Added {
  readonly file: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly files: Readonly<Record<string, string>>;
}

describe('pull', () => {
  let folder: string;
  let hub: Hub;
  let added: Added[];
  const names = { name: 'pulled', version: 'v1.0' };
  const place = `hf:org/model@${commit}`;

  const files: HubOptions['files'] = {
    'README.md': readme,
    'config.json': Buffer.from('{}'),
    'onnx/model.onnx': external,
    'onnx/weights.bin': weights,
    'pytorch_model.bin': Buffer.from('a state dictionary'),
  };

  async function start(options: Partial<HubOptions> = {}): Promise<void> {
    await hub?.close();
    hub = await startHub({ files, inGit: ['README.md', 'config.json', 'onnx/model.onnx'], ...options });
  }

  /** A registry that notes what it is given: whether it is a model is told by loading it. added.test.ts has a real one. */
  const registry = () => ({
    record: () => Promise.reject(new Error('there is none')),
    verify: () => Promise.reject(new Error('there is none')),
    store: async () => new Store({ registryDir: join(folder, 'records'), modelsDir: join(folder, 'models') }),
    add: async (file: string, options: object) => {
      const found = readdirSync(dirname(file), { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
      const digests = found.map((one) => [one.name, sha256(readFileSync(join(one.parentPath, one.name)))]);
      await using model = await loadModel(file, { engine: 'onnx' });
      expect(model.info.sha256).to.equal(sha256(readFileSync(file)));
      added.push({ file, options: options as Added['options'], files: Object.fromEntries(digests) as Added['files'] });
      return { record: undefined as never, added: true };
    },
  });

  const fetchIt = (options: Partial<PullOptions> = {}, from = place) =>
    pull(registry(), from, { ...names, endpoint: hub.endpoint, backoffMs: 1, ...options });

  /** Nothing of a pull is left, whether it came to an end or not. */
  function nothingLeft(): void {
    for (const room of ['records', 'models']) {
      const staging = join(folder, room, '.staging');
      expect(existsSync(staging) ? readdirSync(staging) : [], room).to.deep.equal([]);
      expect(
        readdirSync(join(folder, room)).filter((name) => !name.startsWith('.')),
        room,
      ).to.deep.equal([]);
    }
  }

  async function fails(code: string, options: Partial<PullOptions> = {}, from = place): Promise<TorchError> {
    const error = await rejection(fetchIt(options, from));
    expect(error.code, error.message).to.equal(code);
    expect(added).to.deep.equal([]);
    nothingLeft();
    return error;
  }

  /** Only requests of a file's bytes. */
  const ofFile =
    (fault: Fault): Fault =>
    (asked, response) =>
      (asked.host === 'storage' || asked.path.includes('/resolve/')) && fault(asked, response);

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pull-'));
    for (const room of ['records', 'models']) mkdirSync(join(folder, room));
    added = [];
    delete process.env.HF_TOKEN;
    delete process.env.HF_ENDPOINT;
    await start();
  });

  afterEach(async () => {
    await hub.close();
    rmSync(folder, { recursive: true, force: true });
  });

  describe('of a good hub', () => {
    for (const [code, ours] of [
      ['ENOSPC', 'ERR_STORAGE_FULL'],
      ['EDQUOT', 'ERR_STORAGE_FULL'],
      ['EIO', 'ERR_STORAGE'],
    ] as const) {
      for (const nth of [1, 2]) {
        it(`says ${code} of the disk at write ${nth} of a file for what it is, and asks the hub no further`, async () => {
          // A file in two pieces: one of them is written before the disk is full.
          await start({ files: { 'model.onnx': Buffer.alloc(200_000) }, inGit: [] });
          const probe = await open(process.execPath);
          const prototype = Object.getPrototypeOf(probe) as { write: (...given: unknown[]) => Promise<unknown> };
          await probe.close();
          const { write } = prototype;
          let writes = 0;
          prototype.write = async function (...given) {
            if ((given[0] as Uint8Array).length < 1000 || ++writes < nth) return await write.apply(this, given);
            throw Object.assign(new Error(`${code}: of a test, write`), { code, syscall: 'write' });
          };
          try {
            const { message } = await fails(ours);
            expect(message).to.include(code).and.include('fix: ').and.not.include('network');
            expect(writes).to.equal(nth);
          } finally {
            prototype.write = write;
          }
        });
      }
    }

    it('fetches the only model with the weights beside it, and says where they are from', async () => {
      const progress: PullProgress[] = [];
      const result = await fetchIt({ onProgress: (one) => progress.push(one) });
      expect(result.added).to.equal(true);
      expect(added).to.have.length(1);
      const [{ options, files: found }] = added as [Added];
      expect(found).to.deep.equal({ 'model.onnx': sha256(external), 'weights.bin': sha256(weights) });
      expect(options).to.deep.include({
        ...names,
        source: { repository: 'hf:org/model', revision: commit, file: 'onnx/model.onnx' },
      });
      expect(hub.fetched()).to.deep.equal(['onnx/model.onnx', 'onnx/weights.bin']);
      const last = progress.findLast(({ stage }) => stage === 'download');
      const total = external.length + weights.length;
      expect(last).to.deep.equal({ stage: 'download', file: 'onnx/weights.bin', bytes: total, total });
      expect(progress[0]).to.deep.equal({ stage: 'resolve' });
      nothingLeft();
    });

    it('takes the licence and the data from the card, where they are stated there alone', async () => {
      hub.card = { license: 'apache-2.0', datasets: ['org/data'], pipeline_tag: 'other', tags: ['x'] };
      await fetchIt();
      expect(added[0]?.options).to.deep.include({
        license: 'apache-2.0',
        training: { dataset: 'hf:datasets/org/data' },
      });
      await fetchIt({ license: 'MIT', record: { training: { dataset: 'mine' } } });
      expect(added[1]?.options.license).to.equal('MIT');
      expect(added[1]?.options).to.not.have.property('training');
      for (const card of [{}, { license: ['unknown'] }, { license: 7, datasets: 'x'.repeat(500) }, ['license']]) {
        hub.card = card;
        await fetchIt();
        expect(added.pop()?.options).to.not.have.any.keys('license', 'training');
      }
    });

    it('asks for the commit of a branch, and writes it down', async () => {
      const older = 'f'.repeat(40);
      await start({ branches: { main: commit, 'refs/pr/1': commit, 'v2.0': commit, old: older } });
      for (const revision of ['', '@main', '@v2.0', '@refs/pr/1']) {
        await fetchIt({ resolve: true }, `hf:org/model${revision}`);
        const source = added.pop()?.options.source as { revision: string };
        expect(source.revision, revision).to.equal(commit);
      }
      for (const { path } of hub.asked) if (/\/(tree|resolve)\//.test(path)) expect(path).to.include(commit);
    });

    it('takes the file that is named, under any extension', async () => {
      const many = { 'a.onnx': linear, 'b.ONNX': other, 'models/c d#1?.onnx': linear, 'weights.dat': other };
      await start({ files: many });
      for (const file of Object.keys(many)) {
        await fetchIt({ file });
        expect((added.at(-1)?.options.source as { file: string }).file).to.equal(file);
      }
      expect(added.map((one) => one.file.split('/').at(-1))).to.deep.equal([
        'a.onnx',
        'b.ONNX',
        'model.onnx',
        'weights.dat',
      ]);
    });

    it('takes a repository without an owner, and a commit in capitals', async () => {
      await start({ repository: 'gpt2' });
      await fetchIt({}, `hf:gpt2@${commit.toUpperCase()}`);
      expect((added[0]?.options.source as { revision: string }).revision).to.equal(commit);
    });

    it('goes on where a connection was cut, and begins again where that is not offered', async () => {
      const large = Buffer.concat([linear, Buffer.alloc(0)]);
      await start({ files: { 'model.onnx': large } });
      let cuts = 0;
      hub.fault = ({ host, headers }, response) => {
        if (host !== 'storage' || ++cuts > 3) return false;
        const from = Number(/^bytes=(\d+)/.exec(headers.range ?? '')?.[1] ?? 0);
        const end = from + 20;
        const range = {
          'content-length': large.length - from,
          'content-range': `bytes ${from}-${large.length - 1}/${large.length}`,
        };
        response.writeHead(from === 0 ? 200 : 206, from === 0 ? { 'content-length': large.length } : range);
        response.write(large.subarray(from, end), () => setTimeout(() => response.destroy(), 20));
        return true;
      };
      await fetchIt();
      const ranges = hub.asked.filter(({ host }) => host === 'storage').map(({ headers }) => headers.range);
      expect(ranges).to.deep.equal([undefined, ...[20, 40, 60].map((from) => `bytes=${from}-${large.length - 1}`)]);
      // A server without ranges sends all of it again.
      cuts = 0;
      hub.fault = ({ host }, response) => {
        if (host !== 'storage') return false;
        response.writeHead(200, { 'content-length': large.length });
        if (++cuts > 1) response.end(large);
        else response.write(large.subarray(0, 30), () => setTimeout(() => response.destroy(), 20));
        return true;
      };
      await fetchIt();
      expect(cuts).to.equal(2);
      expect(added.map(({ files: found }) => found['model.onnx'])).to.deep.equal([sha256(large), sha256(large)]);
    });
  });

  describe('and the token', () => {
    const token = 'hf_secretsecretsecret';

    it('goes to the hub alone, from the option or HF_TOKEN', async () => {
      await start({ token });
      await fetchIt({ token });
      process.env.HF_TOKEN = token;
      await fetchIt();
      for (const { host, headers } of hub.asked) {
        expect(headers.authorization, host).to.equal(host === 'hub' ? `Bearer ${token}` : undefined);
        expect(JSON.stringify(headers).includes(token)).to.equal(host === 'hub');
      }
      expect(hub.asked.some(({ host }) => host === 'storage')).to.equal(true);
    });

    it('is in no error', async () => {
      await start({ token });
      const error = await fails('ERR_DOWNLOAD', { token: 'hf_anotheranother' });
      expect(error.message).to.include('401').and.to.include('HF_TOKEN').and.to.not.include('hf_another');
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).to.not.include('hf_another');
      const malformed = await rejection(fetchIt({ token: 'hf_a\r\nx: y' }));
      expect(malformed.code).to.equal('ERR_INVALID_ARGUMENT');
      expect(malformed.message).to.not.include('hf_a');
    });
  });

  describe('refuses before anything is asked', () => {
    afterEach(() => expect(hub.asked).to.deep.equal([]));

    for (const revision of ['', '@main', '@v1.0', `@${commit.slice(0, 39)}`, '@0123456', '@HEAD']) {
      it(`a revision that may move: hf:org/model${revision}`, async () => {
        const error = await fails('ERR_INVALID_ARGUMENT', {}, `hf:org/model${revision}`);
        expect(error.message).to.include('--resolve').and.to.include('40 hex digits');
      });
    }

    const places = [
      ...[
        '',
        'org/model',
        'https://huggingface.co/org/model',
        'file:///etc/passwd',
        'hf:',
        'hf:@x',
        'hf:a/b/c',
        'hf:../x',
      ],
      ...[
        'hf:org/..',
        'hf:org/model.git',
        'hf:o--rg/m',
        'hf:org\\model',
        'hf:org/mo del',
        'hf:org/model%2f..',
        'hf://org/model',
      ],
      ...[
        'hf:org/model@..',
        'hf:org/model@a..b',
        'hf:org/model@a b',
        'hf:org/model@-x',
        'hf:org/model@x?y',
        'hf:org/m\0',
      ],
      ...[`hf:${'a'.repeat(97)}`, 'hf:datasets/org/model', 'hf:org/model@a@b', 'HF:org/model', 'mlflow://x'],
    ];
    for (const from of places) {
      it(`a place of another form: ${JSON.stringify(from)}`, async () => {
        await fails('ERR_INVALID_ARGUMENT', { resolve: true }, from);
      });
    }

    const endpoints = [
      ...['http://example.com', 'http://10.0.0.1', 'http://169.254.169.254', 'https://169.254.169.254', 'file:///tmp'],
      ...[
        'ftp://localhost',
        'https://user:secret@huggingface.co',
        'http://127.0.0.1@example.com',
        'huggingface.co',
        'http://[fe80::1]',
      ],
      ...[
        'https://[::ffff:169.254.169.254]',
        'http://localhost.example.com',
        'https://huggingface.co?x=1',
        'http://2852039166',
      ],
    ];
    for (const endpoint of endpoints) {
      it(`the endpoint ${endpoint}`, async () => {
        const error = await fails('ERR_INVALID_ARGUMENT', { endpoint });
        expect(error.message).to.not.include('secret');
        process.env.HF_ENDPOINT = endpoint;
        const again = await rejection(pull(registry(), place, names));
        expect(again.code).to.equal('ERR_INVALID_ARGUMENT');
      });
    }

    for (const file of [
      '',
      '../x.onnx',
      '/etc/x.onnx',
      'a//b.onnx',
      'a\\b.onnx',
      'a\0.onnx',
      './x.onnx',
      'c:x.onnx',
      7,
    ]) {
      it(`the file ${JSON.stringify(file)}`, async () => {
        await fails('ERR_INVALID_ARGUMENT', { file: file as string });
      });
    }

    it('options that are none', async () => {
      for (const options of [
        { maxBytes: 0 },
        { timeoutMs: -1 },
        { stallMs: 'x' },
        { resolve: 1 },
        { source: {} },
        { signal: {} },
      ]) {
        await fails('ERR_INVALID_ARGUMENT', options as object);
      }
    });
  });

  describe('of a repository that is not what was meant', () => {
    it('names the model files when there are several, and what there is when there is none', async () => {
      await start({ files: { 'a.onnx': linear, 'x/b.pt': other, 'readme.txt': readme } });
      expect((await fails('ERR_INVALID_ARGUMENT')).message)
        .to.include('--file')
        .and.to.include('a.onnx')
        .and.to.include('x/b.pt');
      await start({ files: { 'model.safetensors': other } });
      expect((await fails('ERR_MODEL_NOT_FOUND')).message)
        .to.include('model.safetensors')
        .and.to.include('export');
      await start();
      expect((await fails('ERR_MODEL_NOT_FOUND', { file: 'onnx/none.onnx' })).message).to.include('onnx/model.onnx');
      await fails('ERR_MODEL_NOT_FOUND', { file: 'none/none.onnx' });
    });

    it('says that a repository or a commit is not there', async () => {
      await fails('ERR_MODEL_NOT_FOUND', {}, `hf:org/none@${commit}`);
      await fails('ERR_MODEL_NOT_FOUND', {}, `hf:org/model@${'9'.repeat(40)}`);
      await fails('ERR_MODEL_NOT_FOUND', { resolve: true }, 'hf:org/model@none');
    });

    it('says that weights are missing', async () => {
      await start({ files: { 'm.onnx': external } });
      expect((await fails('ERR_MODEL_NOT_FOUND')).message).to.include('weights.bin');
    });

    it('refuses weights outside of the model’s folder', async () => {
      const evil = Buffer.from(external.toString('latin1').replace('weights.bin', '../evil.bin'), 'latin1');
      await start({ files: { 'a/m.onnx': evil, 'evil.bin': weights } });
      await fails('ERR_UNSAFE_ARCHIVE');
    });

    it('refuses more bytes than are allowed, before they come', async () => {
      const error = await fails('ERR_DOWNLOAD', { maxBytes: external.length });
      expect(error.message).to.include('--max-bytes');
      expect(hub.fetched()).to.deep.equal(['onnx/model.onnx']);
    });
  });

  describe('of a hub that does wrong', () => {
    const bad = Buffer.from(linear);
    bad[bad.length - 1]! ^= 1;

    const paths = [
      '../evil.onnx',
      '/etc/evil.onnx',
      'a/../../evil.onnx',
      'a\\evil.onnx',
      'a\0.onnx',
      '',
      'x//y.onnx',
      'C:evil.onnx',
      7,
    ];
    for (const path of [...paths, `${'d/'.repeat(40)}x.onnx`, `${'n'.repeat(300)}.onnx`, 'm\ud800.onnx']) {
      it(`lists ${JSON.stringify(path).slice(0, 40)}`, async () => {
        hub.listing = (entries) => [...entries, { type: 'file', oid: commit, size: 3, path }];
        await fails('ERR_UNSAFE_ARCHIVE');
        expect(hub.fetched()).to.deep.equal([]);
      });
    }

    it('lists a file twice, without a size, without a digest, or something else', async () => {
      const lists: readonly (readonly [string, object[]])[] = [
        ['ERR_UNSAFE_ARCHIVE', [...Array<object>(2).fill({ type: 'file', oid: commit, size: 3, path: 'a.onnx' })]],
        ['ERR_DOWNLOAD', [{ type: 'file', oid: commit, path: 'a.onnx' }]],
        ['ERR_DOWNLOAD', [{ type: 'file', oid: commit, size: -1, path: 'a.onnx' }]],
        ['ERR_DOWNLOAD', [{ type: 'file', oid: commit, size: 1e30, path: 'a.onnx' }]],
        ['ERR_DOWNLOAD', [{ type: 'file', oid: commit, size: 3, path: 'a.onnx', lfs: { oid: 'x', size: 3 } }]],
        ['ERR_DOWNLOAD', [null as unknown as object]],
      ];
      for (const [code, list] of lists) {
        hub.listing = () => list;
        await fails(code);
      }
    });

    it('never ends its listing', async () => {
      await start({ page: 1000 });
      let pages = 0;
      hub.fault = ({ path }, response) => {
        if (!path.includes('/tree/')) return false;
        const page = Array.from({ length: 1000 }, (_, at) => ({
          type: 'file',
          oid: commit,
          size: 1,
          path: `f${pages}-${at}`,
        }));
        json(response, 200, page, {
          link: `<${hub.endpoint}${path.split('&cursor')[0]}&cursor=${++pages}>; rel="next"`,
        });
        return true;
      };
      await fails('ERR_DOWNLOAD');
      expect(pages).to.be.within(100, 102);
    });

    it('never ends its listing, of pages with nothing on them', async () => {
      await start({ page: 1000 });
      let pages = 0;
      hub.fault = ({ path }, response) => {
        if (!path.includes('/tree/')) return false;
        json(response, 200, [], { link: `<${hub.endpoint}${path.split('&cursor')[0]}&cursor=${++pages}>; rel="next"` });
        return true;
      };
      await fails('ERR_DOWNLOAD');
      expect(pages).to.equal(1000);
    });

    it('sends its listing to another host', async () => {
      hub.fault = ({ path }, response) => {
        if (!path.includes('/tree/')) return false;
        json(response, 200, [], { link: `<${hub.storage}/steal>; rel="next"` });
        return true;
      };
      await fails('ERR_DOWNLOAD', { token: 'hf_secret' });
      hub.fault = ({ path }, response) => {
        if (!path.includes('/revision/')) return false;
        response.writeHead(307, { location: `${hub.storage}/steal` }).end();
        return true;
      };
      await fails('ERR_DOWNLOAD', { token: 'hf_secret' });
      expect(hub.asked.some(({ host }) => host === 'storage')).to.equal(false);
    });

    it('has another commit in the place of the one that was asked for', async () => {
      await start({ branches: { [commit]: 'e'.repeat(40) } });
      hub.fault = ({ path }, response) => {
        if (!path.includes('/revision/')) return false;
        json(response, 200, { id: 'org/model', sha: 'e'.repeat(40) });
        return true;
      };
      await fails('ERR_INTEGRITY');
    });

    const answers: readonly (readonly [string, string, Fault])[] = [
      ['401', 'ERR_DOWNLOAD', (_, response) => (json(response, 401, { error: 'no' }), true)],
      ['403', 'ERR_DOWNLOAD', (_, response) => (json(response, 403, { error: 'gated' }), true)],
      ['404', 'ERR_MODEL_NOT_FOUND', (_, response) => (json(response, 404, { error: 'no' }), true)],
      ['500, each time', 'ERR_DOWNLOAD', (_, response) => (json(response, 500, { error: 'no' }), true)],
      ['429, each time', 'ERR_DOWNLOAD', (_, response) => (json(response, 429, { error: 'no' }), true)],
      ['other bytes', 'ERR_INTEGRITY', (_, response) => (send(response, undefined, bad, {}), true)],
      ['fewer bytes', 'ERR_INTEGRITY', (_, response) => (send(response, undefined, linear.subarray(9), {}), true)],
      [
        'fewer bytes of no length',
        'ERR_DOWNLOAD',
        (_, response) => (response.writeHead(200).end(linear.subarray(9)), true),
      ],
      [
        'ten times the bytes',
        'ERR_INTEGRITY',
        (_, response) => (send(response, undefined, Buffer.concat(Array<Buffer>(10).fill(linear)), {}), true),
      ],
      [
        'an LFS pointer',
        'ERR_INTEGRITY',
        (_, response) => (
          response
            .writeHead(200)
            .end(
              `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(linear)}\nsize ${linear.length}\n`.padEnd(
                linear.length + 1,
              ),
            ),
          true
        ),
      ],
      [
        'a page',
        'ERR_INTEGRITY',
        (_, response) => (
          response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>'.padEnd(linear.length)),
          true
        ),
      ],
      [
        'another digest',
        'ERR_INTEGRITY',
        (_, response) => (send(response, undefined, linear, { 'x-linked-etag': `"${sha256(bad)}"` }), true),
      ],
      [
        'another commit',
        'ERR_INTEGRITY',
        (_, response) => (send(response, undefined, linear, { 'x-repo-commit': 'e'.repeat(40) }), true),
      ],
      [
        'gzip that nobody asked for',
        'ERR_DOWNLOAD',
        (_, response) => (send(response, undefined, linear, { 'content-encoding': 'gzip' }), true),
      ],
      ['a cut connection, each time', 'ERR_DOWNLOAD', (_, response) => (response.destroy(), true)],
      [
        'redirects for ever',
        'ERR_DOWNLOAD',
        ({ path }, response) => (response.writeHead(302, { location: `${path}x` }).end(), true),
      ],
      ['a redirect to nowhere', 'ERR_DOWNLOAD', (_, response) => (response.writeHead(302).end(), true)],
      [
        'an endless body',
        'ERR_INTEGRITY',
        (_, response) => {
          response.writeHead(200);
          const more = (): void => {
            if (!response.destroyed) response.write(Buffer.alloc(65536), () => setImmediate(more));
          };
          more();
          return true;
        },
      ],
    ];
    for (const [what, code, fault] of answers) {
      it(`answers with ${what}`, async () => {
        await start({ files: { 'model.onnx': linear } });
        hub.fault = ofFile(fault);
        await fails(code);
      });
    }

    const elsewhere = [
      ...[
        'http://169.254.169.254/latest',
        'http://10.0.0.1/x',
        'https://10.0.0.1/x',
        'https://127.0.0.1/x',
        'https://[::1]/x',
      ],
      ...[
        'http://[::ffff:169.254.169.254]/x',
        'http://example.com/x',
        'file:///etc/passwd',
        'ftp://127.0.0.1/x',
        'data:,x',
      ],
      ...[
        'http://2852039166/x',
        'https://192.168.0.1/x',
        'https://[fd00::1]/x',
        'https://0.0.0.0/x',
        'https://100.64.0.1/',
      ],
      ...[
        'https://[64:ff9b::a9fe:a9fe]/',
        'https://[2002:a9fe:a9fe::]/',
        'https://localhost/x',
        'http://user:x@127.0.0.1/',
      ],
    ];
    for (const location of elsewhere) {
      it(`sends a download to ${location}`, async () => {
        await start({ files: { 'model.onnx': linear } });
        hub.fault = ofFile((_, response) => (response.writeHead(302, { location }).end(), true));
        const error = await fails('ERR_DOWNLOAD', { token: 'hf_secret' });
        expect(error.message).to.not.include('hf_secret');
        expect(hub.asked.filter(({ path }) => path.includes('/resolve/'))).to.have.length(1);
      });
    }

    it('answers with a page where JSON was asked for, or with too much of it', async () => {
      const faults: readonly Fault[] = [
        (_, response) => (response.writeHead(200, { 'content-type': 'text/html' }).end('<html>log in</html>'), true),
        (_, response) => (response.writeHead(200, { 'content-type': 'application/json' }).end('{'), true),
        (_, response) => (json(response, 200, { pad: 'x'.repeat(9 * 2 ** 20) }), true),
        (_, response) => (json(response, 200, null), true),
        (_, response) => (json(response, 200, { sha: 'main' }), true),
      ];
      for (const fault of faults) {
        hub.fault = fault;
        await fails('ERR_DOWNLOAD', { resolve: true }, 'hf:org/model');
      }
    });

    it('stalls, in its answers and in a file', async () => {
      hub.fault = () => true;
      expect((await fails('ERR_DOWNLOAD', { stallMs: 50 })).message).to.include('50 ms');
      await start({ files: { 'model.onnx': linear } });
      hub.fault = ofFile(
        (_, response) => (
          response.writeHead(200, { 'content-length': linear.length }).write(linear.subarray(0, 5)),
          true
        ),
      );
      expect((await fails('ERR_DOWNLOAD', { stallMs: 50 })).message).to.match(/5 of|50 ms/);
    });

    it('drips for longer than it may', async () => {
      await start({ files: { 'model.onnx': linear } });
      hub.fault = ofFile((_, response) => {
        response.writeHead(200, { 'content-length': linear.length });
        let at = 0;
        const drip = (): void => {
          if (!response.destroyed) response.write(linear.subarray(at, ++at), () => setTimeout(drip, 30));
        };
        drip();
        return true;
      });
      await fails('ERR_TIMEOUT', { timeoutMs: 400 });
    });

    it('is nowhere', async () => {
      const { endpoint } = hub;
      await hub.close();
      const error = await rejection(pull(registry(), place, { ...names, endpoint }));
      expect(error.code).to.equal('ERR_DOWNLOAD');
      nothingLeft();
      await start();
    });
  });

  it('ends with its signal, before and amid the download', async () => {
    const reason = new Error('enough');
    expect(await rejection(fetchIt({ signal: AbortSignal.abort(reason) }))).to.equal(reason);
    const stop = new AbortController();
    hub.fault = ofFile((_, response) => {
      response.writeHead(200, { 'content-length': external.length }).write(external.subarray(0, 5));
      setTimeout(() => stop.abort(reason), 20);
      return true;
    });
    expect(await rejection(fetchIt({ signal: stop.signal }))).to.equal(reason);
    nothingLeft();
  });
});
