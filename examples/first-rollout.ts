import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alb } from "@handfast/aws";
import { cloudflareHostname } from "@handfast/cloudflare";
import { createHandfast, fileJournal, fromFile, renderPlan, renderReport } from "@handfast/core";
import { createAuthority, createCsr, encryptKey, generateKey, prober } from "@handfast/pki";
import { makePki, startStack } from "./stack.ts";

// A load balancer, an edge and their APIs on loopback. On real accounts, leave out every line that says `stack.`
const stack = await startStack(await makePki("ec"));
const folder = await mkdtemp(join(tmpdir(), "handfast-"));
const passphrase = "correct horse battery staple";

// A certificate for the edge to present, and the CA for the load balancer to trust.
const root = await createAuthority({
  subject: "CN=example.com",
  key: await generateKey({ type: "ec", curve: "P-256" }),
});
const key = await generateKey({ type: "ec", curve: "P-256" });
const leaf = await root.issue(await createCsr({ subject: "CN=shop.example.com", key }));
await writeFile(join(folder, "edge.key"), await encryptKey(key, { passphrase }), { mode: 0o600 });

const handfast = createHandfast({
  adapters: [
    alb({ region: "eu-central-1", bucket: { name: "shop-trust" }, ...stack.awsClients }),
    cloudflareHostname({ token: stack.token, baseUrl: stack.endpoints.cloudflare }),
  ],
  journal: fileJournal(join(folder, "journal")),
  secrets: { "edge-key": fromFile(join(folder, "edge.key"), { passphrase }) },
  prober: prober(stack.reachEdge),
  clock: stack.clock,
});

const spec = handfast.spec({
  trust: { edge: root.trust },
  identities: { edge: leaf.identity("edge-key") },
  verifiers: { shop: { adapter: "aws.alb", listener: stack.listener, mode: "required", trust: "edge" } },
  presenters: {
    "shop-edge": {
      adapter: "cloudflare.hostname",
      zone: stack.zone,
      hostnames: ["shop.example.com"],
      shows: "edge",
    },
  },
  links: [
    { from: "shop-edge", to: "shop", probe: { url: "https://{hostname}/", echo: "x-seen-client-cert" } },
  ],
});

const plan = await handfast.plan(spec); // changes nothing; JSON, to be reviewed and stored
process.stdout.write(renderPlan(plan));

const report = await handfast.apply(plan); // widen, present, prove, narrow
process.stdout.write(renderReport(report));

const back = await handfast.rollback(report.runId); // exactly to what was there before
process.stdout.write(renderReport(back));

const retired = await handfast.retire(back.runId); // deletes what nothing refers to any more
process.stdout.write(renderReport(retired));

await stack.close();
await rm(folder, { recursive: true });
