/** What a call is called in messages: `POST /v2/models/digits/infer`, without the base path. */
export const routes = {
    live: '/v2/health/live',
    ready: '/v2/health/ready',
    server: '/v2',
    index: '/v2/repository/index',
    models: '/v2/models',
    statistics: '/v2/models/stats',
    model: ({ name, version }) => `/v2/models/${encodeURIComponent(name)}${version === undefined ? '' : `/versions/${encodeURIComponent(version)}`}`,
    repository: (name, action) => `/v2/repository/models/${encodeURIComponent(name)}/${action}`,
};
