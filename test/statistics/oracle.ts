/** What test/clients/statistics.py writes of a pair of samples, and our own answers to the same. */
import * as ours from '#dist/monitoring/index.js';

export interface Case {
  readonly a: number[];
  readonly b: number[];
  readonly p: number[];
  readonly q: number[];
  readonly expected: number[];
  readonly pValues: number[];
  readonly answers: Readonly<Record<string, number | null | readonly number[]>>;
}

/** Our answers, by the names that the script gives to those of scipy and Evidently. */
function answersOf({ a, b, p, q, expected, pValues }: Case): Record<string, number | readonly number[]> {
  const seen = p.map((count, i) => count + (q[i] as number) > 0);
  const [first, second] = [p, q].map((row) => row.filter((_, i) => seen[i])) as [number[], number[]];
  const pair = ({ statistic, pValue }: ours.TestResult): number[] => [statistic, pValue];
  const contingency = ours.chiSquared([first, second]);
  const names = [p, q].map((row) => row.flatMap((count, i) => new Array<string>(count).fill(`c${i}`)));
  return {
    ksExact: pair(ours.ks2Samples(a, b, { method: 'exact' })),
    ksAsymptotic: pair(ours.ks2Samples(a, b, { method: 'asymptotic' })),
    wasserstein: ours.wassersteinDistance(a, b),
    jensenShannon: ours.jensenShannonDistance(p, q),
    jensenShannon2: ours.jensenShannonDistance(p, q, { base: 2 }),
    contingency: [...pair(contingency), contingency.degreesOfFreedom],
    contingencyPlain: pair(ours.chiSquared([first, second], { correction: false })),
    fit: pair(ours.chiSquaredFit(first, expected)),
    adjusted: ours.benjaminiHochberg(pValues),
    psi: ours.psi(a, b),
    psiCategorical: ours.psi(names[0] as string[], names[1] as string[]),
    evidentlyJensenShannon: ours.jensenShannonOfSamples(a, b),
    normedWasserstein: ours.normedWasserstein(a, b),
  };
}

/** Answers that are further apart than 1e-9, relative to what is above 1: as text. */
export function differences(cases: readonly Case[]): string[] {
  return cases.flatMap((one, index) => {
    const answers = answersOf(one);
    return Object.entries(one.answers).flatMap(([name, theirs]) => {
      const left: number[] = [answers[name] ?? NaN].flat();
      const right: (number | null)[] = [theirs].flat();
      const same = left.length === right.length && left.every((value, i) => near(value, right[i] ?? NaN));
      return same ? [] : [`${index} ${name}: ${left.join(', ')} and theirs ${right.join(', ')}`];
    });
  });
}

const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b));
