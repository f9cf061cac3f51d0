// The reference: every exported function, class and type, by the comments of the sources.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application } from 'typedoc';

const entries = ['index', 'server/index', 'tasks/index', 'client/index', 'monitoring/index'];

/** Writes the pages into a folder. @throws where the sources do not compile */
export async function writeReference(root, to) {
  const tables = ['parametersFormat', 'interfacePropertiesFormat', 'classPropertiesFormat', 'typeDeclarationFormat'];
  const app = await Application.bootstrapWithPlugins({
    entryPoints: entries.map((name) => join(root, `src/${name}.ts`)),
    tsconfig: join(root, 'tsconfig.build.json'),
    plugin: [fileURLToPath(import.meta.resolve('typedoc-plugin-markdown'))],
    out: to,
    name: 'Reference',
    readme: 'none',
    disableGit: true,
    disableSources: true,
    excludeInternal: true,
    excludePrivate: true,
    excludeExternals: true,
    externalPattern: ['**/node_modules/**'],
    validation: { notExported: false },
    hideBreadcrumbs: true,
    hidePageHeader: true,
    useCodeBlocks: true,
    entryFileName: 'index',
    logLevel: 'Warn',
    ...Object.fromEntries(tables.map((name) => [name, 'table'])),
    pageTitleTemplates: { module: '{name}', member: '{name}' },
  });
  const project = await app.convert();
  if (project === undefined) throw new Error('typedoc found faults in the sources');
  await app.generateOutputs(project);
  for (const entry of entries) {
    const [name] = entry.split('/');
    const page = join(to, name, 'index.md');
    writeFileSync(
      page,
      readFileSync(page, 'utf8').replace(
        /^# .*$/m,
        `# ${name === 'index' ? 'node-libtorch' : `node-libtorch/${name}`}`,
      ),
    );
  }
}
