/** Paths of a version on the server, and of its place on this page. */

const part = encodeURIComponent;

export const modelPath = ({ name, version }) => `v2/models/${part(name)}/versions/${part(version)}`;
export const detailsPath = ({ name, version }) => `console/state/${part(name)}/${part(version)}`;
export const adminPath = (name, rest = '') => `admin/models/${part(name)}${rest}`;
export const placeOf = ({ name, version }, tab) =>
  `#/models/${part(name)}/${part(version)}${tab === undefined ? '' : `/${tab}`}`;

/** What a hash says: `#/models/NAME/VERSION/TAB`, `#/live`. */
export function placeFrom(hash) {
  let parts;
  try {
    parts = hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
  } catch {
    return { view: 'models' };
  }
  const [view = '', name, version, tab] = parts;
  return view === 'live' ? { view } : { view: 'models', name, version, tab };
}
