import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { titleOf } from '../pages.mjs';
import { fileOf, placeOf, sections } from '../structure.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { version, description } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

const sidebar = sections.map(({ title, pages }) => ({
  text: title,
  collapsed: !['Start', 'Guides'].includes(title),
  items: pages.map((page) => ({
    text: titleOf(root, fileOf(page)),
    link: `/${placeOf(fileOf(page)).replace(/\.md$/, '')}`,
  })),
}));

/** The reference by entries of the package: their pages list all names. A list of all of them beside every page would be most of the site. */
const reference = `${root}site/.pages/reference/`;
const hasReference = process.env.SITE_REFERENCE === 'on' && existsSync(reference);
const entries = {
  index: 'node-libtorch',
  server: 'node-libtorch/server',
  tasks: 'node-libtorch/tasks',
  client: 'node-libtorch/client',
  monitoring: 'node-libtorch/monitoring',
};
const referenceSidebar = [
  {
    text: 'Reference',
    items: Object.entries(entries).map(([entry, text]) => ({ text, link: `/reference/${entry}/` })),
  },
];

const entryPages = [
  { text: 'First ten minutes', link: '/getting-started' },
  { text: 'All pages', link: '/overview' },
  ...(hasReference ? [{ text: 'Reference', link: '/reference/' }] : []),
];

export default {
  title: 'node-libtorch',
  description,
  lang: 'en',
  srcDir: '.pages',
  outDir: 'dist',
  ignoreDeadLinks: [/^https?:\/\/(localhost|127\.0\.0\.1)/],
  markdown: { languageAlias: { haproxy: 'nginx', cjs: 'js' } },
  head: [['meta', { name: 'theme-color', content: '#b83a0a' }]],
  themeConfig: {
    nav: [...entryPages, { text: version, link: '/project/changelog' }],
    sidebar: { '/': sidebar, '/reference/': referenceSidebar },
    outline: [2, 3],
    search: { provider: 'local', options: { detailedView: true } },
    docFooter: { prev: false, next: false },
  },
};
