import { describe } from '../../../errors.js';
import { usage } from './shared.js';

const milliseconds = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const bytes = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 } as const;

/** `90s`, `10m`, or seconds alone, in milliseconds. @throws UsageError */
export function durationOf(flag: string, text: string): number {
  const [, number, unit = 's'] = /^([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Math.round(Number(number) * milliseconds[unit as keyof typeof milliseconds]);
  // The longest that a timer of Node waits.
  if (ms >= 1 && ms < 2 ** 31) return ms;
  throw usage(`Expected a time such as 90s or 10m, of at most 24 days, for ${flag} but received ${describe(text)}`);
}

/** `512MiB`, `12G`, or bytes alone; the units are powers of 1024. @throws UsageError */
export function sizeOf(flag: string, text: string): number {
  const [, number, unit = 'b'] = /^([0-9]{1,15}(?:\.[0-9]{1,3})?)(b|[kmgt](?:i?b)?)?$/i.exec(text) ?? [];
  const size = Math.round(Number(number) * bytes[unit.charAt(0).toLowerCase() as keyof typeof bytes]);
  if (size >= 1 && Number.isSafeInteger(size)) return size;
  throw usage(`Expected a size such as 512MiB or 12GiB for ${flag} but received ${describe(text)}`);
}
