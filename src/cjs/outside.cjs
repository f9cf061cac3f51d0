// What `require` gets of this package. Jest runs CommonJS in a vm context, with a `require` of its own that takes no ES modules.
// Node's own takes them, and gives the copy that `import` gives, so that there is one of each class.
const { runInThisContext } = require('node:vm');

const { createRequire } = runInThisContext('process').getBuiltinModule('node:module');
const requireModule = createRequire(__filename);

module.exports = (file) => {
  try {
    return requireModule(file);
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND' || error.requireStack?.[0] !== __filename) throw error;
    const message =
      'A bundler took node-libtorch in, and cannot follow it from there\n' +
      "  fix: keep it external: serverExternalPackages: ['node-libtorch'] (Next), --external:node-libtorch (esbuild),\n" +
      "       externals: ['node-libtorch'] (webpack), ssr.external: ['node-libtorch'] (Vite)";
    throw Object.assign(new Error(message, { cause: error }), { code: 'ERR_ADDON_LOAD' });
  }
};
