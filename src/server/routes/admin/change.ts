import type { IncomingMessage } from 'node:http';
import { describe, torchError, type TorchError } from '../../../errors.js';
import { bodyBytes, foreignJson } from '../../codec/json-body.js';
import type { ServerContext } from '../../context.js';
import type { Exchange } from '../../http/exchange.js';
import { parseJson } from '../../http/json.js';
import type { Management } from '../../management/management.js';
import { asTorchError, disclosed } from '../../public-error.js';

/** A change names a model and little else: who sends more sends a model, which is not taken. */
const mostBodyBytes = 64 * 1024;

/** @throws ERR_ROUTE_NOT_FOUND where models cannot be changed over this listener */
export function managementOf({ management }: ServerContext): Management {
  if (!management)
    throw torchError('ERR_ROUTE_NOT_FOUND', 'No such route here: models are changed over the admin port');
  return management;
}

/** The members of a body, whatever its media type: some clients send none. None for no body. @throws ERR_MALFORMED_JSON, ERR_VALIDATION, as bodyBytes */
export async function readMembers(
  req: IncomingMessage,
  known: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  const value = foreignJson(req) ?? jsonOf(await bodyBytes(req, mostBodyBytes));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw torchError('ERR_VALIDATION', `Expected an object as the body but received ${describe(value)}`);
  }
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const names = known.length > 0 ? `only ${known.join(', ')}` : 'no members';
    throw torchError('ERR_VALIDATION', `Expected ${names} in the body but received ${describe(unknown)}`);
  }
  return value as Readonly<Record<string, unknown>>;
}

/** JSON; no members where there is none. */
function jsonOf(bytes: Buffer): unknown {
  return bytes.length === 0 ? {} : parseJson(bytes);
}

/**
 * Makes a change, and tells an administrator why it failed. A client that goes away does not end it: a load may take longer
 * than clients wait. A deadline in X-Request-Timeout-Ms does.
 */
export async function change(exchange: Exchange, make: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const deadline = new AbortController();
  const timer = startTimer(exchange, deadline);
  try {
    await make(deadline.signal);
  } catch (thrown) {
    throw disclosed(asTorchError(thrown));
  } finally {
    clearTimeout(timer);
  }
}

function startTimer(exchange: Exchange, deadline: AbortController): NodeJS.Timeout | undefined {
  const given = exchange.req.headers['x-request-timeout-ms'];
  if (given === undefined) return undefined;
  // It throws for what is no time; the server's own limit is for predictions.
  const shortest = exchange.timeLimit;
  const limitMs = Math.min(Math.max(shortest, Number(given)), 2 ** 31 - 1);
  return setTimeout(() => deadline.abort(late(limitMs)), limitMs);
}

function late(limitMs: number): TorchError {
  return torchError(
    'ERR_TIMEOUT',
    `Expected the change to be done within ${limitMs} ms: what had not been done by then was given up`,
  );
}
