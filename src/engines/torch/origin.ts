/** What an archive of PyTorch says of its making: its format's version, and files that were saved beside the model. */
import { withZipDirectory } from '../../model/zip-directory.js';
import { mostNoteBytes, notesFile, notesOf } from '../../model/notes.js';
import { commitIn, type Origin } from '../../model/origin.js';

const mostBytes = 200;
const mostFiles = 32;

/**
 * @param format what the framework's member is called
 * @returns undefined for what is no zip archive: whoever loads it says so
 */
export async function originOfArchive(path: string, format: string): Promise<Origin | undefined> {
  const read = withZipDirectory(path, async ({ names, head }) => {
    const textOf = async (name: string): Promise<string> => (await head(name, mostBytes))?.toString().trim() ?? '';
    const [root] = names[0]?.split('/') ?? [];
    const version = await textOf(names.includes(`${root}/version`) ? `${root}/version` : `${root}/.data/version`);
    const extra = names.filter((name) => /^[^/]+\/extra\/[^/]+$/.test(name)).slice(0, mostFiles);
    const entries: [string, string][] = [];
    for (const name of extra) entries.push([name.slice(name.lastIndexOf('/') + 1), await textOf(name)]);
    return {
      framework: /^\d{1,4}$/.test(version) ? { [format]: { archiveVersion: Number(version) } } : {},
      namesMaker: false,
      ...commitIn(entries),
      ...notesOf((await head(`${root}/extra/${notesFile}`, mostNoteBytes))?.toString()),
    };
  });
  return await read.catch(() => undefined);
}
