import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { appendFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { cacheRoot } from '#dist/binding/cache.js';
import { chosenSet } from '#dist/binding/chosen.js';
import { candidates } from '#dist/binding/locate.js';
import { owner, ownerName } from '#dist/provision/owner.js';
import { silent } from '#dist/provision/report.js';
import { setup, wheelList } from '#dist/provision/setup.js';
import { until } from '../server/support/http.js';
import { rejection } from '../support/errors.js';
import { contents, fakeIndex, triple, type FakeIndex } from '../support/fake-wheels.js';
import { cutAfter, redirectTo, serveMirror, type Mirror } from '../support/mirror.js';

describe('setup', function () {
  this.timeout(60_000);
  let index: FakeIndex;
  let mirror: Mirror;
  let env: NodeJS.ProcessEnv;
  beforeEach(async () => {
    index = await fakeIndex();
    mirror = await serveMirror(index.folder);
    // No Python at all: what is fetched comes from the mirror.
    env = { HOME: index.cache, NODE_LIBTORCH_CACHE: index.cache, NODE_LIBTORCH_MIRROR: mirror.url, PATH: '' };
  });
  afterEach(async () => {
    await mirror[Symbol.asyncDispose]();
    await index[Symbol.asyncDispose]();
  });

  const cuda = () => {
    const [torch, cudart] = index.pin.wheels as [(typeof index.pin.wheels)[0], (typeof index.pin.wheels)[0]];
    const files = [...torch.files, { from: 'torch/lib/libtorch_cuda.so', to: 'lib/libtorch_cuda.so' }];
    return { ...index.pin, kind: 'cuda' as const, wheels: [{ ...torch, files }, cudart] };
  };
  const cpu = (more = {}) => setup({ kind: 'cpu', pin: index.pin, triple, env, ...more });
  const chosen = () => chosenSet('2.15.0', triple, env);
  const torchFile = () => index.pin.wheels[0]!.file;
  const torchBytes = () => index.pin.wheels[0]!.bytes;
  const downloads = () => {
    const folder = join(index.cache, 'downloads');
    return existsSync(folder) ? readdirSync(folder).sort() : [];
  };

  it('fetches from a mirror, and is chosen; the second time nothing is fetched', async () => {
    const { fetched, lines } = await cpu();
    expect(fetched).to.have.length(2);
    expect(lines).to.deep.equal([`LibTorch 2.15.0 (cpu) was fetched, and is used from now on: ${index.set}`]);
    expect(chosen()).to.equal(index.set);
    const [, first] = [...candidates({ env })];
    expect(first).to.deep.include({ source: 'setup', place: index.set });
    expect(readdirSync(index.cache).sort()).to.deep.equal([
      `chosen-2.15-${triple}.json`,
      'downloads',
      'libtorch-2.15.0-linux-x64-cpu',
    ]);
    mirror.requests.length = 0;
    expect((await cpu()).lines[0]).to.contain('was there already');
    expect(mirror.requests).to.deep.equal([]);
  });

  it('takes the wheels of a folder, and leaves them there', async () => {
    env.NODE_LIBTORCH_MIRROR = index.folder;
    await cpu();
    expect(readdirSync(index.folder)).to.have.length(2);
    expect(readFileSync(join(index.set, 'lib/libc10.so'), 'utf8')).to.equal('c10');
  });

  it('a CUDA set lies beside the CPU’s; either can be chosen again', async () => {
    await cpu();
    const { set, lines } = await setup({ kind: 'cuda', pin: cuda(), triple, env });
    expect(set).to.match(/libtorch-2\.15\.0-linux-x64-cuda$/);
    expect(readFileSync(join(set, 'lib/libtorch_cuda.so'), 'utf8')).to.equal(contents['torch/lib/libtorch_cuda.so']);
    expect(chosen()).to.equal(set);
    expect(lines[1]).to.equal(`The one used before stays in ${index.set}`);
    const found = [...candidates({ env })].map(({ source, place, set: usable }) => [source, place, usable?.hasCuda]);
    expect(found.slice(1, 3)).to.deep.equal([
      ['setup', set, true],
      ['cache', index.set, false],
    ]);
    await cpu();
    expect(chosen()).to.equal(index.set);
    expect(existsSync(set)).to.equal(true);
  });

  it('goes on where a broken connection had ended', async () => {
    mirror.instead.push(cutAfter(1000));
    await cpu();
    expect(mirror.requests.slice(0, 2)).to.deep.equal([`- ${torchFile()}`, `bytes=1000- ${torchFile()}`]);
  });

  it('goes on in the next run, and does not fetch again what was verified', async () => {
    const cudart = index.pin.wheels[1]!.file;
    await rm(index.path(1));
    mirror.instead.push(...Array.from({ length: 5 }, () => cutAfter(0)));
    const gone = await rejection(() => cpu(), 'ERR_DOWNLOAD');
    expect(gone.message).to.contain(torchFile()).and.contain('fix:');
    mirror.instead.length = 0;
    expect((await rejection(() => cpu(), 'ERR_DOWNLOAD')).message).to.contain(`${cudart}: the answer was 404`);
    expect(downloads()).to.deep.equal([torchFile()]);
    mirror.requests.length = 0;
    await rejection(() => cpu(), 'ERR_DOWNLOAD');
    expect(mirror.requests).to.deep.equal([`- ${cudart}`]);
    expect(chosen()).to.equal(undefined);
  });

  it('takes up a part that a killed run left', async () => {
    mkdirSync(join(index.cache, 'downloads'), { recursive: true });
    const part = readFileSync(index.path(0)).subarray(0, 500);
    writeFileSync(join(index.cache, 'downloads', `${torchFile()}.part-${ownerName(4194303)}-1a2b3c4d`), part);
    await cpu();
    expect(mirror.requests[0]).to.equal(`bytes=500- ${torchFile()}`);
  });

  it('leaves a part to another machine that may be writing it, and takes it when that has been quiet', async () => {
    const folder = join(index.cache, 'downloads');
    mkdirSync(folder, { recursive: true });
    const part = join(folder, `${torchFile()}.part-other.host-7-1a2b3c4d`);
    writeFileSync(part, readFileSync(index.path(0)).subarray(0, 500));
    await cpu();
    expect(mirror.requests[0]).to.equal(`- ${torchFile()}`);
    expect(downloads()).to.have.length(1);
    await rm(index.set, { recursive: true });
    const past = new Date(Date.now() - 11 * 60_000);
    utimesSync(part, past, past);
    mirror.requests.length = 0;
    await cpu();
    expect(mirror.requests[0]).to.equal(`bytes=500- ${torchFile()}`);
    expect(downloads()).to.deep.equal([]);
  });

  it('never takes the part of a process that lives here, however quiet', async () => {
    const folder = join(index.cache, 'downloads');
    mkdirSync(folder, { recursive: true });
    const part = join(folder, `${torchFile()}.part-${owner}-1a2b3c4d`);
    writeFileSync(part, readFileSync(index.path(0)).subarray(0, 500));
    const past = new Date(Date.now() - 3600_000);
    utimesSync(part, past, past);
    await cpu();
    expect(mirror.requests[0]).to.equal(`- ${torchFile()}`);
    expect(existsSync(part)).to.equal(true);
  });

  it('sweeps what nobody came back for within a week, and folders of a pip that was killed', async () => {
    const folder = join(index.cache, 'downloads');
    const name = (kind: string, writer: string) => join(folder, `${torchFile()}.${kind}-${writer}-1a2b3c4d`);
    const old = name('part', 'other.host-7');
    const [killed, running] = [name('scratch', ownerName(4194303)), name('scratch', owner)];
    for (const path of [old, killed, running]) mkdirSync(join(path, 'tmp'), { recursive: true });
    const past = new Date(Date.now() - 8 * 24 * 3600_000);
    utimesSync(old, past, past);
    await cpu();
    expect(downloads()).to.deep.equal([basename(running)]);
  });

  it('a mirror of symbolic links', async () => {
    const store = join(index.folder, '..', 'store');
    renameSync(index.folder, store);
    mkdirSync(index.folder);
    for (const file of readdirSync(store)) symlinkSync(join('..', 'store', file), join(index.folder, file));
    env.NODE_LIBTORCH_MIRROR = index.folder;
    expect((await cpu()).fetched).to.have.length(2);
  });

  it('begins anew in the same run where an earlier one had got something else', async () => {
    mkdirSync(join(index.cache, 'downloads'), { recursive: true });
    writeFileSync(join(index.cache, 'downloads', `${torchFile()}.part`), '<html>please log in</html>');
    await cpu();
    expect(mirror.requests.slice(0, 2)).to.deep.equal([`bytes=26- ${torchFile()}`, `- ${torchFile()}`]);
    expect(chosen()).to.equal(index.set);
  });

  it('keeps nothing of an answer that says it is of another size', async () => {
    mirror.instead.push((_request, response) =>
      response.writeHead(200, { 'content-length': 26 }).end('<html>please log in</html>'),
    );
    const { message } = await rejection(() => cpu(), 'ERR_DOWNLOAD');
    expect(message).to.contain(`it has 26 bytes, not the ${torchBytes()} that are pinned`);
    expect(downloads().filter((name) => readFileSync(join(index.cache, 'downloads', name)).length > 0)).to.deep.equal(
      [],
    );
  });

  for (const mirrorName of ['https://', 'https://host:99999/x', 'file:///wheels', 'ftp://host/wheels']) {
    it(`a mirror that is neither folder nor URL: ${mirrorName}`, async () => {
      env.NODE_LIBTORCH_MIRROR = mirrorName;
      const { message } = await rejection(() => cpu(), 'ERR_DOWNLOAD');
      expect(message).to.contain('a folder or an http(s) URL').and.contain('fix:');
    });
  }

  it('a mirror with a folder where the wheel should be', async () => {
    env.NODE_LIBTORCH_MIRROR = index.folder;
    await rm(index.path(0));
    mkdirSync(index.path(0));
    const { message } = await rejection(() => cpu(), 'ERR_DOWNLOAD');
    expect(message).to.contain(torchFile()).and.contain('it is not there');
  });

  for (const where of ['/etc/passwd', '/etc/passwd/x', '/proc/x/y']) {
    it(`a cache that cannot be written to: ${where}`, async () => {
      env.NODE_LIBTORCH_CACHE = where;
      const { message } = await rejection(() => cpu(), 'ERR_DOWNLOAD');
      expect(message).to.contain(where).and.contain('fix: set NODE_LIBTORCH_CACHE');
    });
  }

  it('a cache by a relative path is one folder, wherever the process works', () => {
    expect(cacheRoot({ NODE_LIBTORCH_CACHE: 'cache' })).to.equal(join(process.cwd(), 'cache'));
  });

  it('says what a tampered file of a mirror is, and nothing of pip', async () => {
    env.NODE_LIBTORCH_MIRROR = index.folder;
    await writeFile(index.path(0), Buffer.alloc(torchBytes(), 1));
    const { message } = await rejection(() => cpu(), 'ERR_INTEGRITY');
    expect(message).to.contain(`into the mirror ${index.folder}`).and.not.contain('pip');
  });

  it('a stopped --verify chooses nothing', async () => {
    await cpu();
    const { set } = await setup({ kind: 'cuda', pin: cuda(), triple, env });
    const stop = new AbortController();
    const report = { ...silent, step: () => stop.abort('stopped') };
    const stopped = await cpu({ verify: true, signal: stop.signal, report }).catch((error: unknown) => error);
    expect(stopped).to.equal('stopped');
    expect(chosen()).to.equal(set);
  });

  it('lists the wheels of a mirror, as sha256sum reads them', () => {
    const lines = wheelList('cuda');
    expect(lines).to.have.length.above(10);
    for (const line of lines) expect(line).to.match(/^[0-9a-f]{64} {2}\S+\.whl$/);
    expect(lines[0]).to.contain('torch-2.15.0-');
    expect(wheelList('cpu', '2.11.0')[0]).to.contain('torch-2.11.0-');
  });

  it('begins anew where the mirror knows no ranges, or the part is longer than the file', async () => {
    mirror.instead.push(cutAfter(1000), (_request, response, file) => response.writeHead(200).end(file));
    await cpu();
    await rm(index.set, { recursive: true });
    mkdirSync(join(index.cache, 'downloads'), { recursive: true });
    writeFileSync(join(index.cache, 'downloads', `${torchFile()}.part`), Buffer.alloc(torchBytes() + 1));
    await cpu();
  });

  it('begins anew where the mirror answers another range than was asked for', async () => {
    mirror.instead.push(cutAfter(1000), (_request, response, file) => {
      const range = `bytes 0-${file.length - 1}/${file.length}`;
      response.writeHead(206, { 'content-range': range }).end(file);
    });
    await cpu();
    const ranges = mirror.requests.map((request) => request.split(' ')[0]);
    expect(ranges.slice(0, 3)).to.deep.equal(['-', 'bytes=1000-', '-']);
  });

  for (const [what, spoil] of [
    ['tampered', (path: string) => writeFile(path, Buffer.alloc(torchBytes(), 1))],
    ['longer', (path: string) => appendFile(path, 'x')],
    ['shorter', (path: string) => writeFile(path, 'x')],
  ] as const) {
    it(`a ${what} file is refused, and what was there works on`, async () => {
      await cpu();
      const before = chosen();
      await spoil(index.path(0));
      const error = await rejection(
        () => setup({ kind: 'cuda', pin: cuda(), triple, env }),
        what === 'tampered' ? 'ERR_INTEGRITY' : 'ERR_DOWNLOAD',
      );
      expect(error.message).to.contain(torchFile()).and.contain('fix:');
      expect(chosen()).to.equal(before);
      expect(existsSync(join(index.cache, 'libtorch-2.15.0-linux-x64-cuda'))).to.equal(false);
      expect([...candidates({ env })][1]?.set?.libDir).to.equal(join(index.set, 'lib'));
      if (what === 'tampered') expect(downloads()).to.deep.equal([]);
    });
  }

  it('follows redirects, but not for ever and not to anything', async () => {
    mirror.instead.push(redirectTo(`${mirror.url}/elsewhere/${torchFile()}`));
    await cpu();
    await rm(index.set, { recursive: true });
    mirror.instead.push(...Array.from({ length: 6 }, () => redirectTo(`${mirror.url}/${torchFile()}`)));
    expect((await rejection(() => cpu(), 'ERR_DOWNLOAD')).message).to.contain('more than 5 times');
    mirror.instead.splice(0, Infinity, redirectTo('file:///etc/passwd'));
    expect((await rejection(() => cpu(), 'ERR_DOWNLOAD')).message).to.contain('from http: to file:, which is refused');
  });

  it('is not redirected from https to http', async function () {
    const key = join(index.cache, '..', 'key.pem');
    const cert = join(index.cache, '..', 'cert.pem');
    const request = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=mirror -keyout ${key} -out ${cert}`;
    if (spawnSync('openssl', request.split(' ')).status !== 0) this.skip();
    const secure = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) => {
      response.writeHead(302, { location: `${mirror.url}/${torchFile()}` }).end();
    });
    await once(secure.listen(0, '127.0.0.1'), 'listening');
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      env.NODE_LIBTORCH_MIRROR = `https://127.0.0.1:${(secure.address() as AddressInfo).port}`;
      const { message } = await rejection(() => cpu(), 'ERR_DOWNLOAD');
      expect(message).to.contain('redirected from https: to http:, which is refused');
      expect(mirror.requests).to.deep.equal([]);
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
      secure.closeAllConnections();
      await once(secure.close(), 'close');
    }
  });

  it('gives its user and password to the mirror alone, and prints neither', async () => {
    const seen: (string | undefined)[] = [];
    const other = await serveMirror(index.folder);
    other.instead.push((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(403).end();
    });
    mirror.instead.push((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(307, { location: `${other.url}/${torchFile()}` }).end();
    });
    env.NODE_LIBTORCH_MIRROR = mirror.url.replace('//', '//me:secret@');
    const { message } = await rejection(() => cpu(), 'ERR_DOWNLOAD');
    await other[Symbol.asyncDispose]();
    expect(seen).to.deep.equal([`Basic ${Buffer.from('me:secret').toString('base64')}`, undefined]);
    expect(message).to.contain('403').and.not.contain('secret');
  });

  it('stops when it is told to, and leaves its part', async () => {
    const stop = new AbortController();
    mirror.instead.push((_request, response, file) => {
      response.writeHead(200, { 'content-length': file.length });
      response.write(file.subarray(0, 700));
    });
    const stopped = cpu({ signal: stop.signal }).catch((error: unknown) => error);
    const folder = join(index.cache, 'downloads');
    await until('its part is there', () => downloads().some((name) => statSync(join(folder, name)).size === 700));
    stop.abort('stopped');
    expect(await stopped).to.equal('stopped');
    expect(downloads()).to.deep.equal([`${torchFile()}.part`]);
    await cpu();
    expect(mirror.requests[1]).to.equal(`bytes=700- ${torchFile()}`);
  });

  it('two at once both end with the set', async () => {
    const results = await Promise.all([cpu(), cpu(), cpu()]);
    expect(new Set(results.map(({ set }) => set))).to.deep.equal(new Set([index.set]));
    expect(downloads()).to.deep.equal([]);
  });

  it('fetches again what --verify finds changed', async () => {
    await cpu();
    const library = join(index.set, 'lib/libc10.so');
    writeFileSync(library, 'c11');
    expect((await cpu()).fetched).to.deep.equal([]);
    expect((await cpu({ verify: true })).fetched).to.deep.equal([torchFile()]);
    expect(readFileSync(library, 'utf8')).to.equal('c10');
  });

  it('what --verify finds changed stays until it can be replaced', async () => {
    await cpu();
    const library = join(index.set, 'lib/libc10.so');
    writeFileSync(library, 'c11');
    await rm(index.path(0));
    await rejection(() => cpu({ verify: true }), 'ERR_DOWNLOAD');
    expect(readFileSync(library, 'utf8')).to.equal('c11');
  });

  it('without Python and mirror, says how to get either', async () => {
    delete env.NODE_LIBTORCH_MIRROR;
    const { message } = await rejection(() => cpu(), 'ERR_DOWNLOAD');
    expect(message).to.contain('NODE_LIBTORCH_MIRROR').and.contain('apt-get install -y python3 python3-pip');
  });

  it('a release that is not pinned: the ones that are', async () => {
    const error = await rejection(
      () => setup({ kind: 'cpu', version: '2.9.1', triple, env }),
      'ERR_PLATFORM_UNSUPPORTED',
    );
    expect(error.message).to.contain('2.15.0 cuda (linux-x64)').and.contain('2.11.0 cpu (linux-x64)');
  });

  it('a full disk is found before anything is fetched, or says so', async function () {
    const small = join(index.cache, '..', 'small');
    mkdirSync(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', small], { stdio: 'ignore' });
    } catch {
      this.skip(); // needs root
    }
    try {
      env.NODE_LIBTORCH_CACHE = small;
      const { message } = await rejection(() => cpu(), 'ERR_DOWNLOAD');
      expect(message)
        .to.match(/Expected 0.1 MB for the files of torch-.*, but 0.0 MB are free/)
        .and.contain(small);
      expect(existsSync(join(small, 'libtorch-2.15.0-linux-x64-cpu'))).to.equal(false);
    } finally {
      execFileSync('umount', [small]);
    }
  });
});
