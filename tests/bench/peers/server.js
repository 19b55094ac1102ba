// The peer that samling is measured against: express-pouchdb on LevelDB, behind the same TLS as samling, or plainly so that bytes can be
// counted.
//   NODE_PATH=build/peers/node_modules node server.js FOLDER ADDRESS DATABASES [CERTIFICATE KEY]
// Only the routes that replication needs, no log of requests: what helps it. Makes clinic-0 … clinic-(DATABASES - 1), prints "ready PORT".
'use strict';
const fs = require('fs');
const path = require('path');
const PouchDB = require('pouchdb-core').plugin(require('pouchdb-adapter-leveldb')).plugin(require('pouchdb-mapreduce'))
  .plugin(require('pouchdb-replication'));
const express = require('express');

const [folder, address, databases, certificate, key] = process.argv.slice(2);
const app = express();
app.use('/', require('express-pouchdb')(PouchDB.defaults({ prefix: folder + path.sep, adapter: 'leveldb' }),
  { mode: 'minimumForPouchDB', inMemoryConfig: true }));
const server = certificate
  ? require('https').createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) }, app)
  : require('http').createServer(app);
server.keepAliveTimeout = 600000;     // a tablet's connection is not closed under it

function made(name) {
  return new Promise((resolve, reject) => require(certificate ? 'https' : 'http').request({ host: address, port: server.address().port,
    method: 'PUT', path: `/${name}`, rejectUnauthorized: false }, (answer) => answer.resume().on('end', () => resolve(answer.statusCode)))
    .on('error', reject).end());
}

server.listen(0, address, async () => {
  for (let i = 0; i < Number(databases); i++)
    if (await made(`clinic-${i}`) !== 201)
      throw new Error(`clinic-${i} could not be made`);
  process.stdout.write(`ready ${server.address().port}\n`);
});
process.on('SIGTERM', () => process.exit(0));
