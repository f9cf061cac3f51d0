/** A page as it is published: links to files that are not in the package become plain text. */
export function withoutDeadLinks(text, isThere) {
  return text.replace(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g, (link, image, label, target) => {
    if (/^([a-z]+:|#)/.test(target) || isThere(decodeURIComponent(target.split('#')[0]))) return link;
    return image ? '' : label;
  });
}
