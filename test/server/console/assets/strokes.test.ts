import { expect } from 'chai';
import { consoleAsset } from '../../../support/console/assets.js';

interface Point {
  readonly x: number;
  readonly y: number;
}
interface Strokes {
  readonly digitOf: (strokes: readonly (readonly Point[])[]) => Float32Array;
}

const side = 28;
const points = (...all: readonly (readonly [number, number])[]) => all.map(([x, y]) => ({ x, y }));
const seven = [points([0.3, 0.2], [0.7, 0.2], [0.45, 0.8])];

/** What a digit has of ink, and where. */
function inkOf(image: Float32Array) {
  let [mass, x, y] = [0, 0, 0];
  const [columns, rows] = [new Set<number>(), new Set<number>()];
  for (const [i, value] of image.entries()) {
    mass += value;
    x += value * ((i % side) + 0.5);
    y += value * (Math.floor(i / side) + 0.5);
    if (value <= 0.5) continue;
    columns.add(i % side);
    rows.add(Math.floor(i / side));
  }
  return { x: x / mass, y: y / mass, width: columns.size, height: rows.size };
}

describe('the console: strokes as a digit of MNIST', () => {
  let digitOf: Strokes['digitOf'];
  before(async () => ({ digitOf } = await consoleAsset<Strokes>('strokes.js')));

  it('are 28 × 28 numbers from 0 to 1, none of them ink without a stroke', () => {
    const image = digitOf(seven);
    expect(image).to.have.length(side * side);
    expect(Math.max(...image)).to.equal(1);
    expect(Math.min(...image)).to.equal(0);
    expect(digitOf([]).every((value) => value === 0)).to.equal(true);
  });

  it('have their centre of mass in the middle, and 20 pixels of ink at their longer side', () => {
    for (const strokes of [seven, [points([0.1, 0.5], [0.9, 0.55])], [points([0.9, 0.9], [0.95, 0.99], [0.8, 0.95])]]) {
      const { x, y, width, height } = inkOf(digitOf(strokes));
      expect(x).to.be.closeTo(side / 2, 0.2);
      expect(y).to.be.closeTo(side / 2, 0.2);
      expect(Math.max(width, height)).to.be.within(18, 21);
    }
  });

  it('are the same wherever and however large they are drawn', () => {
    const small = seven.map((stroke) => stroke.map(({ x, y }) => ({ x: 0.05 + x / 3, y: 0.6 + y / 3 })));
    const [a, b] = [digitOf(seven), digitOf(small)];
    expect(Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))))).to.be.below(1e-4);
  });

  it('a dot is no blown up digit', () => {
    const { width, height } = inkOf(digitOf([points([0.4, 0.6])]));
    expect(Math.max(width, height)).to.be.within(1, 4);
  });
});
