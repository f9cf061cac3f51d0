/** A pad to draw on: with the mouse, a finger, a pen, or the arrow keys. */
import { announce, freshId, h } from './dom.js';
import { icon } from './icons.js';

/** The side of the canvas in its own pixels; it is shown at any size. */
const resolution = 560;
/** Of a line, as a share of the side. */
const lineWidth = 0.075;
const step = 0.04;
const strokesKept = 200;
const pointsKept = 4000;

const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param {(strokes: readonly { x: number, y: number }[][]) => void} changed called with all strokes whenever there is something new
 */
export function drawingPad(changed) {
  let strokes = [];
  let drawing;
  /** Where the pen is that the keys move. */
  let pen = { x: 0.5, y: 0.25 };
  let usesKeys = false;
  const help = freshId('pad-help');
  const canvas = h('canvas', {
    class: 'pad',
    width: resolution,
    height: resolution,
    tabindex: 0,
    role: 'application',
    'aria-roledescription': 'drawing pad',
    'aria-label': 'Draw a digit here',
    'aria-describedby': help,
  });
  const context = canvas.getContext('2d');
  const undo = h('button', { type: 'button', class: 'quiet', onclick: () => takeBack() }, icon('undo'), 'Undo');
  const clear = h('button', { type: 'button', class: 'quiet', onclick: () => wipe() }, icon('trash'), 'Clear');

  const paint = () => {
    const style = getComputedStyle(canvas);
    context.clearRect(0, 0, resolution, resolution);
    context.strokeStyle = context.fillStyle = style.color;
    context.lineWidth = lineWidth * resolution;
    context.lineCap = context.lineJoin = 'round';
    for (const stroke of strokes) paintStroke(context, stroke);
    if (usesKeys && document.activeElement === canvas) paintPen(context, pen, drawing !== undefined, style);
    undo.disabled = clear.disabled = strokes.length === 0;
  };
  const redraw = () => {
    paint();
    changed(strokes);
  };
  const begin = (point) => {
    if (strokes.length >= strokesKept) return;
    drawing = [point];
    strokes.push(drawing);
    redraw();
  };
  const extend = (point) => {
    if (!drawing || drawing.length >= pointsKept) return;
    const last = drawing.at(-1);
    if (Math.hypot(point.x - last.x, point.y - last.y) < 0.004) return;
    drawing.push(point);
    redraw();
  };
  const takeBack = () => {
    drawing = undefined;
    strokes.pop();
    redraw();
    announce('Taken back.');
  };
  const wipe = () => {
    drawing = undefined;
    strokes = [];
    redraw();
    announce('Cleared.');
  };

  const pointOf = ({ clientX, clientY }) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const within = (share) => Math.min(1, Math.max(0, share));
    return { x: within((clientX - left) / width), y: within((clientY - top) / height) };
  };
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    usesKeys = false;
    canvas.setPointerCapture(event.pointerId);
    begin(pointOf(event));
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!event.isPrimary || !canvas.hasPointerCapture(event.pointerId)) return;
    for (const part of event.getCoalescedEvents?.() ?? []) extend(pointOf(part));
    extend(pointOf(event));
  });
  for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, () => (drawing = undefined));
  canvas.addEventListener('keydown', (event) => {
    if (event.altKey || event.metaKey) return;
    if (event.key in moves && !event.ctrlKey) {
      const [x, y] = moves[event.key];
      const length = event.shiftKey ? step / 4 : step;
      const within = (value) => Math.min(0.98, Math.max(0.02, value));
      pen = { x: within(pen.x + x * length), y: within(pen.y + y * length) };
      usesKeys = true;
      extend(pen);
      paint();
    } else if (event.key === ' ' || event.key === 'Enter') {
      usesKeys = true;
      if (event.repeat) return event.preventDefault();
      if (drawing) drawing = undefined;
      else begin(pen);
      paint();
      announce(drawing ? 'Pen down.' : 'Pen up.');
    } else if (event.key === 'Backspace' || (event.key === 'z' && event.ctrlKey)) takeBack();
    else if (event.key === 'Delete' || event.key === 'Escape') wipe();
    else return;
    event.preventDefault();
  });
  for (const change of ['focus', 'blur']) {
    canvas.addEventListener(change, () => {
      if (change === 'blur' && usesKeys) drawing = undefined;
      paint();
    });
  }
  document.addEventListener('themechange', () => canvas.isConnected && paint());
  queueMicrotask(paint);

  return h(
    'div',
    { class: 'pad-frame' },
    canvas,
    h('div', { class: 'row pad-tools' }, undo, clear),
    h(
      'p',
      { class: 'hint', id: help },
      'Draw one digit. With the keyboard: ',
      h('kbd', null, 'Space'),
      ' puts the pen down or lifts it, the arrow keys move it (with ',
      h('kbd', null, 'Shift'),
      ' a little), ',
      h('kbd', null, 'Backspace'),
      ' takes a line back, ',
      h('kbd', null, 'Delete'),
      ' clears.',
    ),
  );
}

function paintStroke(context, stroke) {
  const [first, ...rest] = stroke;
  context.beginPath();
  context.moveTo(first.x * resolution, first.y * resolution);
  // A dot: a line of no length is painted with its round ends.
  for (const { x, y } of rest.length === 0 ? [first] : rest) context.lineTo(x * resolution, y * resolution);
  context.stroke();
}

function paintPen(context, { x, y }, isDown, style) {
  context.beginPath();
  context.arc(x * resolution, y * resolution, (lineWidth / 2) * resolution + 6, 0, 2 * Math.PI);
  context.lineWidth = 4;
  context.strokeStyle = style.caretColor;
  context.stroke();
  if (!isDown) return;
  context.fillStyle = style.caretColor;
  context.fill();
}
