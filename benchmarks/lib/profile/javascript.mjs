// A CPU profile of V8 as times by function and by room: `self` is the function alone, `total` with what it called.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../paths.mjs';

/** What a frame belongs to. Rooms of ours go by folder, Node's modules by file, packages by name. */
export function groupOf({ functionName, url }) {
  if (functionName === '(garbage collector)') return 'garbage collector';
  if (functionName === '(idle)') return 'idle';
  if (functionName === '(program)') return 'native code outside of JavaScript';
  if (functionName === '(root)') return 'root';
  const [, module] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (module) return `package ${module}`;
  const [, ours] = /\/dist\/(.+)\.js$/.exec(url) ?? [];
  if (ours) return `src/${ours.split('/').slice(0, -1).join('/')}`;
  if (url.startsWith('node:'))
    return url.replace(/^node:internal\/(streams|async_hooks|timers|process)\b.*/, 'node:$1');
  if (url === '') return 'builtins and bindings';
  return 'other';
}

/** Names in the addon's table of exports. To V8 all of them are one function, with the name of whichever was made last. */
const bindings = join(root, 'native/binding');
const exported = new Set(
  readdirSync(bindings)
    .filter((file) => file.endsWith('.cc'))
    .flatMap((file) =>
      [...readFileSync(join(bindings, file), 'utf8').matchAll(/"([a-z]\w*)"/g)].map(([, name]) => name),
    ),
);
const nameOf = ({ functionName, url }) =>
  url === '' && exported.has(functionName) ? '(the addon)' : functionName || '(anonymous)';

const place = ({ url, lineNumber }) => {
  if (url === '') return '';
  const short = url
    .replace(/^file:\/\//, '')
    .replace(/^.*\/(dist|node_modules)\//, (_, folder) => (folder === 'dist' ? 'src/' : ''));
  return `${short.replace(/^\/.*\//, '')}:${lineNumber + 1}`;
};

/** @returns `groups` and `functions`, each with microseconds; sorted by self time */
export function timesOf({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, { ...node, self: 0 }]));
  for (const [i, id] of samples.entries()) byId.get(id).self += timeDeltas[i];
  const functions = new Map();
  const groups = new Map();
  const keyOf = ({ callFrame }) => `${callFrame.functionName}|${callFrame.url}|${callFrame.lineNumber}`;
  // Depth first, without recursion: stacks of JavaScript may be deep. A function that calls itself counts once.
  const visit = (node, open) => {
    const { callFrame, children = [] } = node;
    const key = keyOf(node);
    if (!functions.has(key)) {
      functions.set(key, {
        name: nameOf(callFrame),
        place: place(callFrame),
        group: groupOf(callFrame),
        self: 0,
        total: 0,
      });
    }
    const found = functions.get(key);
    found.self += node.self;
    groups.set(found.group, (groups.get(found.group) ?? 0) + node.self);
    let total = node.self;
    const inside = new Set(open).add(key);
    for (const child of children) total += visit(byId.get(child), inside);
    if (!open.has(key)) found.total += total;
    return total;
  };
  visit(byId.get(nodes[0].id), new Set());
  const bySelf = (a, b) => b.self - a.self;
  return {
    groups: [...groups].map(([name, self]) => ({ name, self })).sort(bySelf),
    functions: [...functions.values()].sort(bySelf),
  };
}
