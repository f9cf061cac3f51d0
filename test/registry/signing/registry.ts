/** A registry with one version of one model, whose bytes are no model. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ModelRegistry } from '#dist/registry/index.js';

export const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex');

export const content = { 'model.pt': 'not a model', 'weights/one.bin': 'weights beside it' };

export interface TestRegistry {
  readonly root: string;
  readonly registry: ModelRegistry;
  /** A file of the version's record. */
  readonly beside: (file: string) => string;
  /** A file of the version's folder of artifacts. */
  readonly file: (file: string) => string;
}

export async function testRegistry(version = 'v1.0', more: object = {}): Promise<TestRegistry> {
  const root = await mkdtemp(join(tmpdir(), 'signed-registry-'));
  const record = {
    schemaVersion: 2,
    name: 'tiny',
    version,
    created: '2026-01-02T03:04:05Z',
    engine: 'torchscript',
    artifact: {
      file: 'model.pt',
      sha256: sha256(content['model.pt']),
      bytes: content['model.pt'].length,
      sidecars: [
        {
          file: 'weights/one.bin',
          sha256: sha256(content['weights/one.bin']),
          bytes: content['weights/one.bin'].length,
        },
      ],
    },
    signature: {
      inputs: [{ name: 'input', dtype: 'float32', shape: [null, 4] }],
      outputs: [{ name: 'logits', dtype: 'float32', shape: [null, 2] }],
    },
    task: { type: 'classification', activation: 'softmax', labels: ['no', 'yes'] },
    ...more,
  };
  const beside = (file: string): string => join(root, 'records/tiny', version, file);
  const file = (name: string): string => join(root, 'models/tiny', version, name);
  await mkdir(beside('.'), { recursive: true });
  await writeFile(beside('metadata.json'), JSON.stringify(record));
  for (const [name, text] of Object.entries(content)) {
    await mkdir(dirname(file(name)), { recursive: true });
    await writeFile(file(name), text);
  }
  const registry = await ModelRegistry.open({ registryDir: join(root, 'records'), modelsDir: join(root, 'models') });
  return { root, registry, beside, file };
}
