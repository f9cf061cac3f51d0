import type { IncomingMessage, ServerResponse } from 'node:http';

const waiting = new WeakMap<IncomingMessage, ServerResponse>();

/** The client sends `Expect: 100-continue` and waits: what is refused is to be refused before its body is sent (RFC 9110 §10.1.1). */
export function awaitContinue(req: IncomingMessage, res: ServerResponse): void {
  waiting.set(req, res);
}

/** The body is wanted now. */
export function sendContinue(req: IncomingMessage): void {
  if (req.headers.expect === undefined) return;
  waiting.get(req)?.writeContinue();
  waiting.delete(req);
}
