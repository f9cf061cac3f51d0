/** The token of whoever looks. It is in the memory of the page; in this tab's storage only where its owner says so; never in a URL. */

const key = 'node-libtorch token';
let token = stored();

/** Storage may be refused to a page, in a private window for example. */
function stored() {
  try {
    return sessionStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}

export function hasToken() {
  return token !== '';
}

/** Headers that show it. */
export function authorization() {
  return token === '' ? {} : { authorization: `Bearer ${token}` };
}

/**
 * @param {string} given empty: nobody is known any more
 * @param {boolean} keeps until this tab is closed
 */
export function useToken(given, keeps) {
  token = given.trim();
  try {
    if (keeps && token !== '') sessionStorage.setItem(key, token);
    else sessionStorage.removeItem(key);
  } catch {
    // It stays in memory.
  }
}
