/** The LibTorch this source is written for, and what makes another one usable with it. */
/** The pinned release: what is fetched, and what the addon is compiled against unless told otherwise. */
export const libtorchVersion = '2.15.0';
/** `2.15.0+cu132` → `2.15`: LibTorch keeps its ABI within a minor release only. */
export function minorOf(version) {
    return version.split('.').slice(0, 2).join('.');
}
/** Whether a LibTorch of version `found` can serve an addon compiled against `wanted`. */
export function sameMinor(found, wanted) {
    return minorOf(found) === minorOf(wanted);
}
/** Negative, zero or positive, by the numbers of two dotted versions. */
export function compareDotted(a, b) {
    const numbers = (version) => version.split('.').map((part) => Number.parseInt(part, 10) || 0);
    const right = numbers(b);
    const left = [...numbers(a), ...right.map(() => 0)];
    const differences = left.map((number, i) => number - (right[i] ?? 0));
    return differences.find((difference) => difference !== 0) ?? 0;
}
