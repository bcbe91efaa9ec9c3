/** The serverless CA, simulated in an AWS account of its own, reachable on loopback. */
import { X509Certificate } from "node:crypto";
import type { Clock } from "@handfast/core";
import { aws, simulate } from "@handfast/testing";

/** Starts it. `close` ends it. */
export async function simulatedCa(clock: Clock) {
  const account = aws({ region: "eu-west-2", accountId: "444455556666", clock });
  const ca = account.addServerlessCa({ environment: "prod" });
  const { origins, close } = await simulate({ services: [account.lambda, account.s3], clock }).listen();
  const { credentials } = account;
  return {
    bucket: ca.bucket,
    /** SHA-256, as `openssl x509 -fingerprint -sha256` writes it. */
    root: new X509Certificate(ca.root ?? "").fingerprint256,
    /** What points the AWS SDK at the simulation instead of a real account. */
    clients: {
      lambda: { credentials, endpoint: origins.lambda ?? "" },
      s3: { credentials, endpoint: origins.s3 ?? "", forcePathStyle: true },
    },
    close,
  };
}
