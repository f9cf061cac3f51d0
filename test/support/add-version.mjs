/** Changes a registry once: `node add-version.mjs FOLDER add|alias|remove [BYTES] [USER]`. Prints the code, or `done`. */
import { join } from 'node:path';
import { ModelRegistry } from '../../dist/registry/index.js';
import '../../dist/libtorch/file-lock.js';

const [, , folder, kind, bytes = '1000', user] = process.argv;
const registry = await ModelRegistry.open({ registryDir: join(folder, 'registry'), modelsDir: join(folder, 'models') });
const store = await registry.store();
if (user) process.setuid(Number(user));

const changes = {
  async add() {
    const staging = await store.stage();
    try {
      const { sha256 } = await staging.take(join(folder, `source-${bytes}`), 'model.pt');
      const record = {
        ...{ schemaVersion: 2, name: 'tiny', version: 'v2.0', created: '2026-01-02T03:04:05Z', engine: 'torchscript' },
        artifact: { file: 'model.pt', sha256, bytes: Number(bytes) },
        signature: {
          inputs: [{ name: 'x', dtype: 'float32', shape: [null] }],
          outputs: [{ name: 'y', dtype: 'float32', shape: [null] }],
        },
        task: { type: 'other' },
      };
      await store.commit(staging, { record, card: '#'.repeat(5000) });
    } finally {
      await staging.discard();
    }
  },
  alias: () => registry.setAlias('tiny', 'champion', 'v1.0'),
  remove: () => registry.remove('tiny', 'v1.0'),
};
try {
  await changes[kind]();
  console.log('done');
} catch (error) {
  console.log(error.code);
  console.log(error.message);
}
