// node test/stress/bench-diff.mjs [WORD]: whether `bench:diff` can judge. This tree's build against itself, and against copies that are slower on
// purpose: by 20 µs of every /predict, and in 2 % of them only. Four minutes; a word of a
// case's name takes that one. Nothing else should use the machine.

import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const subjects = 'predict-64,predict-1,oip-64';

/** Code that every request of the handler runs, and what must be found of it. */
const cases = {
  'the build itself': {
    expected: (lines) =>
      assert.deepEqual(
        lines.filter(({ verdict }) => /slower|faster/.test(verdict)),
        [],
      ),
  },
  '20 µs of every request': {
    code: 'for (const until = process.hrtime.bigint() + 20000n; process.hrtime.bigint() < until;);',
    expected: (lines) => assert.equal(verdictOf(lines, 'predict-64', 'CPU µs'), 'slower'),
  },
  '20 ms of 2 % of the requests': {
    code: 'if (Math.random() < 0.02) await new Promise((resolve) => setTimeout(resolve, 20));',
    expected(lines) {
      assert.equal(verdictOf(lines, 'predict-64', 'p99 ms'), 'slower');
      assert.equal(verdictOf(lines, 'predict-1', 'p99 ms'), 'slower');
    },
  },
};

const verdictOf = (lines, subject, measure) =>
  lines.find((line) => line.subject === subject && line.measure === measure).verdict;

/** A built tree with this code at the begin of `POST /predict`. */
function planted(folder, code) {
  for (const name of ['models', 'model-registry', 'package.json', 'node_modules', 'build', 'native']) {
    symlinkSync(join(root, name), join(folder, name));
  }
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  const file = join(folder, 'dist/server/routes/predict.js');
  const before = readFileSync(file, 'utf8');
  const at = 'requireServing(context);';
  assert(before.includes(at), `the handler of /predict has no ${at} any more: plant the code elsewhere`);
  writeFileSync(file, before.replace(at, `${at}\n${code}`));
}

for (const [title, { code, expected }] of Object.entries(cases)) {
  if (!title.includes(process.argv[2] ?? '')) continue;
  const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-stress-'));
  try {
    if (code) planted(folder, code);
    const json = join(folder, 'found.json');
    const args = ['--before', root, '--after', code ? folder : root, '--quick', '--only', subjects, '--json', json];
    const { status } = spawnSync(process.execPath, [join(root, 'benchmarks/diff.mjs'), ...args], { stdio: [0, 1, 2] });
    assert.equal(status, 0);
    expected(JSON.parse(readFileSync(json, 'utf8')).lines);
    console.log(`${title}: as it should be\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
