// `node provider.mjs PORT REDIRECT_URI...`: the certified OpenID provider, with one client and nobody's password.
// Whoever `PUT /who` named last (their claims as JSON, `sub` among them) is signed in and agrees to everything.
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const [port, ...redirects] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const known = new Map();
let who = null;

const provider = new Provider(issuer, {
  clients: [{
    client_id: "tocsin",
    client_secret: "a-secret-of-the-tests",
    redirect_uris: redirects,
    grant_types: ["authorization_code"],
    response_types: ["code"],
  }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
  scopes: ["openid", "email", "profile", "groups"],
  pkce: { required: () => true },
  conformIdTokenClaims: true,
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  cookies: { keys: ["of the tests"] },
  findAccount: (_, sub) => known.has(sub) && { accountId: sub, claims: () => known.get(sub) },
});

async function agree(request, response) {
  const { params, prompt, session, grantId } = await provider.interactionDetails(request, response);
  if (who === null) {
    return provider.interactionFinished(request, response, { error: "access_denied" });
  }
  if (prompt.name === "login") {
    return provider.interactionFinished(request, response, { login: { accountId: who } });
  }
  const grant = grantId ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } },
    { mergeWithLastSubmission: true });
}

const answer = provider.callback();
createServer((request, response) => {
  if (request.method === "PUT" && request.url === "/who") {
    let body = "";
    request.on("data", (part) => { body += part; });
    request.on("end", () => {
      const claims = JSON.parse(body);
      who = claims ? claims.sub : null;
      if (claims) known.set(claims.sub, claims);
      response.writeHead(204).end();
    });
  } else if (request.url.startsWith("/interaction/")) {
    agree(request, response).catch((error) => response.writeHead(500).end(String(error)));
  } else {
    answer(request, response);
  }
}).listen(Number(port), "127.0.0.1", () => console.log(`ready at ${issuer}`));
