// What `require` gets of this package. Jest runs CommonJS in a vm context, with a `require` of its own that takes no ES modules.
// Node's own takes them, and gives the copy that `import` gives, so that there is one of each class.
const { runInThisContext } = require('node:vm');

const { createRequire } = runInThisContext('process').getBuiltinModule('node:module');
module.exports = createRequire(__filename);
