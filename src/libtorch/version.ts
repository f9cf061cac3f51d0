/** The LibTorch this source is written for, and what makes another one usable with it. */

/** The pinned release: what is fetched, and what the addon is compiled against unless told otherwise. */
export const libtorchVersion = '2.15.0';

/** `2.15.0+cu132` → `2.15`: LibTorch keeps its ABI within a minor release only. */
export function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

/** Whether a LibTorch of version `found` can serve an addon compiled against `wanted`. */
export function sameMinor(found: string, wanted: string): boolean {
  return minorOf(found) === minorOf(wanted);
}
