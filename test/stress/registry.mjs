/**
 * Kills 500 processes that change a registry, at random moments: `node test/stress/registry.mjs [KILLS] [SEED]`. Every version must
 * be whole or absent, every alias point to one that is there, no change that was reported may be lost, and the next writer must
 * find a clean registry within 2 s.
 */
import { killWriters } from '../support/registry-kills.mjs';

const [kills = 500, seed = Date.now() % 1e6] = process.argv.slice(2).map(Number);
const lanes = 2;
const results = await Promise.all(
  Array.from({ length: lanes }, (_, lane) =>
    killWriters({ kills: Math.ceil((kills - lane) / lanes), seed: seed + lane * 10_000 }),
  ),
);
const sum = (of) => results.reduce((total, result) => total + of(result), 0);
const cut = {};
for (const result of results) for (const [kind, n] of Object.entries(result.cut)) cut[kind] = (cut[kind] ?? 0) + n;
const slowestStartMs = Math.max(...results.map((result) => result.slowestStartMs));
const faults = results.flatMap((result) => result.faults);
console.log(
  JSON.stringify({
    seed,
    kills: sum(({ kills }) => kills),
    changes: sum(({ changes }) => changes),
    cut,
    slowestStartMs,
  }),
);
for (const fault of faults.slice(0, 20)) console.log(fault);
console.log(`${faults.length} damaged`);
process.exitCode = faults.length > 0 || slowestStartMs > 2000 ? 1 : 0;
