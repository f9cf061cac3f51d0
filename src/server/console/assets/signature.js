/** What can be tried on a model, by what it takes. No DOM. */

/** @typedef {{ name: string, datatype: string, shape: number[], range?: [number, number], optional?: boolean }} Tensor */

const numeric = /^(FP(16|32|64)|BF16|U?INT(8|16|32|64))$/;
const digitPixels = 784;

/** Ways to try it, the best first. @param {{ inputs?: Tensor[], task?: { takesImages?: boolean } }} model */
export function waysToTry({ inputs, task }) {
  const ways = [];
  if (digitInput(inputs)) ways.push('draw');
  if (task?.takesImages) ways.push('image');
  if (inputs) ways.push('json');
  return ways;
}

/** The one input of a model that takes 28 × 28 pixels of one channel; undefined of others. */
export function digitInput(inputs = []) {
  const [input, ...others] = inputs.filter(({ optional }) => !optional);
  if (!input || others.length > 0 || !numeric.test(input.datatype)) return undefined;
  const [batch, ...sides] = input.shape;
  if (sides.length === 0 || batch > 1) return undefined;
  const isFlat = sides.length === 1 && sides[0] === digitPixels;
  const isSquare = [
    [28, 28],
    [1, 28, 28],
    [28, 28, 1],
  ].some((form) => form.length === sides.length && form.every((side, i) => side === sides[i] || sides[i] === -1));
  return isFlat || isSquare ? input : undefined;
}

/** Values of ink and of the background that an input takes: by its range, else by its datatype. */
export function inkRange({ range, datatype }) {
  if (range) return range;
  return /INT/.test(datatype) ? [0, 255] : [0, 1];
}

/** Ink from 0 to 1 in the values of an input, short enough to be read. */
export function pixelsFor(input, ink, [least, most] = inkRange(input)) {
  const isWhole = /INT/.test(input.datatype);
  return Array.from(ink, (value) => {
    const scaled = least + value * (most - least);
    return isWhole ? Math.round(scaled) : Number(scaled.toFixed(3));
  });
}

/** The shape of one row; open sides other than the batch are those of a digit. */
export function digitShape({ shape }) {
  return shape.map((side, i) =>
    i === 0 ? 1 : side === -1 ? (i === shape.length - 1 || shape.length === 3 ? 28 : 1) : side,
  );
}

/** A flat list in nested arrays of a shape. */
export function nested(values, shape) {
  if (shape.length <= 1) return values;
  const size = values.length / shape[0];
  return Array.from({ length: shape[0] }, (_, i) => nested(values.slice(i * size, (i + 1) * size), shape.slice(1)));
}

const openSide = 4;
const mostValues = 50_000;

/**
 * An example of a request of the Open Inference Protocol: made-up values of the right shape; -1 becomes 1 in front and 4 elsewhere.
 * @param {Tensor[]} inputs
 */
export function exampleRequest(inputs) {
  return {
    inputs: inputs
      .filter(({ optional }) => !optional)
      .map(({ name, datatype, shape, range }) => {
        const sides = shape.map((side, i) => (side >= 0 ? side : i === 0 ? 1 : openSide));
        const size = sides.reduce((product, side) => product * side, 1);
        const data = size > mostValues ? [] : Array.from({ length: size }, (_, i) => exampleValue(datatype, i, range));
        return { name, datatype: datatype || 'FP32', shape: sides, data };
      }),
  };
}

/** Wavy, so that not all answers are the same; inside of the range. */
function exampleValue(datatype, i, range) {
  if (datatype === 'BYTES') return i === 0 ? 'Hello' : `text ${i + 1}`;
  if (datatype === 'BOOL') return i % 2 === 0;
  const [least, most] = range ?? (/INT/.test(datatype) ? [0, 9] : [0, 1]);
  const isOpen = !Number.isFinite(least) || !Number.isFinite(most);
  const wave = isOpen ? i % 10 : least + ((most - least) * (1 + Math.sin(i / 3))) / 2;
  return /INT/.test(datatype) ? Math.round(wave) : Number(wave.toFixed(3));
}

/** As JSON that people can edit: long arrays of numbers in lines of their own. */
export function requestText(request) {
  const inputs = request.inputs.map(
    ({ data, ...rest }) =>
      `    {${JSON.stringify(rest).slice(1, -1).replaceAll('","', '", "').replaceAll(':', ': ')},\n      "data": [${wrapped(data)}]}`,
  );
  return `{\n  "inputs": [\n${inputs.join(',\n')}\n  ]\n}`;
}

const perLine = 8;

function wrapped(data) {
  const texts = data.map((value) => JSON.stringify(value));
  if (texts.length <= perLine) return texts.join(', ');
  const lines = [];
  for (let i = 0; i < texts.length; i += perLine) lines.push(texts.slice(i, i + perLine).join(', '));
  return `\n      ${lines.join(',\n      ')}\n    `;
}
