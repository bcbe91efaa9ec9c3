import {
  AddTrustStoreRevocationsCommand,
  CreateTrustStoreCommand,
  DeleteTrustStoreCommand,
  ModifyListenerCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { allBlocked } from "../../src/aws/s3/public-access.ts";
import { connectedCloud } from "./cloud.ts";
import { hasOpenssl, selfSigned } from "./openssl.ts";

const root = hasOpenssl ? selfSigned("root") : "";

describe.runIf(hasOpenssl)("aws", () => {
  let connected: Awaited<ReturnType<typeof connectedCloud>>;
  let listener: string;
  beforeEach(async () => {
    connected = await connectedCloud("on loopback", { lags: { visible: 0, active: 0, held: 0 } });
    connected.cloud.createBucket("bundles", { versioning: "Enabled" });
    listener = connected.cloud.addListener(connected.cloud.addLoadBalancer("front").arn);
  });
  afterEach(() => connected.close());

  const put = (Key = "root.pem") =>
    connected.s3.send(new PutObjectCommand({ Bucket: "bundles", Key, Body: root }));
  const create = async (Name: string): Promise<string> => {
    const { TrustStores } = await connected.elb.send(
      new CreateTrustStoreCommand({
        Name,
        CaCertificatesBundleS3Bucket: "bundles",
        CaCertificatesBundleS3Key: "root.pem",
      }),
    );
    return TrustStores?.[0]?.TrustStoreArn ?? "";
  };
  const use = (TrustStoreArn: string) =>
    connected.elb.send(
      new ModifyListenerCommand({
        ListenerArn: listener,
        MutualAuthentication: { Mode: "verify", TrustStoreArn },
      }),
    );

  it("inventory lists listeners, stores and current files by content, and meets no fault", async () => {
    await put();
    await put();
    await put("gone.pem");
    await connected.s3.send(new DeleteObjectCommand({ Bucket: "bundles", Key: "gone.pem" }));
    await use(await create("first"));
    connected.storm.add({ fault: { kind: "cut" }, times: Number.POSITIVE_INFINITY });
    expect(connected.cloud.inventory()).toEqual({
      listeners: [
        { arn: listener, mode: "verify", trustStore: "first", ignoreExpiry: false, advertiseNames: false },
      ],
      trustStores: [{ name: "first", anchors: [root.trim()], crls: [] }],
      buckets: [
        { name: "bundles", region: connected.cloud.region, publicAccess: allBlocked, policy: undefined },
      ],
      objects: [{ bucket: "bundles", key: "root.pem", content: root, writes: 2 }],
      distributions: [],
      distributionTrustStores: [],
      keyValueStores: [],
      connectionFunctions: [],
      certificates: [],
    });
  });

  it("snapshot puts listeners, stores and files back as they were, as often as it is asked to", async () => {
    await put();
    const first = await create("first");
    await use(first);
    const before = connected.cloud.inventory();
    const view = connected.cloud.listenerSource(listener).current();
    const restore = connected.cloud.snapshot();
    for (const name of ["second", "third"]) {
      const other = await create(name);
      await use(other);
      await connected.elb.send(new DeleteTrustStoreCommand({ TrustStoreArn: first }));
      await connected.s3.send(new DeleteObjectCommand({ Bucket: "bundles", Key: "root.pem" }));
      await put("other.pem");
      expect(connected.cloud.inventory()).not.toEqual(before);
      restore();
      expect(connected.cloud.inventory()).toEqual(before);
      expect(connected.cloud.listenerSource(listener).current()).toEqual(view);
    }
    await expect(
      connected.elb.send(
        new AddTrustStoreRevocationsCommand({ TrustStoreArn: first, RevocationContents: [] }),
      ),
    ).rejects.not.toMatchObject({ name: "TrustStoreNotFoundException" });
  });
});
