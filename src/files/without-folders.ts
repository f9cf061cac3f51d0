/** Texts of errors name files, and where those lie is nobody's business who did not put them there. */

/** From a root, or a drive. */
const absolutePath = /(?<![\w.])(?:[A-Za-z]:)?(?:[\\/][^\\/\s"',;:()]+)*[\\/]([^\\/\s"',;:()]+)/g;
/** Known by its dots, by the extension of its file or by two folders: `and/or` is none. */
const relativePath =
  /(?<![\w.-])(?:\.{1,2}[\\/](?:[^\\/\s"',;:()]+[\\/])*|(?:[^\\/\s"',;:()]+[\\/]){2,}|[^\\/\s"',;:()]+[\\/](?=[^\\/\s"',;:()]*\.\w))([^\\/\s"',;:()]+)/g;

/** Of each path in a text the last part alone. */
export function withoutFolders(text: string): string {
  return text.replace(absolutePath, '$1').replace(relativePath, '$1');
}
