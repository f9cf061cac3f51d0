/** What every model with rows must take. */
export const leastRows = 3;
/** @param why the question could not be asked */
export function unasked(why) {
    return { rowIndependent: undefined, rowIndependence: why, random: false };
}
/** Ends a check from wherever its end was found. */
export class Verdict extends Error {
    verdict;
    constructor(verdict) {
        super(verdict.rowIndependence);
        this.verdict = verdict;
    }
}
