import { expect } from 'chai';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelRegistry } from '#dist/registry/index.js';
import { root } from '../support/paths.js';

/** What test/support/registry-kills.mjs has; `npm run test:stress` kills 500. */
interface Kills {
  readonly memory: string;
  readonly killWriters: (options: { kills: number; seed: number }) => Promise<{
    readonly faults: readonly string[];
    readonly cut: Readonly<Record<string, number>>;
    readonly slowestStartMs: number;
  }>;
  readonly writersAtOnce: (
    folder: string,
    each: readonly (readonly unknown[])[],
  ) => Promise<readonly (readonly Line[])[]>;
}

interface Line {
  readonly done?: { readonly kind: string; readonly name: string; readonly version: string; readonly alias: string };
}

const { killWriters, writersAtOnce, memory } = (await import(`${root}test/support/registry-kills.mjs`)) as Kills;

/** Rows C16 and C19. */
describe('a registry whose writers are killed', function () {
  this.timeout(180_000);

  it('is whole, has lost no change, and is clean at the next start', async () => {
    const { faults, cut, slowestStartMs } = await killWriters({ kills: 20, seed: 41 });
    expect(faults).to.deep.equal([]);
    expect(Object.values(cut).reduce((a, b) => a + b, 0)).to.be.above(10);
    expect(slowestStartMs).to.be.below(2000);
  });
});

describe('two processes that write to one registry', function () {
  this.timeout(180_000);
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(memory, 'node-libtorch-two-'));
    for (const name of ['registry', 'models']) await mkdir(join(folder, name));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const opened = () => ModelRegistry.open({ registryDir: join(folder, 'registry'), modelsDir: join(folder, 'models') });

  it('lose no update: what each says it has done last is there', async () => {
    // Models of their own, so that the order between the two does not matter.
    const lines = await writersAtOnce(folder, [
      ['1', 200, 'left'],
      ['2', 200, 'right'],
    ]);
    const versions = new Set<string>();
    const aliases = new Map<string, string>();
    for (const { done } of lines.flat()) {
      if (!done) continue;
      const { kind, name, version, alias } = done;
      if (kind === 'add') versions.add(`${name} ${version}`);
      if (kind === 'remove') versions.delete(`${name} ${version}`);
      if (kind === 'alias') aliases.set(`${name} ${alias}`, version);
      if (kind === 'unalias') aliases.delete(`${name} ${alias}`);
    }
    const registry = await opened();
    const found = await registry.list();
    expect(
      found.flatMap(({ name, versions: known }) => known.map((version) => `${name} ${version}`)).sort(),
    ).to.deep.equal([...versions].sort());
    for (const { name } of found) {
      for (const [alias, version] of await registry.aliases(name)) {
        expect(aliases.get(`${name} ${alias}`), `${name} ${alias}`).to.equal(version);
        aliases.delete(`${name} ${alias}`);
      }
    }
    expect([...aliases]).to.deep.equal([]);
    expect(lines.flat().length).to.be.above(400);
  });

  it('agree on who added a version, and every reader sees it whole', async () => {
    const registry = await opened();
    let reads = 0;
    let isOver = false;
    const reader = (async () => {
      while (!isOver) {
        for (const { name, versions } of await registry.list()) {
          for (const version of versions) {
            // It may be removed between two of these; it may not be there in part.
            const seen = await registry.record(name, version).catch((error: unknown) => error as { code: string });
            if ('code' in seen) expect(seen.code).to.be.oneOf(['ERR_VERSION_NOT_FOUND', 'ERR_MODEL_NOT_FOUND']);
            else reads++;
          }
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const lines = await writersAtOnce(folder, [
      ['3', 150, 'same'],
      ['4', 150, 'same'],
    ]);
    isOver = true;
    await reader;
    const [left, right] = lines.map((each) => each.filter(({ done }) => done?.kind === 'add').length);
    expect(left).to.be.above(0);
    expect(right).to.be.above(0);
    expect(reads).to.be.above(10);
    for (const { name, versions } of await registry.list()) {
      for (const version of versions) await registry.verify(name, version);
      for (const [, version] of await registry.aliases(name)) expect(versions).to.include(version);
    }
  });
});
