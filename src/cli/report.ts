import { isError, torchError, TorchError } from '../errors.js';

/** 0 done, 1 it failed, 2 it was asked wrongly. */
export const exitCodes = { ok: 0, failure: 1, usage: 2 } as const;

/**
 * Prints an error on stderr: one line, and those that a message adds on how to mend it; or, with `json`, one JSON
 * object. Where in the model it happened, and the stack, only with DEBUG set: most readers want the sentence.
 */
export function reportError(error: unknown, { json }: { json: boolean }): void {
  const told = inWords(error);
  const code = told instanceof TorchError ? told.code : 'ERR_INTERNAL';
  const message = isError(told) ? told.message : String(told);
  const { errors, hint, trace } = error instanceof TorchError ? error : {};
  const isDebugged = Boolean(process.env['DEBUG']);
  if (json) {
    process.stderr.write(`${jsonText({ error: { code, message, errors, hint, ...(isDebugged && { trace }) } })}\n`);
  } else {
    const where = trace === undefined ? '' : isDebugged ? `\n${trace}` : '\n  trace: DEBUG=1 shows where in the model';
    process.stderr.write(`${indented(`error [${code}] ${message}${where}`)}\n`);
  }
  if (isDebugged && isError(error)) process.stderr.write(`${indented(error.stack ?? message)}\n`);
}

/** An error as it is told, on standard error and in the log: one for want of open files says what to do. */
export function inWords(error: unknown): unknown {
  if (!isOutOfFiles(error)) return error;
  const said = isError(error) ? error.message : String(error);
  return torchError('ERR_CONFIG', `${said}\n  fix: raise the limit of open files: ulimit -n 4096`, { cause: error });
}

/** The system refuses to open another file: even the modules of this program may be too many for it. */
export function isOutOfFiles(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return code === 'EMFILE' || code === 'ENFILE';
}

export function printJson(value: unknown): void {
  process.stdout.write(`${jsonText(value)}\n`);
}

/** JSON for a terminal too: it reads back as the same value, and nothing in it is obeyed. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(obeyed, escaped);
}

/** Lines, of which one may hold several. Whatever a terminal obeys beside the end of a line is escaped. */
export function printLines(lines: Iterable<string>): void {
  process.stdout.write(`${printableLines([...lines].join('\n'))}\n`);
}

/** Rows of a label and a text, the texts in one column. */
export function columns(rows: readonly (readonly [label: string, text: string])[], indent = ''): string[] {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, text]) => `${indent}${label.padEnd(width)}  ${text}`.trimEnd());
}

/** Control characters, and those that turn the direction of writing or are not seen. */
const obeyed = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** As JSON and TypeScript write it: `\\u202e`; beyond the first plane by its two halves. */
function escaped(char: string): string {
  return Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join(
    '',
  );
}

/** A text of somebody else without what a terminal obeys: control characters, and those that turn the direction of writing. */
export function printable(text: string): string {
  return text.replace(obeyed, (char) => ({ '\n': '\\n', '\t': '\\t', '\r': '\\r' })[char] ?? escaped(char));
}

/** The same, but lines stay lines and tabs stay tabs. */
export function printableLines(text: string): string {
  return text.replace(obeyed, (char) => (char === '\n' || char === '\t' ? char : printable(char)));
}

/** The same, with every line after the first indented: what somebody else wrote can begin no line of ours. */
function indented(text: string): string {
  return printableLines(text).replace(/\n(?! {2})/g, '\n  ');
}

/** A message of several lines in one, and without what a terminal obeys. */
export function inOneLine(message: string): string {
  return printable(message.replace(/\s*\n\s*/g, '; '));
}

/** `938.4 KiB` */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
