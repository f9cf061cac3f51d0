/**
 * The page of /docs and its own script and style. Nothing of it is inline and nothing comes from elsewhere, so that the policy
 * of the page can be strict. Every URL is relative: an app may be mounted under any path.
 */

/** `Content-Security-Policy` of the page. Swagger UI's style sheet has images as `data:` URLs. */
export const docsPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * The page.
 * @param above the way from the page to the folder that has `openapi.json` and `docs/`: empty, or `../` where the page's URL
 *   ends with a slash
 * @param digest of the assets; undefined where Swagger UI is not there: the page says how to get it
 */
export function docsPage(above: string, digest: string | undefined): string {
  const folder = `${above}docs/${digest}`;
  const links = ['swagger-ui.css', 'docs.css'].map((name) => `    <link rel="stylesheet" href="${folder}/${name}">\n`);
  const scripts = ['swagger-ui-bundle.js', 'docs.js'].map((name) => `    <script src="${folder}/${name}"></script>\n`);
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>API of node-libtorch</title>
    <link rel="icon" href="data:,">
${digest === undefined ? '' : links.join('')}  </head>
  <body data-openapi="${above}openapi.json">
${digest === undefined ? withoutLibrary(above) : `${main(above)}${scripts.join('')}`}  </body>
</html>
`;
}

const main = (above: string) => `    <form id="ask" hidden>
      <label for="token">This server asks for a token. Its description is shown to whoever has one.</label>
      <input id="token" type="password" autocomplete="off" required>
      <button>Show</button>
    </form>
    <p id="message" role="alert" hidden></p>
    <div id="api"></div>
    <noscript><p>This page needs JavaScript. The description itself is <a href="${above}openapi.json">openapi.json</a>.</p></noscript>
`;

const withoutLibrary = (above: string) => `    <h1>API of node-libtorch</h1>
    <p>The description of this API is <a href="${above}openapi.json">openapi.json</a> (OpenAPI 3.1). Any tool for OpenAPI shows it.</p>
    <p>To read it on this page, install Swagger UI beside node-libtorch and start the server again:</p>
    <pre>npm install swagger-ui-dist</pre>
`;

export const docsStyle = `body { margin: 0; font-family: sans-serif; }
#ask, #message { margin: 2em auto; max-width: 40em; padding: 0 1em; }
#ask label { display: block; margin-bottom: 1em; }
`;

/**
 * Fetches the description and shows it. Where a token is asked for, the reader gives it first; it stays in the memory of the page,
 * and the button Authorize has it.
 */
export const docsScript = `'use strict';
{
  const source = new URL(document.body.dataset.openapi, location.href);
  const [ask, token, message] = ['ask', 'token', 'message'].map((id) => document.getElementById(id));

  const say = (text) => {
    message.textContent = text;
    message.hidden = text === '';
  };

  const show = async (secret) => {
    say('');
    const headers = secret === '' ? {} : { authorization: 'Bearer ' + secret };
    const answer = await fetch(source, { headers });
    if (answer.status === 401 || answer.status === 403) {
      ask.hidden = false;
      if (secret !== '') say('This token is not known here, or is for something else.');
      return;
    }
    if (!answer.ok) throw new Error('The server answered ' + answer.status + '.');
    const spec = await answer.json();
    ask.hidden = true;
    token.value = '';
    spec.servers = [{ url: new URL('.', source).href.replace(/\\/$/, '') }];
    const ui = SwaggerUIBundle({
      dom_id: '#api',
      spec,
      // It would send the description to a server of Swagger's.
      validatorUrl: null,
      docExpansion: 'list',
      filter: true,
      displayRequestDuration: true,
      onComplete: () => {
        if (secret !== '') ui.preauthorizeApiKey('bearer', secret);
      },
    });
  };

  const start = (secret) => show(secret).catch((error) => say('The description cannot be shown. ' + error.message));
  ask.addEventListener('submit', (event) => {
    event.preventDefault();
    start(token.value.trim());
  });
  start('');
}
`;
