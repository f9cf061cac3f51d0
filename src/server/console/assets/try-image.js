/** An image: dropped, pasted or chosen. */
import { request, urlOf } from './api.js';
import { partsOfPrediction } from './answers.js';
import { freshId, h, put } from './dom.js';
import { icon } from './icons.js';
import { showError, showResult } from './result.js';

/** What the server decodes. Others that this browser can show are sent as PNG. */
const types = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif']);

export function tryByImage(model) {
  const id = freshId('image');
  const result = h('div', { class: 'result', 'aria-live': 'polite' });
  const shown = h('img', { class: 'chosen', alt: '', hidden: true });
  const name = h('p', { class: 'hint chosen-name' });
  let asked;
  const take = async (file) => {
    if (!file) return;
    // The answer about the image before would be shown beside this one.
    asked?.abort();
    asked = new AbortController();
    URL.revokeObjectURL(shown.src);
    shown.src = URL.createObjectURL(file);
    shown.alt = `The image ${file.name}`;
    shown.hidden = false;
    name.textContent = file.name;
    await send(model, file, result, asked.signal);
  };
  const chooser = h('input', {
    id,
    type: 'file',
    accept: 'image/*',
    class: 'off-screen',
    onchange: () => void take(chooser.files[0]),
  });
  const zone = h(
    'label',
    { class: 'drop', for: id },
    chooser,
    shown,
    icon('image'),
    h('span', { class: 'drop-text' }, h('strong', null, 'Drop an image here'), ', paste one, or choose a file'),
    name,
  );
  for (const event of ['dragenter', 'dragover', 'dragleave', 'drop']) {
    zone.addEventListener(event, (given) => {
      given.preventDefault();
      zone.classList.toggle('over', event === 'dragenter' || event === 'dragover');
      if (event === 'drop') void take(imageOf(given.dataTransfer));
    });
  }
  const paste = (event) => {
    if (!zone.isConnected) return document.removeEventListener('paste', paste);
    const file = imageOf(event.clipboardData);
    if (file) void take(file);
  };
  document.addEventListener('paste', paste);
  put(result, h('p', { class: 'empty-result' }, 'The answer appears here.'));
  return h('div', { class: 'try-grid' }, h('div', { class: 'try-input' }, zone), result);
}

function imageOf(transfer) {
  return [...(transfer?.files ?? [])].find(({ type }) => type.startsWith('image/')) ?? transfer?.files?.[0];
}

async function send({ name, version, task }, file, result, signal) {
  const query = new URLSearchParams({ model: name, model_version: version });
  if (task.type === 'classification') query.set('top_k', String(Math.min(task.classes ?? 5, 5)));
  const path = `predict?${query}`;
  let body = file;
  let sent = { url: urlOf(path).href, contentType: file.type || 'image/png', file: file.name || 'image.png' };
  try {
    if (!types.has(file.type)) body = await asPng(file);
    sent = { ...sent, contentType: body.type };
    const headers = { 'content-type': body.type, 'x-server-timing': 'on' };
    const answer = await request(path, { method: 'POST', body, headers, signal });
    if (signal.aborted) return;
    showResult(result, { parts: partsOfPrediction(answer.value), answer, sent, showsBest: true });
  } catch (error) {
    if (!signal.aborted) showError(result, error, sent);
  }
}

async function asPng(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    // The server says what it takes.
    return new File([file], file.name, { type: 'image/png' });
  }
  const canvas = h('canvas', { width: bitmap.width, height: bitmap.height });
  canvas.getContext('2d').drawImage(bitmap, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}
