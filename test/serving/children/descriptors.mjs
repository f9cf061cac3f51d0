/**
 * Loads and moves of an alias while so many descriptors are free: `node descriptors.mjs REGISTRY MODELS`, under a low `ulimit -n`.
 * Prints JSON: what each try ended with, and what is left.
 */
import { closeSync, openSync } from 'node:fs';
import { ModelHost, ModelRegistry, Tensor } from 'node-libtorch';

const [, , registryDir, modelsDir] = process.argv;
const name = 'mnist-mlp';
const registry = await ModelRegistry.open({ registryDir, modelsDir });
const host = await ModelHost.open({ registry, models: [{ name, versions: ['champion'], warmup: false }] });
await host.load({ name }); // what is opened once is open
const row = new Tensor('float32', new Float32Array(784), [1, 784]);
const taken = [];
const codes = [];
for (let free = 0; free <= 8; free++) {
  try {
    for (;;) taken.push(openSync('/dev/null'));
  } catch {
    for (let i = 0; i < free; i++) closeSync(taken.pop());
  }
  const tries = {
    load: () => host.load({ name }),
    move: () => host.setAliases(name, { champion: host.model().version === 'v1.0' ? 'v1.1' : 'v1.0' }),
    refresh: () => host.refreshAliases(),
  };
  for (const [what, attempt] of Object.entries(tries)) {
    const code = await attempt().then(
      () => 'ok',
      (error) => error.code,
    );
    codes.push([free, what, code]);
    await host.model(name, 'champion').run(row);
  }
}
for (const fd of taken) closeSync(fd);
await host.refreshAliases();
await host.load({ name });
const { version } = host.model();
console.log(JSON.stringify({ codes, version, quarantine: host.quarantine(), failed: host.failed().length }));
await host.close();
