/**
 * Strokes of a pen as an image in the style of MNIST: 28 × 28, ink 1 on background 0, the ink within 20 × 20 and its centre of mass in
 * the middle. It is drawn anew from the lines, so neither the size of the pad nor that of the digit matters. No DOM.
 * Source of the form: http://yann.lecun.com/exdb/mnist: "size normalized to fit in a 20x20 pixel box while preserving their aspect
 * ratio … centered in a 28x28 image by computing the center of mass".
 */

export const side = 28;
const box = 20;
/** Half the width of a line, in pixels of the image; MNIST's own lines are two to three wide. */
const radius = 1.15;
/** The edge of a line goes from ink to none over so much. */
const softness = 1.1;
/** A dot is not blown up to a digit. Lengths on the pad, whose side is 1. */
const leastExtent = 0.08;

/** @typedef {{ x: number, y: number }} Point on the pad, whose sides are 1 */

/**
 * @param {readonly (readonly Point[])[]} strokes
 * @returns {Float32Array} 784 numbers from 0 to 1, row by row; all 0 without strokes
 */
export function digitOf(strokes) {
  const points = strokes.flat();
  if (points.length === 0) return new Float32Array(side * side);
  const bounds = boundsOf(points);
  const extent = Math.max(bounds.right - bounds.left, bounds.bottom - bounds.top, leastExtent);
  // The ink reaches beyond the middle of the line.
  const scale = (box - 2 * radius) / extent;
  const middle = { x: (bounds.left + bounds.right) / 2, y: (bounds.top + bounds.bottom) / 2 };
  const place = ({ x, y }) => ({ x: side / 2 + (x - middle.x) * scale, y: side / 2 + (y - middle.y) * scale });
  const placed = strokes.map((stroke) => stroke.map(place));
  const mass = centreOf(inkOf(placed));
  const moved = ({ x, y }) => ({ x: x + side / 2 - mass.x, y: y + side / 2 - mass.y });
  return inkOf(placed.map((stroke) => stroke.map(moved)));
}

function boundsOf(points) {
  const bounds = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  for (const { x, y } of points) {
    bounds.left = Math.min(bounds.left, x);
    bounds.right = Math.max(bounds.right, x);
    bounds.top = Math.min(bounds.top, y);
    bounds.bottom = Math.max(bounds.bottom, y);
  }
  return bounds;
}

/** Each pixel by its distance to the nearest line. */
function inkOf(strokes) {
  const ink = new Float32Array(side * side);
  const reach = radius + softness;
  for (const stroke of strokes) {
    for (const [i, end] of stroke.entries()) {
      const start = stroke[Math.max(0, i - 1)];
      const [top, bottom] = reached(start.y, end.y, reach);
      const [left, right] = reached(start.x, end.x, reach);
      for (let row = top; row <= bottom; row++) {
        for (let column = left; column <= right; column++) {
          const away = distance(column + 0.5, row + 0.5, start, end);
          const value = Math.min(1, Math.max(0, (radius - away) / softness + 0.5));
          const at = row * side + column;
          if (value > ink[at]) ink[at] = value;
        }
      }
    }
  }
  return ink;
}

function reached(a, b, reach) {
  return [Math.max(0, Math.floor(Math.min(a, b) - reach)), Math.min(side - 1, Math.ceil(Math.max(a, b) + reach))];
}

function distance(x, y, start, end) {
  const [dx, dy] = [end.x - start.x, end.y - start.y];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - start.x) * dx + (y - start.y) * dy) / length));
  return Math.hypot(x - start.x - along * dx, y - start.y - along * dy);
}

function centreOf(ink) {
  let [mass, x, y] = [0, 0, 0];
  for (const [i, value] of ink.entries()) {
    mass += value;
    x += value * ((i % side) + 0.5);
    y += value * (Math.floor(i / side) + 0.5);
  }
  return mass === 0 ? { x: side / 2, y: side / 2 } : { x: x / mass, y: y / mass };
}
