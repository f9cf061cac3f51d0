#!/usr/bin/env node
// npm run bench:diff -- [options]: this tree's build against another one, both measured now, in turns. Absolute numbers of another day
// say nothing on a machine that others use; ratios of neighbouring rounds do.
//   --before REF|DIR  a commit (built once, into the cache) or a built tree; otherwise the commit that benchmarks/baseline.json names
//   --after DIR       another built tree than this one
//   --only a,b        subjects of the table in lib/sides.mjs
//   --quick           90 seconds: what is big is found
//   --seconds N       stop adding rounds after that long        --rounds N   of each pair of processes
//   --fail            exit code 1 where something is surely slower, and is so once more
//   --json FILE       writes what was found
//   --accept [--why TEXT]  measures nothing: from now on this commit is the one to compare with
// Verdicts: `same`, `slower` and `faster` are sure of it, by the limit of that measure; `too noisy` says that nothing can be said.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { builtFolder, buildOf, commitOf } from './lib/judge/builds.mjs';
import { compareTrees } from './lib/judge/rounds.mjs';
import { summary, tableOf } from './lib/judge/table.mjs';
import { commitHash, describeMachine } from './lib/machine.mjs';
import { baselineFile, endWithSignals, readJson, root, say, writeJson } from './lib/paths.mjs';
import { subjects } from './lib/sides.mjs';

endWithSignals();
const text = { type: 'string' };
const flag = { type: 'boolean', default: false };
const { values } = parseArgs({
  options: {
    ...{ before: text, after: text, only: text, rounds: text, seconds: text, json: text, why: text },
    ...{ quick: flag, fail: flag, accept: flag },
  },
});

/** A plan is so many pairs of processes, so many rounds each, and more pairs until the seconds are over. */
const plans = { quick: { pairs: 3, rounds: 6, seconds: 80 }, full: { pairs: 4, rounds: 8, seconds: 200 } };

function namesOf(only) {
  const names = only ? only.split(',') : Object.keys(subjects);
  const unknown = names.find((name) => !subjects[name]);
  if (unknown) throw new Error(`Expected subjects of ${Object.keys(subjects).join(', ')} but received ${unknown}`);
  return names;
}

/** The tree to compare with; undefined when this clone has not the baseline's commit. */
function before(named) {
  const folder = named && builtFolder(named);
  if (folder) return { folder, title: named };
  const ref = named ?? readJson(baselineFile).commit;
  const commit = commitOf(ref);
  if (commit) return { folder: buildOf(commit), title: commit.slice(0, 10) };
  if (named) throw new Error(`Expected a commit or a folder but received ${named}`);
  say(`Nothing to judge against: this clone does not have commit ${ref} (benchmarks/baseline.json)`);
  return undefined;
}

function accept() {
  const commit = commitOf('HEAD');
  writeFileSync(baselineFile, `${JSON.stringify({ commit, why: values.why ?? 'accepted' }, null, 2)}\n`);
  say(`benchmarks/baseline.json names ${commit}`);
}

async function compare() {
  const old = before(values.before);
  if (!old) return;
  const now = {
    folder: resolve(values.after ?? root),
    title: values.after ?? `this tree (${commitHash().replace(/^(.{10})\w*/, '$1')})`,
  };
  builtFolder(now.folder);
  const base = plans[values.quick ? 'quick' : 'full'];
  const plan = {
    ...base,
    ...(values.rounds && { rounds: Number(values.rounds) }),
    ...(values.seconds && { seconds: Number(values.seconds) }),
  };
  const names = namesOf(values.only);
  const found = await compareTrees([old.folder, now.folder], names, plan);
  console.log(`before: ${old.title}\nafter:  ${now.title}\n\n${tableOf(found.lines)}\n\n${summary(found)}`);
  if (values.json) {
    const { lines, failed, inline, ...rest } = found;
    const about = { before: old.title, after: now.title, machine: describeMachine(), node: process.version, ...rest };
    await writeJson(resolve(values.json), {
      ...about,
      failed: Object.fromEntries(failed),
      inline: Object.fromEntries(inline),
      lines,
    });
  }
  if (values.fail) await failIfConfirmed([old.folder, now.folder], found.lines, plan);
}

/** Of so many measures one may come out slower by chance. What does is measured once more, by processes of its own. */
async function failIfConfirmed(trees, lines, plan) {
  const slower = slowerIn(lines);
  if (slower.size === 0) return;
  say(`once more: ${[...slower].join(', ')}`);
  const again = await compareTrees(trees, [...new Set(lines.filter(isSlower).map(({ subject }) => subject))], plan);
  console.log(`\nonce more, what was slower:\n\n${tableOf(again.lines)}\n`);
  const confirmed = [...slowerIn(again.lines)].filter((name) => slower.has(name));
  console.log(confirmed.length > 0 ? `slower both times: ${confirmed.join(', ')}` : 'nothing is slower both times');
  if (confirmed.length > 0) process.exitCode = 1;
}

const isSlower = ({ verdict }) => verdict === 'slower';
const slowerIn = (lines) => new Set(lines.filter(isSlower).map(({ subject, measure }) => `${subject} ${measure}`));

try {
  await (values.accept ? accept() : compare());
} catch (error) {
  say(error.message);
  if (process.env.DEBUG) say(error.stack);
  process.exitCode = 2;
}
