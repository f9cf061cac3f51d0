import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { root } from '../support/paths.js';

const script = async <T>(name: string): Promise<T> =>
  (await import(pathToFileURL(join(root, 'scripts/package', name)).href)) as T;

interface Identity {
  repository?: { type: string; url: string };
  homepage?: string;
  bugs?: { url: string };
}
interface IdentityModule {
  identity(env: NodeJS.ProcessEnv): Identity;
  requireIdentity(manifest: Identity, name?: string): void;
  fileAddress(identity: Identity, version: string): ((path: string, isImage: boolean) => string) | undefined;
}
interface Sized {
  name: string;
  packed: number;
  unpacked: number;
}
interface BudgetModule {
  overBudget(packages: Sized[]): string[];
  requireBudget(packages: Sized[]): void;
}
interface NeedsModule {
  requireNeeds(options: { os?: string; env?: NodeJS.ProcessEnv }): void;
}
interface StripModule {
  isStrippable: (file: string) => boolean;
  strip: (from: string, to: string) => void;
}
interface MarkdownModule {
  absoluteLinks: (text: string, address: (path: string, isImage: boolean) => string) => string;
  withoutDeadLinks: (text: string, isThere: (target: string) => boolean) => string;
}

describe('the addresses of the project', () => {
  let module: IdentityModule;
  before(async () => {
    module = await script<IdentityModule>('identity.mjs');
  });

  it('come from one variable, or from GitHub’s own runs', () => {
    const expected = {
      repository: { type: 'git', url: 'git+https://github.com/o/n.git' },
      homepage: 'https://github.com/o/n#readme',
      bugs: { url: 'https://github.com/o/n/issues' },
    };
    for (const given of ['https://github.com/o/n', 'https://github.com/o/n.git', 'https://github.com/o/n/'])
      expect(module.identity({ NODE_LIBTORCH_REPOSITORY: given })).to.deep.equal(expected);
    const run = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'o/n' };
    expect(module.identity(run)).to.deep.equal(expected);
    module.requireIdentity(expected);
  });

  it('are not invented', () => {
    expect(module.identity({})).to.deep.equal({});
    const elsewhere = { NODE_LIBTORCH_REPOSITORY: 'https://code.example/o/n' };
    expect(Object.keys(module.identity(elsewhere))).to.deep.equal(['repository']);
    const named = {
      NODE_LIBTORCH_HOMEPAGE: 'https://n.example',
      NODE_LIBTORCH_BUGS: 'https://code.example/o/n/-/issues',
    };
    module.requireIdentity(module.identity({ ...elsewhere, ...named }));
    expect(() => {
      module.requireIdentity(module.identity(elsewhere));
    }).to.throw(/lacks homepage, bugs\n.*fix: set NODE_LIBTORCH_REPOSITORY=/);
  });

  it('are https addresses', () => {
    for (const wrong of ['git@github.com:o/n.git', 'http://github.com/o/n', 'o/n', 'https://'])
      expect(() => module.identity({ NODE_LIBTORCH_REPOSITORY: wrong }), wrong).to.throw(
        /to be an https address.*but received/,
      );
  });

  it('are where the links of README lead on npm’s page', async () => {
    const { absoluteLinks } = await script<MarkdownModule>('markdown.mjs');
    const address = module.fileAddress(
      module.identity({ NODE_LIBTORCH_REPOSITORY: 'https://github.com/o/n' }),
      '1.2.3',
    )!;
    const text = [
      '[a](docs/a.md#b) [c](https://c.example) [d](#d) ![e](docs/images/e.png)',
      '[![f](docs/f.svg)](docs/f.md) <img src="docs/g.png"> `[h](docs/h.md)`',
      '```md',
      '[i](docs/i.md)',
      '```',
    ].join('\n');
    const base = 'https://github.com/o/n';
    expect(absoluteLinks(text, address)).to.equal(
      [
        `[a](${base}/blob/v1.2.3/docs/a.md#b) [c](https://c.example) [d](#d) ![e](${base}/raw/v1.2.3/docs/images/e.png)`,
        `[![f](${base}/raw/v1.2.3/docs/f.svg)](${base}/blob/v1.2.3/docs/f.md) <img src="${base}/raw/v1.2.3/docs/g.png"> \`[h](docs/h.md)\``,
        '```md',
        '[i](docs/i.md)',
        '```',
      ].join('\n'),
    );
    const left = absoluteLinks(readFileSync(join(root, 'README.md'), 'utf8'), address).replace(
      /^```[^]*?^```$|`[^`\n]+`/gm,
      '',
    );
    expect([...left.matchAll(/\]\((?!https?:|#)[^)\s]*\)/g)].map(([link]) => link)).to.deep.equal([]);
  });

  it('leave nothing that leads nowhere, and no picture that is not there', async () => {
    const { withoutDeadLinks } = await script<MarkdownModule>('markdown.mjs');
    const picture = '<picture>\n  <source srcset="docs/dark.png">\n  <img src="there.png">\n</picture>';
    const text = `[a](docs/a.md#b) [b](there.md) ![c](docs/c.png) ${picture} <img src="docs/d.png"> <img src="there.png">`;
    expect(withoutDeadLinks(text, (target) => target.startsWith('there'))).to.equal(
      'a [b](there.md)    <img src="there.png">',
    );
    const published = withoutDeadLinks(readFileSync(join(root, 'README.md'), 'utf8'), () => false);
    expect(published.match(/(?:src|srcset)="(?!https)/)).to.equal(null);
  });
});

describe('the manifest', () => {
  it('has keywords, and ranges for what is installed with it', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      keywords: string[];
      dependencies: Record<string, string>;
    };
    expect(manifest.keywords).to.include.members(['pytorch', 'libtorch', 'inference']);
    for (const [name, range] of Object.entries(manifest.dependencies))
      expect(range, name).to.match(/^\^\d+\.\d+\.\d+$/);
  });
});

