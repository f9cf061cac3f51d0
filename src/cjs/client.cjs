module.exports = require('./outside.cjs')('../client/index.js');
