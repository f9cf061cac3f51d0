/** The signature that a TorchScript file carries beside its code, as scripts/export/node_libtorch_export.py writes it. */
import { torchError, TorchError } from '../../errors.js';
import { notesFile } from '../../model/notes.js';
import { checkSignature } from '../../signature/check.js';
import { reconcile } from '../../signature/reconcile.js';
import type { Signature } from '../../signature/spec.js';

/** Of the text that holds it. Real ones have a few hundred bytes, and labels some kilobytes. */
export const mostSignatureBytes = 2 ** 20;

const place = `extra/${notesFile}`;
/** Names get into messages and logs. */
const name = /^[^\p{C}\p{Zl}\p{Zp}]{1,256}$/u;
const symbol = /^[A-Za-z_]\w{0,63}$/;

type Open = Readonly<Record<string, unknown>>;

/**
 * Undefined for a text that says none: it may hold a task alone, or be of another version. Nothing of it is trusted.
 * @throws ERR_MODEL_FORMAT for what is no signature: a check that its author asked for would not be made
 */
export function signatureIn(text: string): Signature | undefined {
  let written: unknown;
  try {
    written = JSON.parse(text, withoutPrototype);
  } catch {
    return undefined;
  }
  const { version, signature } = membersOf(written);
  if (version !== 1 || signature === undefined) return undefined;
  const { inputs, outputs = [] } = membersOf(signature);
  const read = { inputs: specsOf(inputs), outputs: specsOf(outputs) };
  try {
    checkSignature(read);
  } catch (error) {
    throw wrong((error as Error).message);
  }
  checkTexts(read);
  return read;
}

/**
 * What the file's own code says of `forward`, with what is written beside it.
 * @throws ERR_SIGNATURE_MISMATCH where the two contradict each other
 */
export function withWritten(schema: Signature | undefined, written: Signature | undefined): Signature | undefined {
  if (!schema || !written) return schema;
  try {
    return reconcile(schema, written, { mayRename: true });
  } catch (error) {
    if (!(error instanceof TorchError)) throw error;
    const { code, message } = error;
    throw torchError(code, message.replace('the given signature', `the signature in its ${place}`));
  }
}

function withoutPrototype(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}

function membersOf(value: unknown): Open {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Open) : {};
}

/** JSON has no infinity: null stands for it. Left out, a dtype or a shape is any. */
function specsOf(specs: unknown): unknown {
  if (!Array.isArray(specs)) return specs;
  return (specs as readonly unknown[]).map((spec) => {
    const { dtype = null, shape = null, bounds, ...rest } = membersOf(spec);
    return { ...rest, dtype, shape, ...(bounds !== undefined && { bounds: boundsOf(bounds) }) };
  });
}

function boundsOf(bounds: unknown): unknown {
  if (!Array.isArray(bounds)) return bounds;
  return (bounds as readonly unknown[]).map((bound) => {
    if (bound === null) return null;
    const { min = 0, max = null, ...rest } = membersOf(bound);
    return { ...rest, min, max: max ?? Infinity };
  });
}

function checkTexts({ inputs, outputs }: Signature): void {
  for (const spec of [...inputs, ...outputs]) {
    if (!name.test(spec.name)) throw wrong('Expected printable names of at most 256 characters');
    const named = spec.symbols?.filter((text) => text !== null) ?? [];
    if (!named.every((text) => symbol.test(text))) throw wrong('Expected words for the names of dimensions');
  }
}

function wrong(why: string): TorchError {
  return torchError(
    'ERR_MODEL_FORMAT',
    `Expected a signature in ${place} of the TorchScript file: ${why}\n  fix: write it with signature_file (docs/library.md#a-signature-inside-the-file)`,
  );
}
