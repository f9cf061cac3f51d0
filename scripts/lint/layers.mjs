/**
 * ESLint rule for the layers of docs/internals/ARCHITECTURE.md: imports inside src/ go down only, layers may be skipped, and
 * rooms of one floor never import each other.
 */
import { dirname, relative, resolve, sep } from 'node:path';

const leaves = ['async', 'files', 'schema', 'statistics', 'check', 'errors'];

/** Each room with the rooms right below it; it may import those and everything below them. */
const rooms = {
  index: ['cli', 'server', 'core'],
  core: ['batching'],
  cli: ['server', 'client'],
  server: ['serving', 'protocol'],
  client: ['protocol'],
  protocol: ['tensor'],
  serving: ['registry'],
  registry: ['tasks', 'batching', 'monitoring'],
  tasks: ['engines'],
  batching: ['engines'],
  monitoring: ['engines'],
  engines: ['model', 'libtorch'],
  model: ['signature'],
  signature: ['tensor'],
  tensor: leaves,
  libtorch: ['addon'],
  addon: leaves,
  async: ['errors'],
  files: ['errors'],
  schema: [],
  statistics: ['check'],
  check: ['errors'],
  errors: [],
};

/** The folders inside src/engines, likewise. */
const engines = {
  row: [],
  remote: [],
  torch: ['remote', 'row'],
  pt2: ['torch'],
  aoti: ['pt2'],
  export: ['pt2'],
  onnx: ['remote', 'row'],
};

/** All that a room may import: what is below it, however far down. */
function below(table, room, found = new Set()) {
  for (const next of table[room] ?? []) {
    if (found.has(next)) continue;
    found.add(next);
    below(table, next, found);
  }
  return found;
}

/** The folders a file lies in below src/, or its own name right in src/. */
function placeOf(sourceRoot, file) {
  const [room, folder] = relative(sourceRoot, file)
    .replace(/\.[cm]?[jt]s$/, '')
    .split(sep);
  return { room, folder };
}

export const layers = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      upward: '{{from}} must not import {{to}}: imports go down only (docs/internals/ARCHITECTURE.md)',
      inside: '{{from}} must not look into {{to}}: other rooms see engines/index.ts and engines/runtime.ts',
      unknown: '{{room}} is not a room of docs/internals/ARCHITECTURE.md; add it to scripts/lint/layers.mjs',
    },
  },
  create(context) {
    const sourceRoot = resolve(context.cwd, 'src');
    const from = placeOf(sourceRoot, context.filename);
    function check(node) {
      const specifier = node.source?.value;
      if (typeof specifier !== 'string' || !specifier.startsWith('.')) return;
      const to = placeOf(sourceRoot, resolve(dirname(context.filename), specifier));
      const unknown = [from, to].find(({ room }) => !(room in rooms));
      if (unknown !== undefined) {
        context.report({ node, messageId: 'unknown', data: { room: unknown.room } });
        return;
      }
      if (from.room !== to.room) {
        if (to.room === 'engines' && to.folder in engines) {
          context.report({ node, messageId: 'inside', data: { from: from.room, to: `engines/${to.folder}` } });
          return;
        }
        if (below(rooms, from.room).has(to.room)) return;
        context.report({ node, messageId: 'upward', data: { from: from.room, to: to.room } });
        return;
      }
      // Files right in src/engines see every engine; an engine sees those below it.
      const isBetweenEngines = from.room === 'engines' && from.folder in engines && from.folder !== to.folder;
      if (!isBetweenEngines || below(engines, from.folder).has(to.folder)) return;
      context.report({
        node,
        messageId: 'upward',
        data: { from: `engines/${from.folder}`, to: `engines/${to.folder}` },
      });
    }
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};
