// What an installed package says when something is missing or does not fit: one error that names what was looked for, what was
// found and the command that helps, the same from doctor, and never a crash.

import { expect } from 'chai';
import { copyFileSync, cpSync, existsSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { installed, sandbox } from './support/setup.mjs';
import { root } from './support/tools.mjs';

const addon = 'node_modules/@node-libtorch/linux-x64-gnu';
const libtorch = 'node_modules/@node-libtorch/libtorch-linux-x64-gnu-cpu';

describe('an installation that lacks something', () => {
  let app;
  before(async () => {
    app = (await installed()).add('predict.mjs', 'pretend.mjs');
  });

  /** Both ways to meet the fault: a program's error, and doctor's report. Each ends by itself, with exit code 1. */
  async function expectFault({ code, says, env = {}, args = [], where = app, doctor = says }) {
    const ran = await where.run('node', [...args, 'predict.mjs'], { env });
    expect(ran, ran.stderr).to.deep.include({ status: 1, signal: null });
    expect(ran.stderr).to.contain(code);
    const cli = 'node_modules/node-libtorch/dist/cli/main.js';
    const report = await where.run('node', [...args, cli, 'doctor'], { env });
    expect(report, report.stdout + report.stderr).to.deep.include({ status: 1, signal: null });
    for (const text of says) expect(ran.stderr).to.match(text);
    for (const text of doctor) expect(report.stdout).to.match(text);
  }

  /** Takes something away for the time of a test. */
  async function without(path, replace, test) {
    const aside = join(app.app, '..', 'aside');
    renameSync(join(app.app, path), aside);
    try {
      replace(aside, join(app.app, path));
      await test();
    } finally {
      rmSync(join(app.app, path), { recursive: true, force: true });
      renameSync(aside, join(app.app, path));
    }
  }

  it('--omit=optional: the command of the error mends it', async () => {
    const bare = sandbox().add('predict.mjs');
    await bare.ok('npm', ['install', '--omit=optional', 'node-libtorch']);
    const fix = 'npm install --include=optional node-libtorch';
    const says = [
      /for linux-x64, glibc/,
      /package @node-libtorch\/linux-x64-gnu: not installed/,
      new RegExp(`fix: ${fix}`),
    ];
    await expectFault({ code: 'ERR_ADDON_NOT_FOUND', says, where: bare });
    const [command, ...args] = fix.split(' ');
    await bare.ok(command, args);
    expect(await bare.ok('node', ['predict.mjs'])).to.equal('7\n');
    bare.remove();
  });

  it('no LibTorch: every place, and the command', async () => {
    await without(
      libtorch,
      () => undefined,
      async () => {
        await expectFault({
          code: 'ERR_LIBTORCH_NOT_FOUND',
          says: [
            /package: @node-libtorch\/libtorch-linux-x64-gnu-cpu: not installed/,
            /python: python3: not on PATH/,
            /setup --cpu/,
          ],
          doctor: [
            /package +@node-libtorch\/libtorch-linux-x64-gnu-cpu: not installed/,
            /python +python3: not on PATH/,
            /setup --cpu/,
          ],
        });
      },
    );
  });

  it('a LibTorch of another minor: both versions', async () => {
    const other = join(app.app, '..', 'libtorch-2.11');
    cpSync(join(app.app, libtorch), other, { recursive: true, filter: (path) => !path.endsWith('libtorch.json') });
    copyFileSync(join(root, 'test/package/apps/version.py'), join(other, 'version.py'));
    const says = [/LibTorch 2\.15/, /is LibTorch 2\.11\.0, not 2\.15/];
    await expectFault({ code: 'ERR_LIBTORCH_VERSION', says, env: { LIBTORCH: other } });
  });

  for (const file of ['libtorch_cpu.so', 'libc10.so', 'libcudart.so.13']) {
    it(`${file} cut off: that file, and how to get it again`, async () => {
      const cut = (aside, path) => {
        copyFileSync(aside, path);
        truncateSync(path, Math.floor(statSync(path).size / 2));
      };
      await without(`${libtorch}/lib/${file}`, cut, async () => {
        const says = [
          new RegExp(`${file.replaceAll('.', '\\.')}: the file is truncated`),
          /fix: rm -r \S+ && npm install/,
        ];
        await expectFault({ code: 'ERR_LIBTORCH_LOAD', says });
      });
    });
  }

  it('the addon cut off: npm install brings it back once its folder is gone', async () => {
    const cut = (aside, path) => {
      copyFileSync(aside, path);
      truncateSync(path, 10_000);
    };
    await without(`${addon}/node_libtorch.node`, cut, async () => {
      await expectFault({ code: 'ERR_ADDON_LOAD', says: [/the file is truncated/, /fix: rm -r \S+ && npm install/] });
    });
    const bare = sandbox().add('predict.mjs');
    await bare.ok('npm', ['install', 'node-libtorch']);
    rmSync(join(bare.app, addon), { recursive: true });
    await bare.ok('npm', ['install']);
    expect(existsSync(join(bare.app, addon, 'node_libtorch.node'))).to.equal(true);
    expect(await bare.ok('node', ['predict.mjs'])).to.equal('7\n');
    bare.remove();
  });

  for (const [what, env, says] of [
    ['musl', { PRETEND_GLIBC: '' }, [/needs glibc/, /node:22-bookworm-slim/]],
    [
      'a glibc older than LibTorch’s',
      { PRETEND_GLIBC: '2.17' },
      [/glibc 2\.28 or newer/, /found: linux-x64, glibc 2\.17/],
    ],
    [
      'a glibc older than the prebuilt addon’s',
      { PRETEND_GLIBC: '2.31' },
      [/needs glibc 2\.34/, /npx node-libtorch build/],
    ],
    [
      'another platform',
      { PRETEND_ARCH: 'riscv64' },
      [/runs on linux-x64, linux-arm64, darwin-arm64/, /linux-riscv64/],
    ],
  ]) {
    it(`${what}: ERR_PLATFORM_UNSUPPORTED`, async () => {
      const preload = join(app.app, 'pretend.mjs');
      await expectFault({
        code: 'ERR_PLATFORM_UNSUPPORTED',
        says,
        env: { ...env, NODE_OPTIONS: `--import=${preload}` },
      });
    });
  }

  it('CUDA asked for, and not there', async () => {
    const ran = await app.run('node', [
      'predict.mjs',
      'node_modules/node-libtorch/models/mnist-mlp/v1.0/model.pt',
      'cuda',
    ]);
    expect(ran).to.deep.include({ status: 1, signal: null });
    expect(ran.stderr)
      .to.match(/ERR_DEVICE_UNAVAILABLE/)
      .and.match(/has no CUDA/)
      .and.match(/found: LibTorch 2\.15\.0 \(package\)/);
    expect(ran.stderr).to.match(/fix: npx node-libtorch setup --cuda/);
    const served = await app.run('npx', ['node-libtorch', 'serve', '--device', 'cuda', '--port', '0']);
    expect(served.status, served.stderr).to.equal(1);
    expect(served.stdout + served.stderr).to.contain('setup --cuda');
  });

  it('setup and build without their tools say what is needed', async () => {
    const setup = await app.run('npx', ['node-libtorch', 'setup', '--cpu']);
    expect(setup.status).to.equal(1);
    expect(setup.stderr).to.contain('ERR_DOWNLOAD').and.contain('NODE_LIBTORCH_MIRROR').and.contain('python3-pip');
    const neither = await app.run('npx', ['node-libtorch', 'setup']);
    expect(neither.status).to.equal(2);
    const build = await app.run('npx', ['node-libtorch', 'build']);
    expect(build.status).to.equal(1);
    expect(build.stderr).to.contain('ERR_BUILD').and.contain('CMake 3.22').and.contain('apt-get install -y g++');
  });
});

describe('the torch of a Python environment', () => {
  const python = join(process.env.NODE_LIBTORCH_CACHE ?? join(homedir(), '.cache/node-libtorch'), 'python/bin');

  it('is used by LIBTORCH, and found on the PATH', async function () {
    if (!existsSync(join(python, 'python3'))) this.skip(); // made by scripts/python-env.sh
    const app = (await installed()).add('predict.mjs');
    const asked = await app.ok(join(python, 'python3'), ['-c', 'import torch; print(torch.__path__[0])']);
    const env = { LIBTORCH: asked.trim() };
    expect(await app.ok('node', ['predict.mjs'], { env })).to.equal('7\n');
    const report = await app.ok('npx', ['node-libtorch', 'doctor'], { env });
    expect(report).to.match(/LIBTORCH +\S+\/torch: 2\.15\.0\S* with CUDA/);
  });
});
