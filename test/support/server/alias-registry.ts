import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelRegistry } from '#dist/registry/index.js';
import { root } from '../paths.js';

const digits = readFileSync(`${root}models/mnist-mlp/v1.0/model.pt`);
const record = JSON.parse(readFileSync(`${root}model-registry/mnist-mlp/v1.0/metadata.json`, 'utf8')) as Readonly<
  Record<string, unknown>
>;

/** A registry in a folder of its own, with versions of the digit model that differ in their bytes alone. */
export class AliasRegistry {
  readonly folder = mkdtempSync(join(tmpdir(), 'node-libtorch-alias-'));
  readonly registryDir = join(this.folder, 'model-registry');
  readonly modelsDir = join(this.folder, 'models');
  /** What `serve` is told of it. */
  readonly flags = ['--registry', this.registryDir, '--models', this.modelsDir];

  constructor(versions: readonly string[] = ['v1.0', 'v1.1']) {
    mkdirSync(this.registryDir);
    mkdirSync(this.modelsDir);
    for (const version of versions) this.add(version);
  }

  open(): Promise<ModelRegistry> {
    return ModelRegistry.open({ registryDir: this.registryDir, modelsDir: this.modelsDir });
  }

  /** @param bytes of the artifact that the record is about. Default: the digit model, with the version in its comment */
  add(version: string, bytes: Buffer = commented(digits, version)): void {
    const [artifacts, records] = [this.modelsDir, this.registryDir].map((folder) => join(folder, 'mnist-mlp', version));
    mkdirSync(artifacts as string, { recursive: true });
    mkdirSync(records as string, { recursive: true });
    writeFileSync(join(artifacts as string, 'model.pt'), bytes);
    const artifact = { file: 'model.pt', sha256: sha256(bytes), bytes: bytes.length };
    writeFileSync(join(records as string, 'metadata.json'), JSON.stringify({ ...record, version, artifact }));
  }

  /** A version whose artifact is no model. */
  addBad(version: string): void {
    this.add(version, Buffer.from('no model'));
  }

  digest(version: string): string {
    return sha256(readFileSync(join(this.modelsDir, 'mnist-mlp', version, 'model.pt')));
  }

  async alias(alias: string, version: string | undefined): Promise<void> {
    await (await this.open()).setAlias('mnist-mlp', alias, version);
  }

  async aliases(): Promise<Record<string, string>> {
    return Object.fromEntries(await (await this.open()).aliases('mnist-mlp'));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** The same archive with other bytes: its end has room for a comment. */
function commented(zip: Buffer, comment: string): Buffer {
  const copy = Buffer.from(zip);
  copy.writeUInt16LE(comment.length, copy.length - 2);
  return Buffer.concat([copy, Buffer.from(comment)]);
}
