/** Two simulated accounts on loopback: one of the site, one of the CA. Time runs two hundred times as fast. */
import { ACMClient } from "@aws-sdk/client-acm";
import { CloudFrontClient } from "@aws-sdk/client-cloudfront";
import { S3Client } from "@aws-sdk/client-s3";
import { memoryJournal } from "@handfast/core";
import { createAuthority, createCsr, generateKey } from "@handfast/pki";
import { aws, type DistributionNodes, distributionNodes, scaledClock, simulate } from "@handfast/testing";
import { playServerlessCa } from "./viewers-ca.ts";
import type { Place } from "./viewers-place.ts";

const domain = "members.example.com";
const caAccount = "444455556666";
const caBucket = { bucket: "example-serverless-ca-external", key: "serverless-ca-bundle-dev.pem" };
const caRegion = "eu-west-2";

/** Starts the simulation, with the CA in place. */
export async function simulatedPlace(): Promise<Place> {
  const clock = scaledClock(200);
  const region = "us-east-1";
  const cloud = aws({ region, clock });
  const simulation = simulate({ services: [cloud.s3, cloud.acm, cloud.cloudfront], clock });
  const { origins, close } = await simulation.listen();
  const { credentials } = cloud;
  const at = (service: string) => ({ endpoint: origins[service] ?? "", credentials });
  const s3 = { ...at("s3"), forcePathStyle: true };
  const theirs = { ...s3, credentials: cloud.credentialsOf(caAccount) };
  const viewer = await playServerlessCa(
    new S3Client({ region: caRegion, ...theirs }),
    caBucket,
    cloud.accountId,
  );
  const server = await makeServerCertificate();
  const edges: DistributionNodes[] = [];

  return {
    name: "simulated accounts on loopback",
    account: cloud.accountId,
    domain,
    siteBucket: "members-example-com",
    trustBucket: "members-example-com-trust",
    clock,
    journal: memoryJournal({ clock }),
    clients: {
      s3: new S3Client({ region, ...s3 }),
      cloudfront: new CloudFrontClient({ region, ...at("cloudfront") }),
      acm: new ACMClient({ region, ...at("acm") }),
    },
    reach: { cloudfront: at("cloudfront"), s3 },
    bundle: { ...caBucket, region: caRegion, owner: caAccount },
    viewer,
    validate: async (certificateArn) => {
      await clock.sleep(60_000);
      cloud.issueCertificate(certificateArn, { ...server, chain: server.ca });
    },
    edge: async ({ distribution }) => {
      const edge = await distributionNodes({
        source: cloud.distributionSource(distribution),
        lag: (node) => 10_000 + node * 100_000,
        clock,
        server,
        s3: cloud.siteOrigin(distribution),
      });
      edges.push(edge);
      return { tls: edge.front, plain: edge.plainFront, ca: server.ca };
    },
    inventory: () => cloud.inventory(),
    close: async () => {
      for (const edge of edges) await edge.close();
      await close();
    },
  };
}

/** What ACM issues, from a CA that browsers would know. */
async function makeServerCertificate() {
  const key = await generateKey({ type: "ec", curve: "P-256" });
  const trusted = await createAuthority({
    subject: "CN=Example Site CA",
    key: await generateKey({ type: "ec", curve: "P-256" }),
  });
  const csr = await createCsr({ subject: `CN=${domain}`, key, names: [domain] });
  const leaf = await trusted.issue(csr, { profile: "server", days: 395 });
  return { certificate: leaf.chain, key: key.export(), ca: trusted.certificate.pem };
}
