// Versions of Node, and other package managers.

import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installed, registry, sandbox } from './support/setup.mjs';
import { full, nodes, npm12, pnpm, yarn } from './support/tools.mjs';

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
const managers = {
  'npm 12': { node: newest, install: ['npm', 'install', 'node-libtorch'], npm: npm12 },
  'pnpm 11': { node: newest, install: ['node', pnpm, 'add', 'node-libtorch'] },
  ...(full && {
    'npm 12 with --ignore-scripts': {
      node: newest,
      install: ['npm', 'install', '--ignore-scripts', 'node-libtorch'],
      npm: npm12,
    },
    'yarn 4, node-modules': { node: process.execPath, install: ['node', yarn, 'add', 'node-libtorch'] },
  }),
};

describe('installed by', () => {
  for (const [name, { node, install, npm }] of Object.entries(managers)) {
    it(name, async () => {
      const app = sandbox({ node, ...(npm && { npm }) }).add('predict.mjs');
      const [command, ...args] = install;
      if (args[0] === yarn) {
        const settings = {
          nodeLinker: 'node-modules',
          npmRegistryServer: registry.url,
          unsafeHttpWhitelist: ['127.0.0.1'],
        };
        const lines = { ...settings, enableTelemetry: false, enableGlobalCache: false, npmMinimalAgeGate: 0 };
        writeFileSync(join(app.app, '.yarnrc.yml'), JSON.stringify(lines));
        writeFileSync(join(app.app, 'yarn.lock'), '');
      }
      // Packages are held back by age, where a manager does that by itself: ours were published seconds ago.
      await app.ok(command, args, {
        env: { npm_config_minimum_release_age: '0', pnpm_config_minimum_release_age: '0' },
      });
      expect(await app.ok('node', ['predict.mjs'])).to.equal('7\n');
      app.remove();
    });
  }
});
