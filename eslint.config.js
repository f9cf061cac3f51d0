import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { layers } from './scripts/lint/layers.mjs';

const node = {
  process: 'readonly',
  console: 'readonly',
  Buffer: 'readonly',
  URL: 'readonly',
  setTimeout: 'readonly',
  clearTimeout: 'readonly',
  performance: 'readonly',
  AbortController: 'readonly',
  fetch: 'readonly',
  Blob: 'readonly',
  FormData: 'readonly',
};

const browser = Object.fromEntries(
  [
    ...['document', 'window', 'location', 'history', 'navigator', 'matchMedia', 'getComputedStyle', 'performance'],
    ...['addEventListener', 'scrollTo', 'requestAnimationFrame', 'setTimeout', 'clearTimeout', 'queueMicrotask'],
    ...['fetch', 'URL', 'URLSearchParams', 'AbortSignal', 'AbortController', 'Event', 'EventTarget', 'File', 'Blob'],
    ...['sessionStorage', 'localStorage', 'createImageBitmap', 'ResizeObserver'],
  ].map((name) => [name, 'readonly']),
);

/** `using` in what an app's tests import: they run in `vm` contexts, whose globals lack `Symbol.asyncDispose` on Node 20. */
const noUsing = {
  selector: 'VariableDeclaration[kind=/using$/]',
  message: 'Use try and finally, or a function such as withRegularFile.',
};

/** V8 11.3 gives an object that begins with a spread a hidden class of its own each time: whoever reads it then is slow. */
const noSpreadFirst = {
  selector: "ObjectExpression[properties.0.type='SpreadElement']",
  message: 'Name the members, in one order: an object that begins with a spread has a hidden class of its own.',
};

/** What every call goes through. */
const hot = [
  'src/{addon,batching,model,serving,tensor}/**/*.ts',
  'src/server/call.ts',
  'src/server/{codec,http}/**/*.ts',
  'src/server/routes/predict{,-images}.ts',
  'src/server/inference/{infer,inputs}.ts',
];

/** Files beside it in these rooms. */
const cold = [
  'src/batching/{counters,row-check}.ts', // asked for, and one batch in a hundred
  'src/model/{archive-kind,row-compare,row-kinds,row-probes,row-trial,threads,warmup}.ts', // loads
  'src/serving/{catalogue,host,host-model,lineup,load-gate,load-served,loader,sources-to-load}.ts', // loads and lists
  'src/serving/canary/{canaries,changes,options,state}.ts', // changes
  'src/server/codec/multipart.ts', // images
  'src/server/http/listener.ts', // starts
  'src/tensor/npy.ts', // files
];

export default defineConfig(
  {
    ignores: [
      'dist',
      'build',
      'build-gyp',
      'build-test',
      'coverage',
      'out',
      '**/node_modules',
      'test/fixtures',
      'site/dist',
      'site/.pages',
      'site/.vitepress/cache',
    ],
  },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // An abort rejects with whatever reason the caller gave.
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      // Public input may have any type, whatever the declarations promise.
      '@typescript-eslint/no-unnecessary-condition': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    plugins: { local: { rules: { layers } } },
    rules: { 'local/layers': 'error' },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/cli/**', 'src/libtorch/fetch/**'],
    rules: { 'no-restricted-syntax': ['error', noUsing] },
  },
  { files: hot, ignores: cold, rules: { 'no-restricted-syntax': ['error', noUsing, noSpreadFirst] } },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off', // chai
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    // Their packages are not installed here: npm run test:examples compiles them where they are.
    files: ['examples/**/*.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }] },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: { ...node, require: 'readonly', module: 'writable', __dirname: 'readonly', __filename: 'readonly' },
    },
  },
  {
    // What a browser loads: nothing of Node is there.
    files: ['src/server/console/assets/*.js'],
    languageOptions: { globals: { ...Object.fromEntries(Object.keys(node).map((name) => [name, 'off'])), ...browser } },
  },
  {
    files: ['test/package/**'],
    languageOptions: { globals: { describe: 'readonly', it: 'readonly', before: 'readonly', after: 'readonly' } },
  },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
);
