/**
 * A team that has a CA already: the open-source serverless CA (github.com/serverless-ca/terraform-aws-ca), in an account
 * of its own, gives the edge its certificate and the load balancer its trust. Here all of it is simulated on loopback. On
 * real accounts, leave out every line that says `stack.` or `simulated.`
 */
import { alb } from "@handfast/aws";
import { cloudflareHostname } from "@handfast/cloudflare";
import { createHandfast, fromValue, memoryJournal, renderPlan, renderReport } from "@handfast/core";
import { createCsr, generateKey, prober } from "@handfast/pki";
import { serverlessCa } from "@handfast/pki/serverless-ca";
import { simulatedCa } from "./simulated-ca.ts";
import { hostname, makePki, startStack } from "./stack.ts";

const stack = await startStack(await makePki("ec"));
const simulated = await simulatedCa(stack.clock);

const issuer = serverlessCa({
  region: "eu-west-2",
  environment: "prod",
  // Outputs of the CA's Terraform module.
  bucket: simulated.bucket,
  // Whom nobody may exchange for another by writing to that bucket.
  roots: [simulated.root],
  clock: stack.clock,
  ...simulated.clients,
});

// The key stays here; the CA sees the request.
const key = await generateKey({ type: "ec", curve: "P-256" });
const leaf = await issuer.issue(await createCsr({ subject: `CN=${hostname}`, key }), { days: 90 });

const handfast = createHandfast({
  adapters: [
    alb({ region: stack.region, bucket: { name: stack.bucket }, ...stack.awsClients }),
    cloudflareHostname({ token: stack.token, baseUrl: stack.endpoints.cloudflare }),
  ],
  journal: memoryJournal(),
  secrets: { "edge-key": fromValue(key.export()) },
  prober: prober(stack.reachEdge),
  clock: stack.clock,
});

const spec = handfast.spec({
  trust: { edge: await issuer.trust() },
  // Cloudflare shows the leaf alone. The issuing CA above it is in the trust: the CA's bundle has both.
  identities: { edge: { chain: leaf.pem, key: { secret: "edge-key" } } },
  verifiers: { shop: { adapter: "aws.alb", listener: stack.listener, mode: "required", trust: "edge" } },
  presenters: {
    "shop-edge": { adapter: "cloudflare.hostname", zone: stack.zone, hostnames: [hostname], shows: "edge" },
  },
  links: [
    { from: "shop-edge", to: "shop", probe: { url: "https://{hostname}/", echo: "x-seen-client-cert" } },
  ],
});

const plan = await handfast.plan(spec);
process.stdout.write(renderPlan(plan));
process.stdout.write(renderReport(await handfast.apply(plan)));

await simulated.close();
await stack.close();
