/**
 * ESLint rule for the layers of docs/ARCHITECTURE.md: imports inside src/ go downward only, and folders of one level
 * never import each other.
 */
import { dirname, relative, resolve, sep } from 'node:path';

/** Higher imports lower. Leaves are importable from everywhere. */
const levels = {
  index: 8,
  cli: 7,
  server: 6,
  serving: 5,
  batching: 4,
  registry: 4,
  monitoring: 4,
  tasks: 4,
  runtime: 3,
  provision: 3,
  binding: 2,
  config: 0,
  errors: 0,
  types: 0,
};

/** The layer of a file: its first folder below src, or its own name right in src. */
function layerOf(sourceRoot, file) {
  const [first] = relative(sourceRoot, file).split(sep);
  return first.replace(/\.[cm]?[jt]s$/, '');
}

export const layers = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      upward: '{{from}} (level {{fromLevel}}) must not import {{to}} (level {{toLevel}}): imports go downward only',
      unknown: '{{layer}} is no layer of docs/ARCHITECTURE.md; add it to scripts/lint/layers.mjs',
    },
  },
  create(context) {
    const sourceRoot = resolve(context.cwd, 'src');
    const from = layerOf(sourceRoot, context.filename);
    function check(node) {
      const specifier = node.source?.value;
      if (typeof specifier !== 'string' || !specifier.startsWith('.')) return;
      const to = layerOf(sourceRoot, resolve(dirname(context.filename), specifier));
      const unknown = [from, to].find((layer) => !(layer in levels));
      if (unknown !== undefined) context.report({ node, messageId: 'unknown', data: { layer: unknown } });
      else if (from !== to && levels[to] > 0 && levels[to] >= levels[from]) {
        context.report({
          node,
          messageId: 'upward',
          data: { from, to, fromLevel: levels[from], toLevel: levels[to] },
        });
      }
    }
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};
