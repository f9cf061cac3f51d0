module.exports = require('./outside.cjs')('../tasks/index.js');
