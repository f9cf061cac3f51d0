/**
 * The page at `/`. It holds nothing about the server: its scripts ask for that, with the reader's token. Nothing of it is
 * inline and nothing comes from elsewhere, so that its policy can be strict.
 */
import type { ConsoleAssets } from './assets.js';

/** `Content-Security-Policy` of the page. A chosen image is shown as `blob:`. No script can turn a text into HTML. */
export const consolePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/**
 * The page.
 * @param above the way from the page's URL to the folder that has `console/` and `v2/`: empty, or `ml/` where an app is mounted
 *   at `/ml` and the page was asked for without a slash at the end
 */
export function consolePage(above: string, { digest, files }: ConsoleAssets): string {
  const folder = `${attribute(above)}console/${digest}`;
  const linked = (ending: string, relation: string) =>
    [...files.keys()]
      .filter((name) => name.endsWith(ending))
      .map((name) => `    <link rel="${relation}" href="${folder}/${name}">\n`)
      .join('');
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>node-libtorch</title>
    <link rel="icon" href="${folder}/icon.svg" type="image/svg+xml">
${linked('.css', 'stylesheet')}${linked('.js', 'modulepreload')}    <script type="module" src="${folder}/main.js"></script>
  </head>
  <body data-base="${attribute(above) || './'}">
    <noscript><p>This page needs JavaScript. What the server can do without it is in <a href="${attribute(above)}openapi.json">openapi.json</a>.</p></noscript>
  </body>
</html>
`;
}

/**
 * The way from the page to what is beside it: relative, since a proxy may have put the server under a path that it does not know.
 * @param asked the path as the client sent it, with the path that an app is mounted under
 */
export function wayAbove(asked: string): string {
  const path = asked.split('?', 1)[0] ?? '';
  const last = path.slice(path.lastIndexOf('/') + 1);
  return last === '' ? '' : `./${last}/`;
}

/** As the value of an attribute in double quotes. */
function attribute(text: string): string {
  return text.replace(/[&"<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
