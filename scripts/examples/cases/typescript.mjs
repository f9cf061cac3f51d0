// Examples in TypeScript, which their own compiler checks.

import { deepEqual, equal, ok } from 'node:assert/strict';

export const client = {
  name: 'client-typescript',
  main: 'client-typescript/src/main.ts',
  light: true,
  ends: 'SIGTERM', // of npx; the server drains
  check({ answers: [, printed] }) {
    const [digit, many, refused] = printed.trim().split('\n');
    deepEqual([digit, many], ['version v1.0: a 7', '100 answers']);
    ok(refused.startsWith('ERR_OUT_OF_RANGE 400: '), refused);
  },
};

/** A route that answers with the three best digits. */
async function checkDigits(answer, url) {
  const best = JSON.parse(answer);
  equal(best.length, 3);
  equal(best[0].label, '7');
  ok(best[0].score > 0.99);
  const headers = { 'content-type': 'application/json' };
  const refused = await fetch(url, { method: 'POST', headers, body: '{"input_data": [1, 2]}' });
  equal(refused.status, 422);
  equal((await refused.json()).code, 'ERR_INVALID_SHAPE');
}

export const nest = {
  name: 'nestjs',
  main: 'nestjs/src/main.ts',
  ends: 'SIGTERM', // Nest sends it to itself again when its hooks have run
  check: ({ answers, url }) => checkDigits(answers[0], `${url}/digits`),
};

export const next = {
  name: 'nextjs',
  main: 'nextjs/app/api/digit/route.ts',
  ends: 'SIGTERM', // of npx
  check: ({ answers, url }) => checkDigits(answers[0], `${url}/api/digit`),
};
