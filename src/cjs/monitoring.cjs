module.exports = require('./outside.cjs')('../monitoring/index.js');
