/**
 * `node:http` for bundles. To `import` it takes a tenth of a second of CPU time: Node then reads all that it exports, and for
 * `WebSocket` loads the whole of undici.
 */
module.exports = process.getBuiltinModule('node:http');
