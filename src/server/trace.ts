import { randomBytes } from 'node:crypto';

/** Where a call stands in a trace (W3C Trace Context). */
export interface Trace {
  /** 32 hexadecimal digits, the same over all services. */
  readonly traceId: string;
  /** The step that ours is part of: 16 hexadecimal digits. Undefined where ours is the first. */
  readonly parentId: string | undefined;
  /** Our own step. */
  readonly spanId: string;
  /** The caller has begun it. */
  readonly isCallers: boolean;
  /** Whether the caller records the trace. */
  readonly isSampled: boolean;
  /** The header for whoever is called next: our step as its parent. */
  readonly traceparent: string;
  /** What systems on the way have noted, passed on as it came. */
  readonly tracestate: string | undefined;
}

const zeros = /^0+$/;
const parentForm = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** One of version 00 has 55; a later version may say more, yet not without end. */
const mostOfParent = 512;
/** So much must be passed on (§3.3.1.5). A longer one is left out as a whole, as the specification allows. */
const mostOfState = 512;
/** Sampled and random: the flags of level 2; others are not passed on. */
const knownFlags = 0x03;

/**
 * Reads the headers `traceparent` and `tracestate`. What is not as https://www.w3.org/TR/trace-context-2/ has it is ignored:
 * a wrong `tracestate` alone, a wrong `traceparent` with both. So is what is longer than 512 characters: it is not looked at.
 */
export function traceOf(traceparent: string | undefined, tracestate: string | undefined): Trace | undefined {
  const isRead = traceparent !== undefined && traceparent.length <= mostOfParent;
  const parts = isRead ? parentForm.exec(traceparent) : undefined;
  if (!parts) return undefined;
  const [, version = '', traceId = '', parentId = '', flags = '', more] = parts;
  // Later versions may add parts; this one has none.
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (zeros.test(traceId) || zeros.test(parentId)) return undefined;
  const spanId = newSpanId();
  const passed = Number.parseInt(flags, 16) & knownFlags;
  return {
    traceId,
    parentId,
    spanId,
    isCallers: true,
    isSampled: (passed & 1) === 1,
    traceparent: `00-${traceId}-${spanId}-0${passed}`,
    tracestate: tracestate !== undefined && isState(tracestate) ? tracestate : undefined,
  };
}

const mostMembers = 32;
const memberForm =
  /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

function isState(text: string): boolean {
  if (text.length > mostOfState) return false;
  const members = text.split(',').map(withoutBlanks);
  const given = members.filter((member) => member !== '');
  if (given.length === 0 || given.length > mostMembers) return false;
  const keys = new Set(given.map((member) => member.slice(0, member.indexOf('='))));
  return keys.size === given.length && given.every((member) => memberForm.test(member));
}

/** Without the spaces and tabs around it. An expression for the end would look at every run of them again and again. */
function withoutBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

const isBlank = (unit: number): boolean => unit === 0x20 || unit === 0x09;

function newSpanId(): string {
  const id = randomBytes(8).toString('hex');
  return zeros.test(id) ? newSpanId() : id;
}
