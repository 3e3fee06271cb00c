// A provider of OpenID Connect on loopback, for tests: `node provider.mjs CLIENT SECRET REDIRECT_URI ALG`.
// Whoever signs in says who they are; only eve has not verified her address. It ends with its input.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const [client, secret, redirectUri, algorithm] = process.argv.slice(2);
const keys = [
  ['rsa', { modulusLength: 2048 }, 'RS256'],
  ['ec', { namedCurve: 'P-256' }, 'ES256'],
].map(([kind, options, alg]) => ({
  ...generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }),
  alg,
  use: 'sig',
}));

const server = createServer().listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client,
        client_secret: secret,
        redirect_uris: [redirectUri],
        id_token_signed_response_alg: algorithm,
      },
    ],
    claims: { email: ['email', 'email_verified'] },
    features: { claimsParameter: { enabled: true } },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({ sub, email: `${sub}@kcs.test`, email_verified: sub !== 'eve' }),
    }),
    jwks: { keys },
    pkce: { required: () => true },
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
process.stdin.resume().on('end', () => process.exit());
