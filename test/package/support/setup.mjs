// mocha's --import of the package tests: the registry, and one app that most of them only look at.

import { Registry } from './registry.mjs';
import { Sandbox } from './sandbox.mjs';

export const registry = new Registry();
const sandboxes = new Set();
let installation;

/** A new sandbox, removed after all tests. */
export function sandbox(options = {}) {
  const made = new Sandbox({ registry, ...options });
  sandboxes.add(made);
  return made;
}

/** An app into which npm has installed node-libtorch, once for all tests. They may add files, not change modules. */
export function installed() {
  return (installation ??= (async () => {
    const made = sandbox();
    await made.ok('npm', ['install', '--ignore-scripts', 'node-libtorch']);
    return made;
  })());
}

export const mochaHooks = {
  async beforeAll() {
    this.timeout(180_000);
    await registry.start();
    for (const tarball of process.env.PACKAGE_TARBALLS.split('\n')) registry.publish(tarball);
  },
  async afterAll() {
    try {
      for (const made of sandboxes) made.remove();
    } finally {
      await registry.stop(); // or mocha would not end
    }
  },
};
