/** A page as it is published: links to files that are not in the package become plain text, and their pictures are left out. */
export function withoutDeadLinks(text, isThere) {
  const isDead = (target) => !/^([a-z]+:|#)/.test(target) && !isThere(decodeURIComponent(target.split('#')[0]));
  const isDeadIn = (html) => [...html.matchAll(/\b(?:src|srcset)="([^"\s]+)"/g)].some(([, target]) => isDead(target));
  return text
    .replace(/<picture>[^]*?<\/picture>|<img [^>]*>/g, (html) => (isDeadIn(html) ? '' : html))
    .replace(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g, (link, image, label, target) => {
      if (!isDead(target)) return link;
      return image ? '' : label;
    });
}

const isRelative = (target) => !/^([a-z]+:|#|\/)/.test(target);

/**
 * A page that is shown far from its files: relative links, and those of HTML, become addresses. Code is left as it is.
 * @param address of a file, by its path and whether it is an image
 */
export function absoluteLinks(text, address) {
  const to = (target, image) => {
    const [path, anchor] = target.split('#');
    return `${address(path.replace(/^\.\//, ''), image)}${anchor === undefined ? '' : `#${anchor}`}`;
  };
  // A label may have code in it, so code is put aside, not cut out.
  const code = [];
  const without = text.replace(/^```[^]*?^```$|`[^`\n]+`/gm, (part) => `\0${code.push(part) - 1}\0`);
  return linksIn(without, to).replace(/\0(\d+)\0/g, (_, i) => code[Number(i)]);
}

function linksIn(text, to) {
  return text
    .replace(/(!?)(\[(?:[^[\]]|!?\[[^\]]*\]\([^)]*\))*\])\(([^)\s]+)\)/g, (link, image, label, target) => {
      const shown = linksIn(label.slice(1, -1), to);
      return `${image}[${shown}](${isRelative(target) ? to(target, image === '!') : target})`;
    })
    .replace(/\b(src|srcset|href)="([^"\s]+)"/g, (attribute, name, target) =>
      isRelative(target) ? `${name}="${to(target, name !== 'href')}"` : attribute,
    );
}
