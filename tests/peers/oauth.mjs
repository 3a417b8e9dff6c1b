// A token endpoint by oauth2-mock-server, at the path where Entra has it. Prints its port, then serves until it is ended.
// Usage: node oauth.mjs TENANT
import { OAuth2Server } from 'oauth2-mock-server';

const tenant = process.argv[2];
const server = new OAuth2Server(undefined, undefined, {
  endpoints: { token: `/${tenant}/oauth2/v2.0/token` },
});
await server.issuer.keys.generate('RS256');

// The secret decides what happens; the server itself takes any.
server.service.on('beforeResponse', (response, request) => {
  const { client_secret: secret, client_assertion: assertion } = request.body;
  response.body.seen = { client_id: request.body.client_id, scope: request.body.scope, secret, assertion: Boolean(assertion) };
  if (secret === 'wrong') {
    response.statusCode = 401;
    response.body = {
      error: 'invalid_client',
      error_description: 'AADSTS7000215: Invalid client secret provided.',
      error_codes: [7000215],
      trace_id: '00000000-0000-0000-0000-000000000001',
    };
  }
  if (secret === 'text') response.body.expires_in = String(response.body.expires_in);
});

await server.start(0, '127.0.0.1');
console.log(`port ${server.address().port}`);
