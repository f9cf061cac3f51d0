/** What is pinned of a wheel. */

/** A file to take: `from` in the wheel, `to` in the set. */
export interface WheelFile {
  readonly from: string;
  readonly to: string;
}

export interface WheelPin {
  /** As pip names it. */
  readonly project: string;
  readonly version: string;
  /** The file's own name, which carries its tags. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** pip's --implementation and --abi; `none` for wheels of plain libraries. */
  readonly abi: 'cp311' | 'none';
  /** pip's --platform, several where the wheel has several. */
  readonly platforms: readonly string[];
  readonly files: readonly WheelFile[];
  /** The folder of C++ headers, in the wheel that has them. */
  readonly headers?: string;
  /** Files that linking needs and running does not: Windows' import libraries. They are fetched with the headers, and lie in `include/lib`. */
  readonly importLibraries?: readonly string[];
}

/** A wheel's name, size in bytes and sha256, as served in November 2026. */
export type Served = readonly [file: string, bytes: number, sha256: string];

export function wheel(project: string, [file, bytes, sha256]: Served, files: readonly WheelFile[]): WheelPin {
  const [, version = '', , abi = '', tags = ''] = file.replace(/\.whl$/, '').split('-');
  const isPlain = abi === 'none';
  return { project, version, file, bytes, sha256, abi: isPlain ? 'none' : 'cp311', platforms: tags.split('.'), files };
}

export const libraries = (folder: string, names: readonly string[]): WheelFile[] =>
  names.map((name) => ({ from: `${folder}/${name}`, to: `lib/${name}` }));
