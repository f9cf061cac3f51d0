/** Rows of a made table with four classes, and a logistic model that was fitted to some of them. */

const classes = 4;
const width = 6;

/** @param draw numbers from 0 to below 1 */
export function tableCases(draw) {
  const normal = () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  const centres = Array.from({ length: classes }, () => Array.from({ length: width }, () => 1.1 * normal()));
  // Not quite normal, and of several scales: a logistic model is not right about them.
  const scales = [1, 10, 0.1, 1, 5, 1];
  const rowOf = (k) => centres[k].map((centre, at) => scales[at] * (centre + normal() * (draw() < 0.1 ? 2 : 1)));
  const rows = (count) => {
    const actual = Array.from({ length: count }, () => Math.floor(draw() * classes));
    return { actual, x: actual.map(rowOf) };
  };
  const weights = fitted(rows(3000), scales);
  const answers = ({ actual, x }) => {
    const found = { actual, predicted: [], confidences: [], features: x };
    for (const row of x) {
      const scores = scoresOf(weights, row, scales);
      const best = scores.indexOf(Math.max(...scores));
      found.predicted.push(best);
      found.confidences.push(1 / scores.reduce((sum, score) => sum + Math.exp(score - scores[best]), 0));
    }
    return found;
  };
  const test = rows(6000);
  const spoil = (change) => answers({ actual: test.actual, x: test.x.map((row) => row.map(change)) });
  return {
    ...{ classes, names: scales.map((_, at) => `column ${at}`) },
    heldOut: answers(rows(2000)),
    test: answers(test),
    spoilt: {
      'one column moved': spoil((value, at) => (at === 0 ? value + 2 : value)),
      'one column in other units': spoil((value, at) => (at === 1 ? value / 10 : value)),
      'one column constant': spoil((value, at) => (at === 3 ? 0 : value)),
      'signs turned': spoil((value) => -value),
      'noise as large as the data': spoil((value, at) => value + 1.5 * scales[at] * normal()),
      'columns shrunk': spoil((value) => value / 2),
    },
  };
}

function scoresOf(weights, row, scales) {
  return weights.map((line) => row.reduce((sum, value, at) => sum + (line[at] * value) / scales[at], line[width]));
}

/** By gradient descent. */
function fitted({ actual, x }, scales) {
  const weights = Array.from({ length: classes }, () => new Array(width + 1).fill(0));
  for (let step = 0; step < 300; step++) {
    const slopes = weights.map((line) => line.map(() => 0));
    for (const [row, values] of x.entries()) {
      const scores = scoresOf(weights, values, scales);
      const max = Math.max(...scores);
      const parts = scores.map((score) => Math.exp(score - max));
      const sum = parts.reduce((total, part) => total + part, 0);
      for (const [k, part] of parts.entries()) {
        const error = part / sum - Number(actual[row] === k);
        for (let at = 0; at < width; at++) slopes[k][at] += (error * values[at]) / scales[at];
        slopes[k][width] += error;
      }
    }
    for (const [k, line] of slopes.entries()) {
      for (const [at, slope] of line.entries()) weights[k][at] -= (0.5 * slope) / x.length;
    }
  }
  return weights;
}
