/**
 * The same change in the order of the provider's own guide, "Set up Authenticated Origin Pulls with AWS": the origin
 * verifies first, the edge presents afterwards, and the way back touches the edge alone. Done by plain calls.
 */
import {
  CreateTrustStoreCommand,
  DescribeTrustStoresCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { hostname, type Stack } from "./stack.ts";

/** Runs the guide's steps 2 and 3, then its rollback. `say` is told of each step before it is done. */
export async function runGuideOrder(stack: Stack, say: (line: string) => void): Promise<void> {
  const { clock } = stack;
  say("2.1  upload the root certificate to S3");
  const { storeArn, elbv2 } = await createStore(stack);
  say("2.6  listener: verify with trust store");
  await elbv2.send(
    new ModifyListenerCommand({
      ListenerArn: stack.listener,
      MutualAuthentication: { Mode: "verify", TrustStoreArn: storeArn },
    }),
  );
  await clock.sleep(60_000);

  say("3.1  upload the leaf to Cloudflare");
  const zone = `/zones/${stack.zone}`;
  const certificate = (await call(stack, "POST", `${zone}/origin_tls_client_auth/hostnames/certificates`, {
    certificate: stack.pki.leaf.pem,
    private_key: stack.pki.leafKey,
  })) as { id: string };
  await clock.sleep(30_000);
  say("3.2  associate it with the hostname");
  const associate = (enabled: boolean): Promise<unknown> =>
    call(stack, "PUT", `${zone}/origin_tls_client_auth/hostnames`, {
      config: [{ enabled, cert_id: certificate.id, hostname }],
    });
  await associate(true);
  say("3.3  enable Authenticated Origin Pulls on the zone");
  await call(stack, "PATCH", `${zone}/settings/tls_client_auth`, { value: "on" });
  await clock.sleep(30_000);

  say("rollback 1  disable it on the hostname");
  await associate(false);
  await clock.sleep(60_000);
  say("rollback 3  delete the certificate");
  const answer = await request(
    stack,
    "DELETE",
    `${zone}/origin_tls_client_auth/hostnames/certificates/${certificate.id}`,
  );
  say(`            Cloudflare answers ${answer.status}: ${answer.problem}; the listener still verifies`);
}

async function createStore(stack: Stack) {
  const { credentials, region, clock } = stack;
  const s3 = new S3Client({ region, credentials, endpoint: stack.endpoints.s3, forcePathStyle: true });
  const elbv2 = new ElasticLoadBalancingV2Client({ region, credentials, endpoint: stack.endpoints.elbv2 });
  const source = { CaCertificatesBundleS3Bucket: stack.bucket, CaCertificatesBundleS3Key: "rootca.crt" };
  await s3.send(
    new PutObjectCommand({
      Bucket: stack.bucket,
      Key: "rootca.crt",
      Body: stack.pki.root.certificate.pem,
      ContentType: "text/plain",
    }),
  );
  const { TrustStores = [] } = await elbv2.send(new CreateTrustStoreCommand({ Name: "guide", ...source }));
  const storeArn = TrustStores[0]?.TrustStoreArn ?? "";
  for (;;) {
    await clock.sleep(5_000);
    const { TrustStores: found = [] } = await elbv2.send(
      new DescribeTrustStoresCommand({ TrustStoreArns: [storeArn] }),
    );
    if (found[0]?.Status === "ACTIVE") return { storeArn, elbv2 };
  }
}

async function call(stack: Stack, method: string, path: string, body?: unknown): Promise<unknown> {
  const { status, result, problem } = await request(stack, method, path, body);
  if (status >= 400) throw new Error(`${method} ${path} failed with ${status}: ${problem}`);
  return result;
}

async function request(stack: Stack, method: string, path: string, body?: unknown) {
  const response = await fetch(`${stack.endpoints.cloudflare}${path}`, {
    method,
    headers: { authorization: `Bearer ${stack.token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as {
    result?: unknown;
    errors?: { code: number; message: string }[];
  };
  const [error] = answer.errors ?? [];
  return {
    status: response.status,
    result: answer.result,
    problem: error === undefined ? "" : `${error.code} ${error.message}`,
  };
}
