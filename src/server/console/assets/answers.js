/** Answers of the server in one form, whichever route gave them. No DOM. */

/** @typedef {{ label: string, score: number }} Score */
/** @typedef {{ kind: 'scores' | 'values' | 'vector' | 'tensor', title?: string, scores?: Score[], text?: string }} Part */

const mostBars = 50;
const fewClasses = 12;
const mostShown = 256;

/**
 * Parts of an answer of `/predict`, for its first row.
 * @returns {Part[]}
 */
export function partsOfPrediction(answer) {
  const { top_k: top, labels, predictions, confidence_scores: scores, embeddings } = answer;
  if (embeddings)
    return [
      {
        kind: 'vector',
        title: `Embedding of ${embeddings[0]?.length ?? 0} numbers`,
        text: listed(embeddings[0] ?? []),
      },
    ];
  if (top) return [{ kind: 'scores', scores: inOrder(top[0]) }];
  if (Array.isArray(predictions?.[0])) {
    return [{ kind: 'scores', scores: predictions[0].map((_, i) => ({ label: labels[0][i], score: scores[0][i] })) }];
  }
  return [{ kind: 'scores', scores: [{ label: labels?.[0] ?? String(predictions?.[0]), score: scores?.[0] }] }];
}

/** Few classes keep their places, so that bars do not jump while one draws; of many the best comes first. */
function inOrder(classes) {
  const isFew = classes.length <= fewClasses && Math.max(...classes.map(({ index }) => index)) < classes.length;
  return isFew ? [...classes].sort((a, b) => a.index - b.index) : classes;
}

/** Parts of an answer of the Open Inference Protocol: short rows as bars of their values, everything else as text. */
export function partsOfOutputs({ outputs = [] }, names = {}) {
  return outputs.map(({ name, datatype, shape, data }) => {
    const title = `${name}: ${datatype} [${shape.join(', ')}]`;
    const width = shape.at(-1) ?? 1;
    const isShort =
      shape.length <= 2 && width > 1 && width <= mostBars && data.every((value) => typeof value === 'number');
    if (!isShort) return { kind: 'tensor', title, text: listed(data) };
    const labels = names[name] ?? [];
    return {
      kind: 'values',
      title,
      scores: data.slice(0, width).map((score, i) => ({ label: labels[i] ?? String(i), score })),
    };
  });
}

function listed(values) {
  const shown = values
    .slice(0, mostShown)
    .map((value) => (typeof value === 'number' ? Number(value.toPrecision(6)) : JSON.stringify(value)));
  const left = values.length - shown.length;
  return shown.join(', ') + (left > 0 ? `, … ${left} more` : '');
}

/** `queue;dur=0.1, inference;dur=0.05, total;dur=1.2` by name, in milliseconds. */
export function serverTimes(header) {
  const times = {};
  for (const part of (header ?? '').split(',')) {
    const [, name, ms] = /^\s*([\w-]+)\s*;\s*dur=([\d.]+)/.exec(part) ?? [];
    if (name) times[name] = Number(ms);
  }
  return times;
}

/** A command that asks the same; the token is a variable of the shell, never the token. */
export function curlCommand({ url, contentType, body, file, hasToken }) {
  const quoted = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;
  const parts = [`curl ${quoted(url)}`, `-H ${quoted(`content-type: ${contentType}`)}`];
  if (hasToken) parts.push('-H "authorization: Bearer $TOKEN"');
  parts.push(file === undefined ? `-d ${quoted(body)}` : `--data-binary ${quoted(`@${file}`)}`);
  return parts.join(' \\\n  ');
}
