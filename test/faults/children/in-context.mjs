/**
 * Runs the package as Jest does (--experimental-vm-modules): every module of it in a context with globals of its own, while
 * Node's modules and the addon stay outside. `node --experimental-vm-modules in-context.mjs SCRIPT`, which exports
 * `default` and gets what it asks of the package by imports; prints what it resolves to as JSON.
 */
import { readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import vm from 'node:vm';

// What jest-environment-node hands in; every other global is the context's own.
const shared = [
  'process',
  'Buffer',
  'console',
  'URL',
  'URLSearchParams',
  'AbortController',
  'AbortSignal',
  'Event',
  'EventTarget',
];
const timers = [
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'setImmediate',
  'clearImmediate',
  'queueMicrotask',
];
const others = [
  'performance',
  'structuredClone',
  'TextEncoder',
  'TextDecoder',
  'fetch',
  'MessageChannel',
  'WebAssembly',
  'DOMException',
];
const context = vm.createContext(
  Object.fromEntries([...shared, ...timers, ...others].map((name) => [name, globalThis[name]])),
);
vm.runInContext('globalThis.global = globalThis', context);

const modules = new Map();

async function load(specifier, parent) {
  if (isBuiltin(specifier)) return outside(specifier);
  const url = import.meta.resolve ? resolve(specifier, parent) : undefined;
  if (modules.has(url)) return modules.get(url);
  const path = fileURLToPath(url);
  if (path.includes('/node_modules/')) return outside(url); // yauzl, ajv: CommonJS mostly
  const module = new vm.SourceTextModule(readFileSync(path, 'utf8'), {
    context,
    identifier: url,
    initializeImportMeta: (meta) => {
      meta.url = url;
      meta.resolve = (other) => resolve(other, url);
    },
    importModuleDynamically: async (other) => evaluated(await load(other, url)),
  });
  modules.set(url, module);
  return module;
}

function resolve(specifier, parent) {
  if (/^(file:|\.)/.test(specifier)) return new URL(specifier, parent).href;
  const own = {
    'node-libtorch': 'dist/index.js',
    'node-libtorch/server': 'dist/server/index.js',
    'node-libtorch/tasks': 'dist/tasks/index.js',
  }[specifier];
  if (own) return pathToFileURL(own).href;
  return pathToFileURL(createRequire(parent).resolve(specifier)).href;
}

async function outside(specifier) {
  if (modules.has(specifier)) return modules.get(specifier);
  const namespace = await import(specifier);
  const names = [...new Set([...Object.keys(namespace), 'default'])];
  const module = new vm.SyntheticModule(names, () => names.forEach((name) => module.setExport(name, namespace[name])), {
    context,
  });
  modules.set(specifier, module);
  return module;
}

async function evaluated(module) {
  if (module.status === 'unlinked') await module.link((specifier, { identifier }) => load(specifier, identifier));
  if (module.status === 'linked') await module.evaluate();
  return module;
}

const { namespace } = await evaluated(await load(pathToFileURL(process.argv[2]).href));
console.log(JSON.stringify(await namespace.default()));
process.exit(0);
