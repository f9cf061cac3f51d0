// Swagger UI's files in the package: /docs works without a network. Its own package is no dependency of ours, since it brings
// one that runs a script when it is installed.

import { cpSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { npmComponent } from './npm-bom.mjs';

const files = ['swagger-ui-bundle.js', 'swagger-ui.css', 'LICENSE', 'NOTICE', 'swagger-ui-bundle.js.LICENSE.txt'];

/** Copies them into `folder`. @returns the component for the bill of materials */
export function stageSwaggerUi(folder) {
  const manifest = createRequire(import.meta.url).resolve('swagger-ui-dist/package.json');
  for (const name of files) cpSync(join(dirname(manifest), name), join(folder, 'swagger-ui', name));
  const { name, version, license } = JSON.parse(readFileSync(manifest, 'utf8'));
  return npmComponent(name, version, license);
}
