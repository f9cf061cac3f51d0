/** What ONNX Runtime says, without paths of the machine that built it and without what was computed with. */

import { hintFor } from './hints.js';

const maxLength = 400;
/** Names of nodes are paths, and a node may be in a graph in a graph. */
const maxTrace = 2000;
/** Before the sentence of the innermost node. */
const statusMark = 'Status Message: ';

/** A source line and the function it is in, as ONNX Runtime's macros write them. */
const place = /\S*[/\\]\S+\.(?:cc|cpp|h|hpp|cu):\d+ ?[^\n]*?\)(?: const)?(?: \[with [^\]]*\])? ?(?=[A-Z[])/g;
const status = /\[ONNXRuntimeError\] : \d+ : [A-Z_]+ : /g;
/** Two folders at least: a lone slash stands in names of nodes, and those are quoted besides. */
const path = /(?:[A-Za-z]:)?(?:[/\\][\w.@+-]+){2,}/g;
const quoted = /('[^']*'|"[^"]*")/;
const list = /([{[][-\d, ]*[}\]])/;
const number = /(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w])/g;

/** Where another clause begins: the numbers of one say nothing of the next. */
const clauseEnd = /(?<=[,;]|\.\s)/;
const ofShapes = /(?<![a-z])(?:ax[ie]s|dims?|dimensions?|rank|shapes?|sizes?|channels?|kernel)(?![a-z])/i;
const ofValues = /(?<![a-z])(?:id[sx]?|index|indices|values?|elements?)(?![a-z])/i;
/** What ONNX Runtime writes of broadcasting, and of an input whose shape it refuses. */
const onlyShapes = /^\s*\d+ by \d+\s*$|(?:^|\s)index: \d+ Got: -?\d+ Expected: -?\d+(?:\s|$)/;

/**
 * Of onnxruntime-node itself, which could not be loaded. Every version of it has a library of one and the same name, and a
 * process has only the first of them.
 */
export function runtimeMessage(text: string): string {
  const what = (why: string, fix: string): string => `onnxruntime-node could not be loaded: ${why}\n  fix: ${fix}`;
  const said = loadMessage(text);
  if (/version [`'"]?VERS_[\d.]+|OrtGetApiBase/.test(text)) {
    return what(
      `another version of it is loaded in this process already (${said})`,
      'npm ls onnxruntime-node shows who brings which; make it one version (overrides in package.json, npm dedupe)',
    );
  }
  // See held-binding.ts, which cannot help where node-libtorch itself was in a thread that has ended.
  if (/did not self-register/.test(text)) {
    return what(
      'the thread that had it has ended, and versions before 1.25 cannot be loaded a second time',
      'npm install onnxruntime-node@^1.25.0, or use it in a thread that stays',
    );
  }
  return what(said, 'install it again on this machine, or see which platforms it has binaries for');
}

/** Of a model that was not loaded. */
export function loadMessage(text: string, most = maxLength): string {
  return clip(
    outsideQuotes(text.replace(status, '').replace(place, ''), (part) => part.replace(path, '<path>')),
    most,
  );
}

/** What a run's error is made of. */
export interface RunFailure {
  readonly message: string;
  /** The node that failed, and those around it. */
  readonly trace?: string;
  /** What to do, for a common mistake. */
  readonly hint?: string;
}

/** The sentence first: which node it was comes apart, as other engines' traces do. */
export function runFailure(text: string): RunFailure {
  // Before anything is clipped: the names of the nodes around it may be longer than all that is kept.
  const end = text.lastIndexOf(statusMark);
  const message = end === -1 ? '' : runMessage(text.slice(end + statusMark.length));
  const hint = hintFor(text);
  return {
    message: message || runMessage(text),
    ...(end !== -1 && { trace: runMessage(text.slice(0, end), maxTrace) }),
    ...(hint !== undefined && { hint }),
  };
}

/**
 * Of a run that failed. A number stays where the clause around it is about shapes; any other may be an input's value
 * (`idx=5 must be within …`) and is left out. Lists of whole numbers stay, for they are shapes and bounds.
 */
export function runMessage(text: string, most = maxLength): string {
  return outsideQuotes(loadMessage(text, most), (part) =>
    part
      .split(list)
      .map((piece) => (list.test(piece) ? piece : piece.split(clauseEnd).map(withoutValues).join('')))
      .join(''),
  );
}

function withoutValues(clause: string): string {
  const isOfShapes = (ofShapes.test(clause) && !ofValues.test(clause)) || onlyShapes.test(clause);
  return isOfShapes ? clause : clause.replace(number, '…');
}

function outsideQuotes(text: string, change: (part: string) => string): string {
  return text
    .split(quoted)
    .map((part, i) => (i % 2 === 1 ? part : change(part)))
    .join('');
}

function clip(text: string, most: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}
