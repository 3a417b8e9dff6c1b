// An HTTPS server by mockttp with an authority of its own. Writes the authority's certificate to the file it is given, prints its
// port, then serves until it is ended.
// Usage: node mockttp.mjs CA_FILE
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import { gzipSync } from 'node:zlib';
import * as mockttp from 'mockttp';

const authority = await mockttp.generateCACertificate({ subject: { commonName: 'Peer Authority' }, bits: 2048 });
writeFileSync(process.argv[2], authority.cert);
const server = mockttp.getLocal({ https: { key: authority.key, cert: authority.cert }, http2: false });

// mockttp listens on every address; tests stay on loopback.
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  return listen.call(this, { port, host: '127.0.0.1' }, ...rest);
};
await server.start(0);

const rows = JSON.stringify({ value: Array.from({ length: 20000 }, (_, i) => ({ id: i, name: `row ${i}` })) });
await server.forGet('/rows').thenReply(200, gzipSync(rows), { 'content-encoding': 'gzip', 'content-type': 'application/json' });
await server.forGet('/throttled').once().thenReply(429, '{"error":{"code":"TooManyRequests","message":"slow"}}', { 'retry-after': '0.01' });
await server.forGet('/throttled').thenReply(200, '{}');
await server.forGet('/closed').thenCloseConnection();
await server.forGet('/reset').thenResetConnection();
await server.forGet('/silent').thenTimeout();
await server.forPost('/echo').thenCallback(async (request) => ({ statusCode: 200, body: await request.body.getText() }));
console.log(`port ${server.port}`);
