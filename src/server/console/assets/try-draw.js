/** Draw a digit: the model answers while it is drawn. */
import { request, urlOf } from './api.js';
import { partsOfOutputs, partsOfPrediction } from './answers.js';
import { h, put } from './dom.js';
import { drawingPad } from './pad.js';
import { modelPath } from './paths.js';
import { showError, showResult } from './result.js';
import { digitInput, digitShape, inkRange, nested, pixelsFor } from './signature.js';
import { digitOf, side } from './strokes.js';

const ranges = { '0 to 1': [0, 1], '0 to 255': [0, 255], '−1 to 1': [-1, 1] };
const timing = { 'x-server-timing': 'on' };

export function tryByDrawing(model) {
  const input = digitInput(model.inputs);
  let range = inkRange(input);
  let strokes = [];
  let isBusy = false;
  let isStale = false;
  const result = h('div', { class: 'result', 'aria-live': 'off' });
  const preview = h('canvas', { class: 'preview', width: side, height: side, 'aria-hidden': 'true' });

  const ask = async () => {
    isStale = true;
    if (isBusy) return;
    isBusy = true;
    // The newest drawing after each answer: what was drawn meanwhile is one question.
    while (isStale) {
      isStale = false;
      const ink = digitOf(strokes);
      paint(preview, ink);
      if (strokes.length === 0) {
        put(result, empty());
        continue;
      }
      await answer(model, requestFor(model, input, pixelsFor(input, ink, range)), result);
    }
    isBusy = false;
  };
  const pad = drawingPad((drawn) => {
    strokes = drawn;
    void ask();
  });
  put(result, empty());
  const isOpen = input.range === undefined && /^(FP|BF)/.test(input.datatype);
  return h(
    'div',
    { class: 'try-grid' },
    h(
      'div',
      { class: 'try-input' },
      pad,
      h(
        'div',
        { class: 'seen' },
        preview,
        h('p', { class: 'hint' }, 'What the model sees: 28 × 28 pixels, centred and scaled as in MNIST.'),
      ),
      isOpen && rangeChoice(range, (chosen) => ((range = chosen), strokes.length > 0 && void ask())),
    ),
    result,
  );
}

const empty = () => h('p', { class: 'empty-result' }, 'The answer appears here while you draw.');

/** The model does not say what its pixels are. */
function rangeChoice(current, chosen) {
  const names = Object.keys(ranges);
  const select = h(
    'select',
    { onchange: () => chosen(ranges[select.value]) },
    names.map((name) =>
      h('option', { value: name, selected: ranges[name][1] === current[1] && ranges[name][0] === current[0] }, name),
    ),
  );
  return h('label', { class: 'field' }, h('span', null, 'Pixels of this model go from'), select);
}

/** By its task where it has one; else its outputs as they are. */
function requestFor(model, input, pixels) {
  const { name, version, task } = model;
  const shape = digitShape(input);
  if (!task || task.type === 'other') {
    const body = { inputs: [{ name: input.name, datatype: input.datatype, shape, data: pixels }] };
    return { path: `${modelPath(model)}/infer`, body, isRaw: true };
  }
  const isRows = input.datatype === 'FP32' && input.shape[0] === -1 && !input.shape.slice(1).includes(-1);
  const values = isRows ? { input_data: pixels } : { inputs: { [input.name]: nested(pixels, shape) } };
  const top = task.type === 'classification' ? { top_k: Math.min(task.classes ?? 10, 10) } : {};
  return { path: 'predict', body: { model: name, model_version: version, ...top, ...values } };
}

async function answer(model, { path, body, isRaw }, result) {
  const text = JSON.stringify(body);
  const sent = { url: urlOf(path).href, contentType: 'application/json', body: text };
  try {
    const given = await request(path, {
      method: 'POST',
      body: text,
      headers: { 'content-type': 'application/json', ...timing },
    });
    const parts = isRaw ? partsOfOutputs(given.value) : partsOfPrediction(given.value);
    showResult(result, { parts, answer: given, sent, showsBest: true });
  } catch (error) {
    showError(result, error, sent);
  }
}

function paint(canvas, ink) {
  const context = canvas.getContext('2d');
  const image = context.createImageData(side, side);
  for (const [i, value] of ink.entries()) image.data.set([255, 255, 255, Math.round(value * 255)], 4 * i);
  context.putImageData(image, 0, 0);
}
