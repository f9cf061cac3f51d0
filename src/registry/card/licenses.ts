/** Licences by the identifier of SPDX, with the name that Hugging Face has for each. */

const rows = [
  ...['0BSD', 'AFL-3.0', 'Apache-2.0', 'Artistic-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BSD-3-Clause-Clear', 'BSL-1.0'],
  ...['CC0-1.0', 'CC-BY-2.0', 'CC-BY-2.5', 'CC-BY-3.0', 'CC-BY-4.0', 'CC-BY-SA-3.0', 'CC-BY-SA-4.0'],
  ...['CC-BY-NC-2.0', 'CC-BY-NC-3.0', 'CC-BY-NC-4.0', 'CC-BY-ND-4.0', 'CC-BY-NC-ND-3.0', 'CC-BY-NC-ND-4.0'],
  ...['CC-BY-NC-SA-2.0', 'CC-BY-NC-SA-3.0', 'CC-BY-NC-SA-4.0', 'CDLA-Permissive-1.0', 'CDLA-Permissive-2.0'],
  ...['CDLA-Sharing-1.0', 'C-UDA-1.0=c-uda', 'ECL-2.0', 'EPL-1.0', 'EPL-2.0', 'etalab-2.0', 'EUPL-1.1', 'EUPL-1.2'],
  ...['AGPL-3.0=agpl-3.0', 'AGPL-3.0-only=agpl-3.0', 'AGPL-3.0-or-later=agpl-3.0', 'GPL-2.0=gpl-2.0'],
  ...['GPL-2.0-only=gpl-2.0', 'GPL-2.0-or-later=gpl-2.0', 'GPL-3.0=gpl-3.0', 'GPL-3.0-only=gpl-3.0'],
  ...['GPL-3.0-or-later=gpl-3.0', 'LGPL-2.1=lgpl-2.1', 'LGPL-2.1-only=lgpl-2.1', 'LGPL-2.1-or-later=lgpl-2.1'],
  ...['LGPL-3.0=lgpl-3.0', 'LGPL-3.0-only=lgpl-3.0', 'LGPL-3.0-or-later=lgpl-3.0', 'ISC', 'LPPL-1.3c', 'MIT', 'MIT-0='],
  ...['MPL-2.0', 'MS-PL', 'NCSA', 'ODbL-1.0=odbl', 'ODC-By-1.0=odc-by', 'OFL-1.1', 'OSL-3.0', 'PDDL-1.0=pddl'],
  ...['PostgreSQL', 'Unlicense', 'WTFPL', 'Zlib'],
];

/** Those of Hugging Face that SPDX has no identifier for. */
const hubOnly = new Set([
  ...[
    'openrail',
    'openrail++',
    'bigscience-openrail-m',
    'creativeml-openrail-m',
    'bigscience-bloom-rail-1.0',
    'bsd',
    'cc',
  ],
  ...['bigcode-openrail-m', 'apple-ascl', 'apple-amlr', 'deepfloyd-if-license', 'gemma', 'gfdl', 'gpl', 'h-research'],
  ...[
    'intel-research',
    'lgpl',
    'lgpl-lr',
    'llama2',
    'llama3',
    'llama3.1',
    'llama3.2',
    'llama3.3',
    'llama4',
    'openmdw-1.0',
  ],
  ...['fair-noncommercial-research-license'],
]);

/** Hugging Face has no name of its own for these. */
const withoutName = new Set(['0BSD']);

interface License {
  readonly spdx: string;
  readonly hub: string | undefined;
}

const known = new Map<string, License>();
for (const row of rows) {
  const [spdx = '', name] = row.split('=');
  const hub = name ?? (withoutName.has(spdx) ? '' : spdx.toLowerCase());
  known.set(spdx.toLowerCase(), { spdx, hub: hub === '' ? undefined : hub });
}
// A record may have the hub's name: the first row is the licence itself, those behind it are its variants.
for (const license of [...known.values()]) {
  if (license.hub !== undefined && !known.has(license.hub)) known.set(license.hub, license);
}

/** The SPDX identifier that a text means, whatever its case; undefined for what is none that is known here. */
export function spdxOf(text: string): string | undefined {
  return known.get(text.toLowerCase())?.spdx;
}

/** How Hugging Face calls a licence; undefined where it would have to be described. */
export function hubLicense(text: string): string | undefined {
  const lower = text.toLowerCase();
  return known.get(lower)?.hub ?? (hubOnly.has(lower) ? lower : undefined);
}

/** Several identifiers, joined as SPDX joins them: `MIT OR Apache-2.0`. */
export function isExpression(text: string): boolean {
  const words = text.replace(/[()]/g, ' ').trim().split(/\s+/);
  if (words.length < 3 || words.length % 2 === 0) return false;
  return words.every((word, place) =>
    place % 2 === 1 ? ['AND', 'OR', 'WITH'].includes(word) : words[place - 1] === 'WITH' || spdxOf(word) !== undefined,
  );
}
