/** A server with every kind of model that the console shows in its own way. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModelHost } from '#dist/index.js';
import { createServer, type InferenceServer, type ServerOptions } from '#dist/server/index.js';
import { fixture } from '../paths.js';
import { setStatistics, watchedRegistry } from '../monitoring/watched-digits.js';
import type { AliasRegistry } from '../server/alias-registry.js';

/** Text that would do something if anything made HTML of it. */
export const markup = '<img src=x onerror="document.title=1"><script>document.title=2</script>';

export class ConsoleServer {
  private constructor(
    readonly registry: AliasRegistry,
    readonly host: ModelHost,
    readonly server: InferenceServer,
  ) {}

  /** v1.0 is watched; v1.1 has no statistics, and markup in its card; v1.2 is not up. */
  static async start(options: Partial<ServerOptions> = {}): Promise<ConsoleServer> {
    const registry = await watchedRegistry(['v1.0', 'v1.1', 'v1.2']);
    setStatistics(registry, 'v1.1');
    setDescription(registry, 'v1.1', `Reads digits. ${markup} [a link](javascript:document.title=3)`);
    const host = await ModelHost.open({
      registry: await registry.open(),
      models: [
        { name: 'mnist-mlp', versions: ['v1.0', 'v1.1'], warmup: false },
        {
          name: 'pictures',
          file: fixture('tasks/pictures.pt'),
          task: { type: 'classification', labels: ['red', markup], image: { size: 8 } },
          warmup: false,
        },
      ],
    });
    const server = await createServer({ host, port: 0, adminPort: 0, logger: false, ...options });
    return new ConsoleServer(registry, host, server);
  }

  get url(): string {
    return this.server.url;
  }

  get admin(): string {
    return this.server.admin?.url ?? '';
  }

  async stop(): Promise<void> {
    await this.server.close();
    await this.host.close();
    this.registry.remove();
  }
}

function setDescription(registry: AliasRegistry, version: string, description: string): void {
  const path = join(registry.registryDir, 'mnist-mlp', version, 'metadata.json');
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), description }));
}
