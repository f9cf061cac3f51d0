/** Requests to the server that sent the page, and to no other. */
import { authorization } from './session.js';

/** What `v2/…` is relative to: the server may be under any path. */
const base = new URL(document.body.dataset.base ?? './', location.href);

/** An answer that is an error, or none at all: `status` is 0 then. */
class ApiError extends Error {
  constructor({ status, code, message, requestId, body }) {
    super(message);
    Object.assign(this, { status, code, requestId, body });
  }

  /** A token is asked for, or another one. */
  get needsToken() {
    return this.status === 401 || this.status === 403;
  }
}

export function urlOf(path) {
  return new URL(path, base);
}

/**
 * @param {string} path relative to the server, its parts encoded
 * @param {{ method?: string, json?: unknown, body?: BodyInit, headers?: Record<string, string>, signal?: AbortSignal }} [options]
 * @returns the parsed body, with the headers and the milliseconds that it took
 * @throws ApiError
 */
export async function request(path, { method = 'GET', json, body, headers, signal } = {}) {
  const began = performance.now();
  let response;
  try {
    response = await fetch(urlOf(path), {
      method,
      headers: { ...(json !== undefined && { 'content-type': 'application/json' }), ...authorization(), ...headers },
      body: json === undefined ? body : JSON.stringify(json),
      signal,
      cache: 'no-store',
      redirect: 'error',
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError({ status: 0, code: 'UNREACHABLE', message: 'The server does not answer.' });
  }
  const text = await response.text();
  const value = parsed(text, response.headers.get('content-type'));
  const tookMs = performance.now() - began;
  if (!response.ok) throw errorOf(response, value, text);
  return { value, text, headers: response.headers, tookMs };
}

/** The body alone. */
export async function get(path, options) {
  return (await request(path, options)).value;
}

function parsed(text, type) {
  if (!/json/.test(type ?? '')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Problem documents, the Open Inference Protocol and TorchServe each have a form of their own. */
function errorOf({ status, headers }, value, text) {
  const said = typeof value === 'object' && value !== null ? value : {};
  const message = said.detail ?? said.error ?? said.message ?? `The server answered ${status}.`;
  const code = headers.get('x-error-code') ?? (typeof said.code === 'string' ? said.code : `HTTP ${status}`);
  return new ApiError({ status, code, message: String(message), requestId: headers.get('x-request-id'), body: text });
}
