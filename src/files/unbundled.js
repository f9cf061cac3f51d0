/** Imported first by what cannot work in a bundle, before the bundler's own errors: pino cannot even be imported in one. */
import { packageRoot } from './package-root.js';
packageRoot();
