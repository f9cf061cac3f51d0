#!/usr/bin/env node
// node scripts/bench/plots.mjs: benchmarks/results/*.json → benchmarks/plots/*.svg and docs/benchmarks.md. No number there is
// written by hand.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, resultsDir, root, say } from '../../benchmarks/lib/paths.mjs';
import { commands, page } from './page.mjs';
import { inprocessPart } from './part-inprocess.mjs';
import { httpPart } from './part-http.mjs';
import { overloadPart } from './part-overload.mjs';
import { peersPart } from './part-peers.mjs';
import { protocolsPart } from './part-protocols.mjs';

const load = (name) => {
  const path = join(resultsDir, `${name}.json`);
  return existsSync(path) ? readJson(path) : undefined;
};

const run = load('run');
const peers = load('peers');
const overload = load('overload');
const protocols = load('protocols');
const about = run ?? peers ?? overload ?? protocols;
if (!about) {
  say('Nothing has been measured yet: bash benchmarks/measure-all.sh');
  process.exit(1);
}

/** Says of a part that was not measured with the rest when it was. */
const dated = (part, { date, commit }) => {
  if (commit === about.commit) return part;
  return {
    ...part,
    text: `Measured on its own, on ${date}, at commit ${commit.slice(0, 10)}.\n\n${part.text}`,
  };
};
const parts = [
  ...(peers ? [dated(peersPart(peers), peers)] : []),
  ...(run ? [inprocessPart(run), httpPart(run)] : []),
  ...(protocols ? [dated(protocolsPart(protocols), protocols)] : []),
  ...(overload ? [dated(overloadPart(overload), overload)] : []),
];
const plots = join(root, 'benchmarks/plots');
mkdirSync(plots, { recursive: true });
for (const { charts } of parts) {
  for (const [name, svg] of Object.entries(charts)) writeFileSync(join(plots, `${name}.svg`), svg);
}
writeFileSync(join(root, 'docs/benchmarks.md'), page(about, parts, commands));
say('wrote docs/benchmarks.md and benchmarks/plots');
