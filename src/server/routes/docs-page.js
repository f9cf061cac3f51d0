import { torchError } from '../../errors.js';
import { docsAssets } from '../openapi/docs-assets.js';
import { docsPage, docsPolicy } from '../openapi/docs-page.js';
/** `GET /docs`: Swagger UI over /openapi.json. */
export const docs = async (exchange) => {
    const [path = ''] = (exchange.req.url ?? '').split('?', 1);
    const assets = await docsAssets();
    const text = docsPage(path.endsWith('/') ? '../' : '', assets?.digest);
    exchange.send(200, 'text/html; charset=utf-8', text, {
        'content-security-policy': docsPolicy,
        'referrer-policy': 'no-referrer',
    });
};
/** `GET /docs/:digest/:file`: what the page loads. The digest is of the content, so it never changes under its URL. */
export const docsAsset = async (exchange, { digest, file = '' }) => {
    const assets = await docsAssets();
    const asset = assets?.digest === digest ? assets?.files.get(file) : undefined;
    if (!asset)
        throw torchError('ERR_ROUTE_NOT_FOUND', 'No such file; /docs names those that there are');
    exchange.send(200, asset.contentType, [asset.bytes], { 'cache-control': 'public, max-age=31536000, immutable' });
};
const text = (mediaType) => ({ mediaType, schema: { type: 'string' } });
export const docsOperation = {
    id: 'docs',
    tag: 'operation',
    summary: 'This document as a page, for people.',
    responses: { 200: { description: 'HTML.', content: [text('text/html')] } },
};
export const docsAssetOperation = {
    id: 'docsAsset',
    tag: 'operation',
    summary: 'Scripts and styles of that page.',
    responses: { 200: { description: 'The file.', content: [text('text/javascript'), text('text/css')] } },
};
