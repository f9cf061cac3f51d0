import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelRegistry } from 'node-libtorch';

export interface TemporaryRegistry {
  readonly registry: ModelRegistry;
  /** A folder for files of the test, beside the registry. */
  readonly folder: string;
  readonly registryDir: string;
  readonly modelsDir: string;
  /** Every path below the two folders of the registry, without what is empty and hidden. */
  content(): string[];
}

/** An empty registry for each test of a `describe`. */
export function temporaryRegistry(): () => TemporaryRegistry {
  let current: TemporaryRegistry | undefined;
  beforeEach(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'registry-test-'));
    const [registryDir, modelsDir] = [join(folder, 'model-registry'), join(folder, 'models')];
    mkdirSync(registryDir);
    mkdirSync(modelsDir);
    const registry = await ModelRegistry.open({ registryDir, modelsDir });
    const content = (): string[] =>
      [registryDir, modelsDir]
        .flatMap((root) => readdirSync(root, { recursive: true, encoding: 'utf8' }))
        .filter((path) => !['.lock', '.staging'].includes(path))
        .sort();
    current = { registry, folder, registryDir, modelsDir, content };
  });
  afterEach(() => {
    rmSync(current!.folder, { recursive: true, force: true });
  });
  return () => current!;
}

/** What admissions of a process have left in the folder for temporary files. */
export function leftOver(pid = process.pid): string[] {
  return readdirSync(process.env['NODE_LIBTORCH_TMPDIR'] ?? tmpdir()).filter((name) =>
    name.startsWith(`node-libtorch-admission-${pid}-`),
  );
}
