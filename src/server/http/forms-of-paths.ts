import type { BoundRoute } from '../routes/route.js';
import type { ErrorForm } from './error-forms.js';

/**
 * The error form of a path that no route answers, or none yet: that of the routes whose first segment it has, since a client
 * that asks there speaks their protocol. A route of no protocol among them (labels that come back, say) takes no part.
 */
export function formsOf(routes: readonly BoundRoute[]): (url?: string) => ErrorForm {
  const forms = new Map<string, ErrorForm>();
  for (const { path, errorForm } of routes) {
    const segment = firstSegment(path);
    if ((forms.get(segment) ?? 'problem') === 'problem') forms.set(segment, errorForm);
  }
  return (url = '') => forms.get(firstSegment(url)) ?? 'problem';
}

/** `v2` of `/v2/models/x`, `/v2?x` and `/v2{/}`. */
function firstSegment(path: string): string {
  return /^\/([^/?#{]*)/.exec(path)?.[1] ?? '';
}
