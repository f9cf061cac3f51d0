module.exports = require('./outside.cjs')('../core.js');
