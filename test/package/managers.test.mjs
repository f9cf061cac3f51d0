// Versions of Node, and other package managers.

import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installed, registry, sandbox } from './support/setup.mjs';
import { full, nodes, npm12, pnpm, pnpm12, yarn, yarn1 } from './support/tools.mjs';

describe('one installation', () => {
  for (const [major, node] of nodes) {
    it(`runs on Node ${major}`, async () => {
      const app = await installed();
      app.add('predict.mjs', 'predict.cjs');
      expect(await app.ok(node, ['--version'])).to.match(new RegExp(`^v${major}\\.`));
      expect(await app.ok(node, ['predict.mjs'])).to.equal('7\n');
      expect(await app.ok(node, ['predict.cjs'])).to.equal('7 function true\n');
    });
  }
});

const newest = nodes.get(26);
const predict = ['node', 'predict.mjs'];

/** Settings of Yarn from version 2 on: our registry, and packages of whatever age. */
const berry = (settings) => (app) => {
  const registrySettings = { npmRegistryServer: registry.url, unsafeHttpWhitelist: ['127.0.0.1'] };
  const lines = {
    ...settings,
    ...registrySettings,
    enableTelemetry: false,
    enableGlobalCache: false,
    npmMinimalAgeGate: 0,
  };
  writeFileSync(join(app.app, '.yarnrc.yml'), JSON.stringify(lines));
  writeFileSync(join(app.app, 'yarn.lock'), '');
};

const managers = {
  'npm 12': { node: newest, install: ['npm', 'install', 'node-libtorch'], npm: npm12 },
  'pnpm 11': { node: newest, install: ['node', pnpm, 'add', 'node-libtorch'] },
  'yarn 4, Plug’n’Play': {
    node: newest,
    install: ['node', yarn, 'add', 'node-libtorch'],
    prepare: berry({ nodeLinker: 'pnp' }),
    run: ['node', yarn, 'node', 'predict-pnp.mjs'],
  },
  ...(full && {
    'npm 12 with --ignore-scripts': {
      node: newest,
      install: ['npm', 'install', '--ignore-scripts', 'node-libtorch'],
      npm: npm12,
    },
    'pnpm 12': { node: newest, install: ['npx', '--yes', pnpm12, 'add', 'node-libtorch'], npm: npm12 },
    'yarn 1': { node: process.execPath, install: ['node', yarn1, 'add', 'node-libtorch', '--non-interactive'] },
    'yarn 4, node-modules': {
      node: process.execPath,
      install: ['node', yarn, 'add', 'node-libtorch'],
      prepare: berry({ nodeLinker: 'node-modules' }),
    },
    'yarn 4, pnpm linker': {
      node: newest,
      install: ['node', yarn, 'add', 'node-libtorch'],
      prepare: berry({ nodeLinker: 'pnpm' }),
    },
  }),
};

describe('installed by', () => {
  for (const [name, { node, install, npm, prepare, run = predict }] of Object.entries(managers)) {
    it(name, async () => {
      const app = sandbox({ node, ...(npm && { npm }) }).add('predict.mjs', 'predict-pnp.mjs');
      prepare?.(app);
      const [command, ...args] = install;
      // Packages are held back by age, where a manager does that by itself: ours were published seconds ago.
      await app.ok(command, args, {
        env: { npm_config_minimum_release_age: '0', pnpm_config_minimum_release_age: '0' },
      });
      expect(await app.ok(run[0], run.slice(1))).to.equal('7\n');
      app.remove();
    });
  }
});
