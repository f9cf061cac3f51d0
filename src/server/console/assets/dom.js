/** Elements from names, properties and children. Text is always text: nothing here makes HTML of a string. */

const svgSpace = 'http://www.w3.org/2000/svg';

/**
 * An element. Properties: `class`, `on…` listeners, `data` (an object), `style` (an object, set through CSSOM), booleans, attributes.
 * @param {string} tag
 * @param {Record<string, unknown> | null} [properties]
 * @param {...(Node | string | number | null | undefined | false | (Node | string)[])} children
 */
export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** The same for SVG. */
export function s(tag, properties, ...children) {
  return fill(document.createElementNS(svgSpace, tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) set(element, name, value);
  element.append(...nodes(children));
  return element;
}

function set(element, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
  else if (name === 'style') for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
  else if (name === 'data') Object.assign(element.dataset, value);
  else if (name === 'value') element.value = value;
  else element.setAttribute(name, value === true ? '' : String(value));
}

function nodes(children) {
  return children.flat(2).filter((child) => child !== null && child !== undefined && child !== false);
}

/** Puts children in place of what an element has. */
export function put(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

let last = 0;

/** An id that no other element of the page has. */
export function freshId(name) {
  return `${name}-${++last}`;
}

/** Says it to whoever listens to the page, without showing it. */
export function announce(text) {
  const place = document.getElementById('announcer');
  if (place && place.textContent !== text) place.textContent = text;
}
