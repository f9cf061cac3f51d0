/** What scripts/export/node_libtorch_export.py writes into a file of any format: what the model is for. */

/** Below `extra/` of an archive of PyTorch's. */
export const notesFile = 'node_libtorch.json';
/** Among the metadata of an ONNX model. */
export const notesKey = 'node_libtorch';
/** Of the text; a longer one is left out. As many labels as a record may have would be more, and belong into a file of theirs. */
export const mostNoteBytes = 4 * 2 ** 20;

export interface Notes {
  /** A task as a record has it; unchecked. */
  readonly task?: Readonly<Record<string, unknown>>;
}

/** Empty for what that script does not write: a note is no reason to refuse a model. */
export function notesOf(text: string | undefined): Notes {
  if (text === undefined || text === '' || text.length > mostNoteBytes) return {};
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch {
    return {};
  }
  const { version, task } = isObject(written) ? written : {};
  return version === 1 && isObject(task) && typeof task.type === 'string' ? { task } : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
