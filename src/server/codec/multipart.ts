import { Busboy } from '@fastify/busboy';
import { isError, torchError, type TorchError } from '../../errors.js';
import { pointerToken } from '../../registry/schema-faults.js';
import { room } from '../http/turn.js';
import { invalidBody } from './body-form.js';

/** A form of `multipart/form-data`, whole. */
export interface Form {
  /** Texts by name; each name is there once. */
  readonly fields: ReadonlyMap<string, string>;
  /** In the order of the form. */
  readonly files: readonly FormFile[];
}

interface FormFile {
  readonly name: string;
  readonly bytes: Buffer;
}

export interface FormLimits {
  /** Bytes of one file. */
  readonly fileBytes: number;
  readonly files: number;
  /** The fields that there may be, and no others. */
  readonly fields: readonly string[];
  /** Bytes of one field. Default: 1024, since it holds a name, a version or a number. */
  readonly fieldBytes?: number;
}

const defaultFieldBytes = 1024;
/** A header of a part holds its name, its file's and its type. */
const headerBytes = 4096;
/** Read in such pieces, and other requests have their turn in between. */
const pieceBytes = 256 * 1024;

/**
 * Reads a form that came whole. A part with a file name, or of a type that is no text, is a file.
 * @param contentType the header, which names the boundary
 * @throws ERR_BAD_REQUEST for what is no form, or is cut off; ERR_VALIDATION for a field that is unknown or comes twice;
 * ERR_PAYLOAD_TOO_LARGE for more, or larger, parts than there may be
 */
export async function readForm(bytes: Buffer, contentType: string, limits: FormLimits): Promise<Form> {
  const { fieldBytes = defaultFieldBytes } = limits;
  const fields = new Map<string, string>();
  const files: FormFile[] = [];
  let fault: TorchError | undefined;
  const refuse = (error: TorchError): void => {
    fault ??= error;
  };
  const parser = parserOf(contentType, limits);
  const finished = new Promise<void>((resolve) => {
    parser.once('finish', resolve);
    parser.once('error', (cause: unknown) => {
      refuse(broken(cause));
      resolve();
    });
    parser.on('field', (name, value, _nameTruncated, valueTruncated) => {
      if (!limits.fields.includes(name)) refuse(unknownField(name, limits.fields));
      else if (fields.has(name)) refuse(invalidBody(`/${name}`, 'expected the field once but received it twice'));
      else if (valueTruncated) refuse(tooMuch(`at most ${fieldBytes} bytes in a field`));
      fields.set(name, value);
    });
    parser.on('file', (name, stream) => {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.once('limit', () => refuse(tooMuch(`at most ${limits.fileBytes} bytes in a file`)));
      stream.once('error', (cause: unknown) => {
        refuse(broken(cause));
        resolve();
      });
      stream.once('end', () => files.push({ name, bytes: Buffer.concat(pieces) }));
    });
    parser.once('partsLimit', () => refuse(tooMuch(`at most ${limits.files + limits.fields.length} parts`)));
    parser.once('filesLimit', () => refuse(tooMuch(`at most ${limits.files} files`)));
    parser.once('fieldsLimit', () => refuse(tooMuch(`at most ${limits.fields.length} fields`)));
  });
  for (let at = 0; at < bytes.length && !fault; at += pieceBytes) {
    const wait = room();
    if (wait) await wait;
    await Promise.race([written(parser, bytes.subarray(at, at + pieceBytes)), finished]);
  }
  if (!fault) {
    parser.end();
    await finished;
  }
  if (fault) throw fault;
  return { fields, files };
}

function written(parser: NodeJS.WritableStream, piece: Buffer): Promise<void> {
  return new Promise((resolve) => {
    parser.write(piece, () => resolve());
  });
}

function parserOf(contentType: string, { fileBytes, files, fields, fieldBytes = defaultFieldBytes }: FormLimits) {
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      isPartAFile: (_name, type, file) => file !== undefined || (type !== undefined && type !== 'text/plain'),
      limits: {
        ...{ fileSize: fileBytes, fieldSize: fieldBytes, files, fields: fields.length },
        ...{ parts: files + fields.length, headerPairs: 16, headerSize: headerBytes },
      },
    });
  } catch (cause) {
    throw broken(cause);
  }
}

function broken(cause: unknown): TorchError {
  const why =
    isError(cause) && /boundary/i.test(cause.message) ? 'content-type names no boundary' : 'it is cut off or broken';
  return torchError('ERR_BAD_REQUEST', `Expected a form of multipart/form-data but ${why}`, { cause });
}

function tooMuch(what: string): TorchError {
  return torchError('ERR_PAYLOAD_TOO_LARGE', `Expected a form with ${what} but received more`);
}

function unknownField(name: string, known: readonly string[]): TorchError {
  return invalidBody(`/${pointerToken(name)}`, `unknown field; expected files and ${known.join(', ')}`);
}
