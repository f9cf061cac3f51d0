// node-libtorch itself: JavaScript and types, the models, and the sources that `npx node-libtorch build` compiles.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { root } from '../steps/context.mjs';
import { freshFolder, source, write } from './context.mjs';
import { fileAddress, identity } from './identity.mjs';
import { absoluteLinks, withoutDeadLinks } from './markdown.mjs';
import { npmBom } from './npm-bom.mjs';
import { removeUnreached } from './reached.mjs';
import { stageSwaggerUi } from './swagger-ui.mjs';

const shipped = [
  ...['models', 'model-registry', 'native', 'CMakeLists.txt', 'docs', 'scripts/export'],
  ...['README.md', 'CHANGELOG.md', 'SECURITY.md', 'LICENSE'],
];
/** Of those: what only this repository's own tools use. */
const left = ['native/bench', 'docs/images', 'docs/internals', 'docs/benchmarks.md', 'docs/parity.md'];

/** Members of package.json that are for people who work on the package. */
const internal = ['imports', 'files', 'scripts', 'allowScripts', 'devDependencies'];

/** @param optional the packages of the platforms, at this very version */
export function stageMain(optional) {
  const folder = freshFolder(source.name);
  for (const name of shipped) {
    const filter = (path) => !left.includes(relative(root, path));
    cpSync(join(root, name), join(folder, name), { recursive: true, filter });
  }
  stageCompiled(join(root, 'dist'), folder);
  stageDeclarations(join(folder, 'dist'));
  removeUnreached(folder, source.exports);
  linkToRepository(folder, 'README.md');
  for (const page of filesOf(folder).filter((name) => name.endsWith('.md'))) unlink(folder, page);
  const published = Object.entries(source).filter(([key]) => !internal.includes(key));
  // Yarn's zip archives: LibTorch opens the models by their paths, and CMake the sources.
  const manifest = { ...Object.fromEntries(published), ...identity(), preferUnplugged: true };
  manifest.optionalDependencies = Object.fromEntries(optional.map((name) => [name, source.version]));
  write(folder, 'package.json', manifest);
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  write(folder, 'sbom.cdx.json', npmBom(lock, [stageSwaggerUi(folder)]));
  return folder;
}

/** Without comments, which the types have, and without source maps, which lead to sources that are not published. */
function stageCompiled(from, folder) {
  for (const name of filesOf(from)) {
    if (/\.([cm]js|d\.cts)$|^server\/console\/assets\//.test(name))
      write(folder, join('dist', name), readFileSync(join(from, name), 'utf8'));
  }
  compile(['--removeComments', '--declaration', 'false', '--sourceMap', 'false'], join(folder, 'dist'));
}

/** The types without what is `@internal`: our own tests see it, users do not. */
function stageDeclarations(to) {
  compile(['--emitDeclarationOnly', '--stripInternal'], to);
}

function compile(options, to) {
  // The build has checked the types.
  const fixed = ['--noCheck', '--incremental', 'false', '--tsBuildInfoFile', 'null', '--outDir', to];
  const args = [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json', ...options, ...fixed];
  execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
}

/** npm's page shows README.md alone, so its links lead to the repository, if it is known. */
function linkToRepository(folder, page) {
  const address = fileAddress(identity(), source.version);
  if (address !== undefined) write(folder, page, absoluteLinks(readFileSync(join(folder, page), 'utf8'), address));
}

function unlink(folder, page) {
  const text = readFileSync(join(folder, page), 'utf8');
  write(
    folder,
    page,
    withoutDeadLinks(text, (target) => existsSync(resolve(folder, dirname(page), target))),
  );
}

function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
