// Under which terms each library of a LibTorch set may be given on. The wheels that they come from bundle others' libraries too.

const nvidia = 'under the NVIDIA Software License Agreement, whose Attachment A names it';
const table = [
  [/^(lib(torch_cpu|c10)\.(so|dylib)|(torch_cpu|c10)\.dll)$/, 'under the licence of PyTorch (BSD 3-Clause)'],
  [/^lib(cudart|cupti)\.so/, nvidia],
  [
    /^libgomp[-.].*so/,
    "GCC's OpenMP library, under GPL-3.0 with the GCC Runtime Library Exception; its source is a part of GCC, " +
      'https://gcc.gnu.org/, in releases and in the sources of AlmaLinux 8',
  ],
  [/^libnvpl_/, 'of the NVIDIA Performance Libraries, under the NVIDIA Software License Agreement'],
  [/^libarm_compute/, 'the Arm Compute Library, under the MIT licence'],
  [/^uv\.dll$/, 'libuv, under the MIT licence'],
  [/^libiomp5md\.dll$/, "Intel's OpenMP library, under the Intel Simplified Software License"],
  [/^libomp\.dylib$/, "LLVM's OpenMP library, under Apache-2.0 with the LLVM Exceptions"],
];

/** @throws for a library that nobody has looked at: a package without its terms is not made */
export function termsOf(file) {
  const name = file.slice(file.lastIndexOf('/') + 1);
  const found = table.find(([pattern]) => pattern.test(name));
  if (found === undefined)
    throw new Error(`Expected to know the licence of ${file}\n  fix: add it to scripts/package/terms.mjs`);
  return found[1];
}
