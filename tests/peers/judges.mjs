// Published clients of Microsoft judge the simulated tenant: what they accept, a collector may rely on.
// Usage: NODE_EXTRA_CA_CERTS=DIR/ca.pem node judges.mjs DIR    (the folder of a running harrier-sandbox)
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { ConfidentialClientApplication } from '@azure/msal-node';
import { Client, PageIterator } from '@microsoft/microsoft-graph-client';

const dir = process.argv[2];
const read = (name) => readFileSync(`${dir}/${name}`, 'utf8');
const { origin } = JSON.parse(read('ready.json'));
const tenant = '11111111-2222-3333-4444-555555555555';
const clientId = '66666666-7777-8888-9999-000000000000';
const scopes = ['https://graph.microsoft.com/.default'];

function application(credential, of = tenant) {
  return new ConfidentialClientApplication({
    auth: { clientId, authority: `${origin}/${of}`, knownAuthorities: [new URL(origin).host], ...credential },
  });
}

const acquire = (credential, of) => application(credential, of).acquireTokenByClientCredential({ scopes });
const secret = { clientSecret: read('secret').trim() };

async function control(method, path, body) {
  const answer = await fetch(origin + path, { method, body });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

async function published(table) {
  const { tables } = await control('GET', `/sandbox/ledger?table=${table}`);
  return tables[0].visible;
}

function graph() {
  const app = application(secret);
  return Client.initWithMiddleware({
    baseUrl: origin,
    customHosts: new Set([new URL(origin).hostname]),
    authProvider: { getAccessToken: async () => (await app.acquireTokenByClientCredential({ scopes })).accessToken },
  });
}

// Every entity of a list, and the iterator that read it.
async function readAll(client, path) {
  const first = await client.api(path).get();
  const entities = [];
  const iterator = new PageIterator(client, first, (entity) => entities.push(entity) > 0);
  await iterator.iterate();
  assert.ok(iterator.isComplete());
  return { entities, iterator };
}

test('msal-node takes a token for a secret, and keeps it', async () => {
  const app = application(secret);
  const first = await app.acquireTokenByClientCredential({ scopes });
  assert.equal(first.tokenType, 'Bearer');
  assert.equal(first.fromCache, false);
  assert.ok(first.expiresOn > new Date());
  const again = await app.acquireTokenByClientCredential({ scopes });
  assert.equal(again.fromCache, true);
  assert.equal(again.accessToken, first.accessToken);
});

test('msal-node takes a token for a certificate', async () => {
  const thumbprint = new X509Certificate(read('client-cert.pem')).fingerprint256.replaceAll(':', '');
  const clientCertificate = { thumbprintSha256: thumbprint, privateKey: read('client-key.pem') };
  assert.ok((await acquire({ clientCertificate })).accessToken);
  clientCertificate.thumbprintSha256 = thumbprint.replace(/^../, thumbprint.startsWith('00') ? '11' : '00');
  await assert.rejects(acquire({ clientCertificate }), (error) => /AADSTS700027/.test(error.errorMessage));
});

test('msal-node understands what is refused', async () => {
  await assert.rejects(acquire({ clientSecret: 'wrong' }), (error) => {
    assert.equal(error.errorCode, 'invalid_client');
    assert.match(error.errorMessage, /AADSTS7000215/);
    assert.equal(String(error.errorNo), '7000215');
    return true;
  });
  await assert.rejects(acquire(secret, '00000000-0000-0000-0000-000000000009'), { errorCode: 'endpoints_resolution_error' });
});

for (const [path, table] of [
  ['/auditLogs/directoryAudits', 'AuditLogs'],
  ['/security/alerts_v2', 'SecurityAlert'],
]) {
  test(`graph-client reads all of ${path}`, async () => {
    const { entities } = await readAll(graph(), path);
    assert.ok(entities.length > 100);
    assert.equal(entities.length, await published(table));
    assert.equal(new Set(entities.map((entity) => entity.id)).size, entities.length);
  });
}

test('graph-client waits out a 429 in the midst of a list', async () => {
  const throttle = { kind: 'throttle', api: 'graph', path: 'skiptoken', form: 'integer', seconds: 1, next: 2 };
  await control('POST', '/sandbox/faults', JSON.stringify(throttle));
  const { entities } = await readAll(graph(), '/auditLogs/directoryAudits');
  assert.equal(entities.length, await published('AuditLogs'));
  const faults = await control('GET', '/sandbox/faults');
  assert.equal(faults[0].hits, 2);
  await control('DELETE', '/sandbox/faults');
});

test('graph-client reads a delta to its link, and nothing behind it', async () => {
  const client = graph();
  const { entities, iterator } = await readAll(client, '/servicePrincipals/delta');
  const left = entities.filter((entity) => !entity['@removed']);
  assert.equal(left.length, await published('ServicePrincipals'));
  const link = iterator.getDeltaLink();
  assert.match(link, /\$deltatoken=/);
  const later = await client.api(link).get();
  assert.deepEqual(later.value, []);
  assert.ok(later['@odata.deltaLink']);
});

test('graph-client runs a hunting query', async () => {
  const answer = await graph()
    .api('/security/runHuntingQuery')
    .post({ Query: 'DeviceInfo | summarize n = count()', Timespan: 'P30D' });
  assert.equal(answer.results[0].n, await published('DeviceInfo'));
});