const built = join(root, 'build/Release/loader.node');

describe('stripping', () => {
  let folder: string;
  before(async function () {
    if (process.platform !== 'linux' || !existsSync(built)) this.skip();
    folder = await mkdtemp(join(tmpdir(), 'node-libtorch-test-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('is of PyTorch’s own libraries alone, and refuses a tool that changes the code', async () => {
    const { isStrippable, strip } = await script<StripModule>('strip.mjs');
    const names = [
      'lib/libtorch_cpu.so',
      'lib/libc10.so',
      'lib/libcudart.so.13',
      'lib/libgomp.so.1',
      'lib/libtorch_cpu.dylib',
    ];
    expect(names.filter(isStrippable)).to.deep.equal(names.slice(0, 2));
    const [from, to] = [built, join(folder, 'out.so')];
    strip(from, to);
    // As a broken binutils would: a byte of the code is another one.
    const damage = `const fs=require('fs');const b=fs.readFileSync(process.argv[2]);b[b.indexOf(Buffer.from([0x48,0x89,0xe5]))]^=1;fs.writeFileSync(process.argv[1],b)`;
    await writeFile(join(folder, 'strip'), `#!/bin/sh\nexec "${process.execPath}" -e "${damage}" "$3" "$4"\n`);
    await chmod(join(folder, 'strip'), 0o755);
    const path = process.env.PATH;
    process.env.PATH = `${folder}:${path}`;
    try {
      expect(() => {
        strip(from, to);
      }).to.throw(/code and data of .*out\.so to be those of .*segment \d differs\n +fix: /);
    } finally {
      process.env.PATH = path;
    }
  });
});

describe('the budget of the packages', () => {
  const megabyte = 1e6;
  const packages = (changes: Record<string, Partial<Sized>> = {}): Sized[] =>
    [
      { name: '@node-libtorch/libtorch-linux-x64-gnu-cpu', packed: 110 * megabyte, unpacked: 368 * megabyte },
      { name: 'node-libtorch', packed: 2 * megabyte, unpacked: 7 * megabyte },
      { name: '@node-libtorch/core', packed: 0.3 * megabyte, unpacked: megabyte },
    ].map((found) => ({ ...found, ...changes[found.name] }));
  let module: BudgetModule;
  before(async () => {
    module = await script<BudgetModule>('budget.mjs');
  });

  it('lets through what fits; what is installed instead has its own limits and does not count into the sums', () => {
    const full = { 'node-libtorch': { unpacked: 12 * megabyte } }; // 380 with LibTorch: the limit
    expect(module.overBudget(packages(full))).to.deep.equal([]);
    const core = { '@node-libtorch/core': { packed: 2 * megabyte, unpacked: 20 * megabyte } };
    expect(module.overBudget(packages({ ...full, ...core }))).to.deep.equal([
      'The tarball of @node-libtorch/core: 2.0 MB, more than 0.3 MB',
      '@node-libtorch/core unpacked: 20.0 MB, more than 1 MB',
    ]);
  });

  it('names what is too large', () => {
    const libtorch = (change: Partial<Sized>) => packages({ '@node-libtorch/libtorch-linux-x64-gnu-cpu': change });
    expect(module.overBudget(libtorch({ unpacked: 371 * megabyte }))).to.deep.equal([
      '@node-libtorch/libtorch-linux-x64-gnu-cpu unpacked: 371.0 MB, more than 370 MB',
    ]);
    expect(module.overBudget(libtorch({ packed: 181 * megabyte }))).to.have.length(2);
    expect(module.overBudget(packages({ 'node-libtorch': { unpacked: 20 * megabyte } }))).to.deep.equal([
      'The packages unpacked: 388.0 MB, more than 380 MB',
    ]);
    expect(() => {
      module.requireBudget(libtorch({ packed: 130 * megabyte }));
    }).to.throw(/larger than their budget:\n {2}The tarballs together: 132\.0 MB[^]*fix: /);
  });
});

describe('the needs of packaging', () => {
  let folder: string;
  let module: NeedsModule;
  before(async () => {
    module = await script<NeedsModule>('needs.mjs');
    folder = await mkdtemp(join(tmpdir(), 'node-libtorch-test-'));
  });
  after(() => rm(folder, { recursive: true }));
  const tool = async (name: string, code = 'exit 0') => {
    await writeFile(join(folder, name), `#!/bin/sh\n${code}\n`);
    await chmod(join(folder, name), 0o755);
  };

  it('are all named at once, each with its remedy', async () => {
    const env = { PATH: folder };
    expect(() => {
      module.requireNeeds({ os: 'linux', env });
    }).to.throw(
      /C\+\+20 compiler: tried c\+\+, g\+\+, clang\+\+\n +fix: apt-get install -y g\+\+[^]*CMake[^]*pip[^]*objdump[^]*strip: tried strip\n +fix: apt-get install -y binutils/,
    );
    for (const name of ['cmake', 'objdump', 'strip', 'python3']) await tool(name);
    // It is there, and knows no C++20.
    await tool('c++', 'case "$*" in *c++20*) exit 1;; esac');
    expect(() => {
      module.requireNeeds({ os: 'linux', env });
    }).to.throw(/^[^\n]*\n {2}a C\+\+20 compiler: [^\n]*\n[^\n]*$/);
    await tool('c++');
    module.requireNeeds({ os: 'linux', env });
    module.requireNeeds({ os: 'darwin', env });
  });

  it('leave pip out where the wheels come from a mirror', async () => {
    await rm(join(folder, 'python3'));
    module.requireNeeds({ os: 'linux', env: { PATH: folder, NODE_LIBTORCH_MIRROR: '/wheels' } });
    expect(() => {
      module.requireNeeds({ os: 'linux', env: { PATH: folder } });
    }).to.throw(/pip.*\n +fix: .*NODE_LIBTORCH_MIRROR/);
  });
});
