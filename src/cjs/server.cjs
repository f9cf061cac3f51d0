module.exports = require('./outside.cjs')('../server/index.js');
