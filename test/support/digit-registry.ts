import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelRegistry, Tensor, type ModelRecord } from 'node-libtorch';
import { padded } from './large-model.js';
import { digitModel, root } from './paths.js';

export const digits = 'mnist-mlp';

/** Rows of the digit model's input. */
export const digitRows = (rows = 1): Tensor =>
  new Tensor('float32', new Float32Array(784 * rows).fill(0.5), [rows, 784]);

/** A registry of its own with versions of the digit model, each of other bytes and with the same answers. */
export class DigitRegistry {
  readonly folder = mkdtempSync(join(tmpdir(), 'node-libtorch-digits-'));
  readonly registryDir = join(this.folder, 'model-registry');
  readonly modelsDir = join(this.folder, 'models');
  #count = 0;

  /** @param versions those that it begins with */
  static async make(...versions: string[]): Promise<DigitRegistry> {
    const made = new DigitRegistry();
    for (const version of versions) await made.add(version);
    return made;
  }

  open(): Promise<ModelRegistry> {
    return ModelRegistry.open({ registryDir: this.registryDir, modelsDir: this.modelsDir });
  }

  /** Writes a version, or its artifact anew. @returns the digest of the artifact */
  async add(version: string): Promise<string> {
    const file = this.artifact(version);
    mkdirSync(join(file, '..'), { recursive: true });
    await padded(digitModel, file, ++this.#count);
    return this.record(version);
  }

  /** Writes bytes in an artifact's place, and a record that is right about them. */
  put(version: string, bytes: Uint8Array): string {
    const file = this.artifact(version);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, bytes);
    return this.record(version);
  }

  artifact(version: string): string {
    return join(this.modelsDir, digits, version, 'model.pt');
  }

  /** Writes the record of what lies there. */
  record(version: string, change: Partial<ModelRecord> = {}): string {
    const bytes = readFileSync(this.artifact(version));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const folder = join(this.registryDir, digits, version);
    mkdirSync(folder, { recursive: true });
    const like = JSON.parse(readFileSync(`${root}model-registry/${digits}/v1.0/metadata.json`, 'utf8')) as ModelRecord;
    const artifact = { ...like.artifact, sha256, bytes: bytes.length };
    writeFileSync(join(folder, 'metadata.json'), JSON.stringify({ ...like, version, artifact, ...change }));
    return sha256;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
