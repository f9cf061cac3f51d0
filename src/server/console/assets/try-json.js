/** Any model, as JSON of the Open Inference Protocol, with a made-up example to begin with. */
import { request, urlOf } from './api.js';
import { partsOfOutputs } from './answers.js';
import { freshId, h, put } from './dom.js';
import { modelPath } from './paths.js';
import { showError, showResult } from './result.js';
import { exampleRequest, requestText } from './signature.js';

export function tryByJson(model) {
  const id = freshId('json');
  const fault = h('p', { class: 'fault', id: `${id}-fault`, role: 'status' });
  const editor = h('textarea', {
    id,
    class: 'editor',
    spellcheck: 'false',
    autocomplete: 'off',
    'aria-describedby': fault.id,
    value: requestText(exampleRequest(model.inputs)),
    onkeydown: (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void send();
    },
    oninput: () => check(),
  });
  const result = h('div', { class: 'result', 'aria-live': 'polite' });
  const check = () => {
    fault.textContent = faultOf(editor.value);
    editor.setAttribute('aria-invalid', String(fault.textContent !== ''));
  };
  const button = h('button', { type: 'button', class: 'primary', onclick: () => void send() }, 'Send');
  let asked;
  const send = async () => {
    // What was sent before is answered no more: its answer would be shown beside this request.
    asked?.abort();
    const { signal } = (asked = new AbortController());
    const path = `${modelPath(model)}/infer`;
    const sent = { url: urlOf(path).href, contentType: 'application/json', body: editor.value };
    button.disabled = true;
    try {
      // What is no JSON is the server's to refuse: it says where the fault is.
      const headers = { 'content-type': 'application/json', 'x-server-timing': 'on' };
      const answer = await request(path, { method: 'POST', body: editor.value, headers, signal });
      if (signal.aborted) return;
      const names = Object.fromEntries((model.outputs ?? []).map(({ name }) => [name, labelsFor(model)]));
      showResult(result, { parts: partsOfOutputs(answer.value, names), answer, sent, showsBest: false });
    } catch (error) {
      if (signal.aborted) return;
      showError(result, error, sent);
    }
    button.disabled = false;
  };
  put(result, h('p', { class: 'empty-result' }, 'The outputs appear here.'));
  return h(
    'div',
    { class: 'try-grid wide' },
    h(
      'div',
      { class: 'try-input' },
      h('label', { class: 'editor-label', for: id }, 'Request, in the Open Inference Protocol'),
      editor,
      fault,
      h(
        'div',
        { class: 'row' },
        button,
        h('span', { class: 'hint' }, 'or ', h('kbd', null, 'Ctrl'), ' ', h('kbd', null, 'Enter')),
      ),
    ),
    result,
  );
}

/** Labels of the classes, where an output has one for each. */
function labelsFor({ task }) {
  return task?.labels ?? [];
}

function faultOf(text) {
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    return `Not JSON yet: ${error.message}`;
  }
}
