// @node-libtorch/core: of node-libtorch what loadModel leads to, for programs that need no server and no command line.

import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from '../steps/context.mjs';
import { closureOf } from './closure.mjs';
import { freshFolder, source, write } from './context.mjs';
import { identity } from './identity.mjs';
import { npmBom, npmComponent } from './npm-bom.mjs';

export const coreName = '@node-libtorch/core';

/** What a program gets; the second is how CommonJS gets the first. */
const entries = ['dist/core.js', 'dist/cjs/core.cjs', 'dist/core.d.ts', 'dist/cjs/core.d.cts'];

/** Loaded by its name where an ONNX model is, so no import shows it. */
const peers = ['onnxruntime-node'];

const members = ['version', 'license', 'type', 'engines', 'gypfile', 'binary', 'keywords'];

/**
 * @param main the folder of node-libtorch as it is published: the same build
 * @param optional the packages of the platforms, at this very version
 */
export function stageCore(main, optional) {
  const folder = freshFolder(coreName);
  const { files, packages, missing } = closureOf(entries.map((entry) => join(main, entry)));
  if (missing.length > 0)
    throw new Error(`Expected what ${coreName} imports, but there is no\n  ${missing.join('\n  ')}`);
  for (const file of files) write(folder, relative(main, file), readFileSync(file, 'utf8'));
  const dependencies = pick(source.dependencies, packages.keys());
  write(folder, 'package.json', {
    name: coreName,
    description:
      'PyTorch models (TorchScript, torch.export, AOTInductor, ONNX) inside Node.js: loadModel of node-libtorch, without its server',
    ...pick(
      source,
      members.filter((member) => member in source),
    ),
    ...identity(),
    main: './dist/cjs/core.cjs',
    types: './dist/core.d.ts',
    exports: {
      '.': {
        require: { types: './dist/cjs/core.d.cts', default: './dist/cjs/core.cjs' },
        types: './dist/core.d.ts',
        default: './dist/core.js',
      },
      './package.json': './package.json',
    },
    dependencies,
    peerDependencies: pick(source.peerDependencies, peers),
    peerDependenciesMeta: pick(source.peerDependenciesMeta, peers),
    optionalDependencies: Object.fromEntries(optional.map((name) => [name, source.version])),
  });
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const own = { ...lock, packages: { ...lock.packages, '': { dependencies } } };
  const component = npmComponent(coreName, source.version, source.license);
  write(folder, 'sbom.cdx.json', { ...npmBom(own, []), metadata: { component } });
  for (const name of ['LICENSE', 'SECURITY.md']) {
    if (existsSync(join(main, name))) write(folder, name, readFileSync(join(main, name), 'utf8'));
  }
  write(folder, 'README.md', readme);
  return folder;
}

/** @throws for a name that is not there: an import that no dependency of node-libtorch brings */
function pick(from, names) {
  const wanted = [...names].sort();
  const lacking = wanted.filter((name) => !(name in from));
  if (lacking.length > 0) throw new Error(`Expected ${lacking.join(', ')} among the members of package.json`);
  return Object.fromEntries(wanted.map((name) => [name, from[name]]));
}

const readme = `# ${coreName}

\`loadModel\` of \`node-libtorch\` and what belongs to it (\`Tensor\`, \`BatchQueue\`, \`runtime\`, the
errors), without its registry, server and command line. The code is the same.

\`\`\`js
import { loadModel, Tensor } from '@node-libtorch/core';

const model = await loadModel('model.pt');
const output = await model.run(Tensor.from([[1, 2, 3, 4]]));
\`\`\`

Install node-libtorch in its place to serve models over HTTP, for a registry, or for \`npx node-libtorch doctor\`. A program has one of the two.
`;
