module.exports = require('./outside.cjs')('../index.js');
