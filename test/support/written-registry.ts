/** A registry of its own for a test that writes to it, and what can be seen of it. */

import { createHash } from 'node:crypto';
import { cp, lstat, mkdtemp, readdir, readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelRegistry, type ModelRecord } from '#dist/registry/index.js';
import { realDisk, type Disk } from '#dist/registry/store/disk.js';
import { Store } from '#dist/registry/store/store.js';

/** A record that is right for any bytes. */
export function recordOf(name: string, version: string, file: string, sha256: string, bytes: number): ModelRecord {
  return {
    schemaVersion: 2,
    name,
    version,
    created: '2026-01-02T03:04:05Z',
    engine: 'torchscript',
    artifact: { file, sha256, bytes },
    signature: {
      inputs: [{ name: 'input', dtype: 'float32', shape: [null, 4] }],
      outputs: [{ name: 'logits', dtype: 'float32', shape: [null, 2] }],
    },
    task: { type: 'classification', activation: 'softmax', labels: ['no', 'yes'] },
  };
}

export class WrittenRegistry {
  readonly root: string;
  readonly registry: ModelRegistry;

  private constructor(root: string, registry: ModelRegistry) {
    this.root = root;
    this.registry = registry;
  }

  /** @param parent where its folder is made: fsync costs nothing in a file system of memory */
  static async create(parent = tmpdir()): Promise<WrittenRegistry> {
    const root = await realpath(await mkdtemp(join(parent, 'node-libtorch-registry-')));
    const folders = { registryDir: join(root, 'registry'), modelsDir: join(root, 'models') };
    return new WrittenRegistry(root, await ModelRegistry.open({ ...folders, create: true }));
  }

  store(disk: Disk = realDisk): Store {
    return new Store(this.registry, disk);
  }

  /** The same registry in another place. */
  async copy(parent = tmpdir()): Promise<WrittenRegistry> {
    const copy = await WrittenRegistry.create(parent);
    await cp(this.root, copy.root, { recursive: true });
    return copy;
  }

  /** Adds a version whose artifact is the text. */
  async add(version: string, text = `artifact of ${version}`, { store = this.store(), name = 'tiny' } = {}) {
    const source = join(this.root, `source-${createHash('sha256').update(text).digest('hex').slice(0, 8)}.pt`);
    await writeFile(source, text);
    const staging = await store.stage();
    try {
      const { sha256, bytes } = await staging.take(source, 'model.pt');
      const record = recordOf(name, version, 'model.pt', sha256, bytes);
      return await store.commit(staging, { record, card: `# ${name} ${version}\n`, signature: '{"signature":1}' });
    } finally {
      await staging.discard();
    }
  }

  /** All that is not hidden: folders, links, modes and bytes; and what list, resolve and aliases say of it. */
  async state(): Promise<{ readonly files: readonly string[]; readonly models: unknown }> {
    const files = [...(await tree(this.registry.registryDir)), ...(await tree(this.registry.modelsDir))];
    const models: unknown[] = [];
    for (const { name, versions } of await this.registry.list()) {
      const records = [];
      for (const version of versions) {
        records.push([version, await outcome(this.registry.resolve(name, version))]);
        records.push([version, await outcome(this.registry.verify(name, version))]);
      }
      const aliases = [...(await this.registry.aliases(name))];
      for (const [alias] of aliases) records.push([alias, await outcome(this.registry.resolve(name, alias))]);
      models.push({ name, versions, records, aliases });
    }
    return { files, models };
  }

  /** What lies in the staging folders. */
  async leftovers(): Promise<string[]> {
    const { registryDir, modelsDir } = this.registry;
    const found = await Promise.all(
      [registryDir, modelsDir].map((dir) => readdir(join(dir, '.staging')).catch(() => [])),
    );
    return found.flat();
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.catch((error: unknown) => ({ code: (error as { code?: string }).code }));

/** Every name below a folder that does not begin with a dot, with what it is. */
async function tree(folder: string, below = ''): Promise<string[]> {
  const lines: string[] = [];
  for (const name of (await readdir(join(folder, below))).sort()) {
    if (name.startsWith('.')) continue;
    const path = join(below, name);
    const full = join(folder, path);
    const status = await lstat(full);
    if (status.isDirectory()) lines.push(`${path}/`, ...(await tree(folder, path)));
    else if (status.isSymbolicLink()) lines.push(`${path} -> ${await readlink(full)}`);
    else if (status.isFile()) lines.push(`${path} ${(status.mode & 0o777).toString(8)} ${await readFile(full, 'hex')}`);
    else lines.push(`${path} is none of these`);
  }
  return lines;
}
