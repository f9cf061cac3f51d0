// The optional peers, at both ends of what package.json accepts.

import { expect } from 'chai';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sandbox } from './support/setup.mjs';
import { root } from './support/tools.mjs';

const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const ends = {
  oldest: {
    '@opentelemetry/api': '1.3.0',
    sharp: '0.33.0',
    'onnxruntime-node': '1.22.0',
    'cmake-js': '7.4.0',
    'node-addon-api': '8.0.0',
  },
  // What these apps are known to pin.
  'of others': { sharp: '^0.34.0', 'onnxruntime-node': '1.24.3' },
  newest: { sharp: devDependencies.sharp, 'onnxruntime-node': devDependencies['onnxruntime-node'] },
};

describe('beside the optional peers', () => {
  for (const [which, dependencies] of Object.entries(ends)) {
    it(`${which}: ${Object.entries(dependencies).flat().join(' ')}`, async () => {
      const app = sandbox().add('peers.mjs');
      for (const name of ['images/turned.jpg', 'onnx/linear.onnx']) {
        copyFileSync(join(root, 'test/fixtures', name), join(app.app, name.split('/')[1]));
      }
      writeFileSync(join(app.app, 'package.json'), JSON.stringify({ private: true, dependencies }));
      // Without --force or --legacy-peer-deps: a range that is too narrow ends in ERESOLVE.
      await app.ok('npm', ['install', '--ignore-scripts', 'node-libtorch']);
      const [image, first, second] = (await app.ok('node', ['peers.mjs'])).split('\n');
      expect(image).to.match(/^image( \d+){18}$/);
      expect(first).to.match(/^first( -?[\d.]+){6}$/);
      expect(second).to.equal(first.replace('first', 'second'));
      app.remove();
    });
  }
});
