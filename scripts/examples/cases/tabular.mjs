import { deepEqual, equal, ok } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pythonPath } from '../python.mjs';

/** What train.py has its orders from, without the noise: Munich on a Friday at 18, Berlin on a Sunday at 11. */
const minutes = [12 + 3 * 5 + 1.5 * 2 + 6 + 8, 12 + 3 * 1 + 1.5 * 1];

export const tabular = {
  name: 'tabular',
  main: 'tabular/server.mjs',
  light: true,
  before({ folder, light }) {
    if (!light) execFileSync(join(pythonPath(), 'python3'), ['train.py'], { cwd: folder });
  },
  async check({ answers, url }) {
    const predicted = JSON.parse(answers[0]);
    equal(predicted.length, minutes.length);
    for (const [i, expected] of minutes.entries()) ok(Math.abs(predicted[i] - expected) < 3, `${predicted[i]}`);
    const order = { kilometres: 1, items: 1, hour: 12, city: 'Atlantis', weekday: 'Mon' };
    const headers = { 'content-type': 'application/json' };
    const refused = await fetch(`${url}/minutes`, { method: 'POST', headers, body: JSON.stringify([order]) });
    equal(refused.status, 422);
    ok((await refused.json()).message.includes('Berlin'));
    // No list of orders: a fault of the program's own, which a stranger learns nothing of.
    const broken = await fetch(`${url}/minutes`, { method: 'POST', headers, body: '{}' });
    equal(broken.status, 500);
    deepEqual(await broken.json(), { message: 'The server made a mistake.' });
  },
};
