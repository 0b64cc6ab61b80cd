/**
 * A provider of identities for tests: `node provider.mjs ISSUER_PORT CLIENT_ID SECRET RETURNS_TO`.
 * It is a certified one with its own pages for development: whatever login is typed is the subject.
 * Says `ready` once it listens. Asked with `/rotate` it signs with new keys from then on.
 */
import { createServer } from "node:http";
import { exportJWK, generateKeyPair } from "jose";
import { Provider } from "oidc-provider";

const [port, clientId, secret, returnsTo] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

async function made(kid) {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(privateKey)), kid, use: "sig", alg: "RS256" }] };
  const provider = new Provider(issuer, {
    jwks,
    clients: [{ client_id: clientId, client_secret: secret, redirect_uris: [returnsTo], grant_types: ["authorization_code"], response_types: ["code"] }],
    claims: { openid: ["sub"], profile: ["preferred_username"] },
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub, preferred_username: `${sub}@county` }) }),
    cookies: { keys: ["for tests alone"] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: true } },
  });
  return provider.callback();
}

let serve = await made("first");
createServer(async (request, response) => {
  if (request.url === "/rotate") {
    serve = await made("second");
    response.end();
    return;
  }
  serve(request, response);
}).listen(Number(port), "127.0.0.1", () => process.stdout.write("ready\n"));
