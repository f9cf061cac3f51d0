// Which pages the site has, and where: every page of docs/ stands in one of these lists.

/** THE TABLE. A page's name is its path in docs/ without `.md`, or the path of a page outside of it. */
export const sections = [
  { title: 'Start', pages: ['getting-started', 'installing', 'faq', 'troubleshooting'] },
  {
    title: 'Guides',
    pages: ['images', 'text', 'audio', 'tabular', 'several-models', 'batching'].map((name) => `guides/${name}`),
  },
  { title: 'Use it with', pages: ['using-with', 'bundlers', 'testing', 'migration', 'torchscript-is-deprecated'] },
  {
    title: 'Models',
    pages: ['library', 'tasks', 'export', 'onnx', 'aotinductor', 'operators', 'threads', 'parity', 'benchmarks'],
  },
  {
    title: 'Server',
    pages: ['http', 'oip', 'grpc', 'client', 'console', 'serving', 'admin', 'cli', 'settings', 'errors'],
  },
  { title: 'Operation', pages: ['deployment', 'security', 'monitoring', 'metrics', 'statistics', 'tracing'] },
  { title: 'Registry', pages: ['registry', 'cards', 'signing'] },
  {
    title: 'The project',
    pages: [
      'building',
      'CONTRIBUTING.md',
      'SECURITY.md',
      'CHANGELOG.md',
      'examples/README.md',
      ...['ARCHITECTURE', 'packaging', 'reliability', 'moved'].map((name) => `internals/${name}`),
    ],
  },
];

/** Other files of the repository that pages link to, and the site has. */
export const extras = ['model-registry/mnist-mlp/v1.0/MODEL_CARD.md', 'deploy/README.md', 'scripts/train/README.md'];

/** The file of a page in the repository. */
export const fileOf = (page) => (page.endsWith('.md') ? page : `docs/${page}.md`);

/** Where the site has a file of the repository: docs/ is its root. `index` is the entry of a folder. */
export function placeOf(file) {
  if (file === 'docs/README.md') return 'overview.md';
  if (file.startsWith('docs/')) return file.slice('docs/'.length);
  return `project/${file.replaceAll('/', '-').toLowerCase()}`;
}
