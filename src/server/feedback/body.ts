import type { IncomingMessage } from 'node:http';
import { describe, torchError, type ErrorDetail } from '../../errors.js';
import { bodyBytes, foreignJson } from '../codec/json-body.js';
import { bodyTypeOf } from '../http/body.js';
import { parseJson } from '../http/json.js';
import type { FeedbackItem, Label } from './item.js';

/** A thousand items with a few labels each take a tenth of it. */
const mostBytes = 1024 * 1024;
const mostItems = 1000;
const mostIdLength = 256;
/** The member that holds several. */
const list = 'feedback';
/** Faults that are listed; a body has more where whoever wrote it misunderstood something. */
const mostFaults = 16;

export interface FeedbackBody {
  readonly items: readonly FeedbackItem[];
  /** They came as a list, so that each has its own outcome. */
  readonly isList: boolean;
}

/**
 * The body of a feedback route: `{ request_id, label }`, or a list of them as `feedback`. Nothing is counted of a body that has
 * not this form.
 * @param jsonLimit the most bytes of JSON that the server takes
 * @throws ERR_UNSUPPORTED_MEDIA_TYPE, ERR_PAYLOAD_TOO_LARGE, ERR_MALFORMED_JSON, ERR_BAD_REQUEST; ERR_VALIDATION with a pointer to each fault
 */
export async function readFeedback(req: IncomingMessage, jsonLimit: number): Promise<FeedbackBody> {
  if (bodyTypeOf(req) !== 'json') {
    throw torchError('ERR_UNSUPPORTED_MEDIA_TYPE', 'Expected content-type application/json but received octets');
  }
  const value = foreignJson(req) ?? parseJson(await bodyBytes(req, Math.min(mostBytes, jsonLimit)));
  const faults: ErrorDetail[] = [];
  const body = bodyOf(value, faults);
  if (faults.length > 0) {
    const [first] = faults;
    throw torchError('ERR_VALIDATION', `Expected labels of answered requests: ${first?.pointer} ${first?.detail}`, {
      errors: faults,
    });
  }
  return body;
}

function bodyOf(value: unknown, faults: ErrorDetail[]): FeedbackBody {
  if (!isObject(value) || !(list in value)) return { items: [itemOf(value, '', faults)], isList: false };
  const feedback = value[list];
  unknownMembers(value, [list], '', faults);
  if (!Array.isArray(feedback) || feedback.length < 1 || feedback.length > mostItems) {
    const received = Array.isArray(feedback) ? `${feedback.length}` : describe(feedback);
    add(faults, `/${list}`, `must be a list of 1 to ${mostItems} items but is ${received}`);
    return { items: [], isList: true };
  }
  return { items: feedback.map((item, index) => itemOf(item, `/${list}/${index}`, faults)), isList: true };
}

function itemOf(value: unknown, pointer: string, faults: ErrorDetail[]): FeedbackItem {
  if (!isObject(value)) {
    add(faults, pointer, 'must be { "request_id": "…", "label": … }');
    return nothing;
  }
  const { request_id: requestId, label } = value;
  unknownMembers(value, ['request_id', 'label'], pointer, faults);
  const isId = typeof requestId === 'string' && requestId.length > 0 && requestId.length <= mostIdLength;
  if (!isId) add(faults, `${pointer}/request_id`, `must be the id of a request: 1 to ${mostIdLength} characters`);
  if (Array.isArray(label)) {
    if (label.length === 0) add(faults, `${pointer}/label`, 'must have a label for each row of the request');
    for (const [row, each] of label.entries()) checkLabel(each, `${pointer}/label/${row}`, faults);
  } else checkLabel(label, `${pointer}/label`, faults);
  return { requestId: requestId as string, label: label as Label | Label[] };
}

/** Never says what came: a label may be personal data. */
function checkLabel(label: unknown, pointer: string, faults: ErrorDetail[]): void {
  if (typeof label === 'string' || (typeof label === 'number' && Number.isInteger(label) && label >= 0)) return;
  const number = (label as number) < 0 ? 'below 0' : 'a fraction';
  const received = typeof label === 'number' ? number : label === undefined ? 'missing' : typeName(label);
  add(faults, pointer, `must be the index of a class or its label but is ${received}`);
}

function unknownMembers(
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
  pointer: string,
  faults: ErrorDetail[],
): void {
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) add(faults, pointer, `must have only ${known.join(', ')} but has other members`);
}

function add(faults: ErrorDetail[], pointer: string, detail: string): void {
  if (faults.length < mostFaults) faults.push({ pointer, detail });
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const nothing: FeedbackItem = { requestId: '', label: '' };
