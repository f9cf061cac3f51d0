/** What a range of the header Accept says of a media type. */
interface Opinion {
  readonly quality: number;
  /** 3: the type itself, 2: its kind, 1: anything. */
  readonly specificity: number;
  /** Its place among the ranges. */
  readonly place: number;
}

const longest = 4096;

/**
 * Whether whoever sent this header Accept would rather have HTML than JSON (RFC 9110 §12.5.1): by quality, then by the more specific
 * range, then by the order. Who says nothing, or takes anything, gets JSON.
 */
export function prefersHtml(accept: string | undefined): boolean {
  if (accept === undefined || accept.length > longest) return false;
  const html = opinionOf(accept, 'text', 'html');
  const json = opinionOf(accept, 'application', 'json');
  if (html === undefined || html.quality === 0) return false;
  if (json === undefined || json.quality === 0) return true;
  if (html.quality !== json.quality) return html.quality > json.quality;
  if (html.specificity !== json.specificity) return html.specificity > json.specificity;
  return html.place < json.place;
}

/** Of the most specific range that covers the type; undefined where none does. */
function opinionOf(accept: string, kind: string, type: string): Opinion | undefined {
  let best: Opinion | undefined;
  for (const [place, range] of accept.toLowerCase().split(',').entries()) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim());
    const specificity = name === `${kind}/${type}` ? 3 : name === `${kind}/*` ? 2 : name === '*/*' ? 1 : 0;
    if (specificity === 0 || specificity <= (best?.specificity ?? 0)) continue;
    best = { quality: qualityOf(parameters), specificity, place };
  }
  return best;
}

function qualityOf(parameters: readonly string[]): number {
  const given = parameters.find((parameter) => parameter.startsWith('q='));
  if (given === undefined) return 1;
  // What is no weight refuses nothing.
  return /^q=(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(given) ? Number(given.slice(2)) : 1;
}
