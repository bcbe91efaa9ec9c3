import {
  AddTrustStoreRevocationsCommand,
  CreateTrustStoreCommand,
  DeleteListenerCommand,
  ModifyListenerCommand,
  ModifyTrustStoreCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, expect, it } from "vitest";
import { connectedCloud } from "./cloud.ts";
import { hasOpenssl, revocationList, selfSigned } from "./openssl.ts";

const root = hasOpenssl ? selfSigned("root") : "";
const other = hasOpenssl ? selfSigned("other") : "";
const list = hasOpenssl ? revocationList("root", 1) : "";

let connected: Awaited<ReturnType<typeof connectedCloud>>;
let ListenerArn = "";
let TrustStoreArn = "";
const inBucket = (key: string) => ({ CaCertificatesBundleS3Bucket: "files", CaCertificatesBundleS3Key: key });

beforeEach(async () => {
  connected = await connectedCloud("in the process", { lags: { visible: 0, active: 0, activeAgain: 0 } });
  connected.cloud.createBucket("files");
  ListenerArn = connected.cloud.addListener(connected.cloud.addLoadBalancer("front").arn);
  if (!hasOpenssl) return;
  for (const [Key, Body] of Object.entries({ root, both: `# both\n${root}${other}`, list })) {
    await connected.s3.send(new PutObjectCommand({ Bucket: "files", Key, Body }));
  }
  const { TrustStores } = await connected.elb.send(
    new CreateTrustStoreCommand({ Name: "store", ...inBucket("root") }),
  );
  TrustStoreArn = TrustStores?.[0]?.TrustStoreArn ?? "";
});
afterEach(() => connected.close());

const off = {
  mode: "off",
  anchors: [],
  crls: [],
  ignoreExpiry: false,
  advertiseNames: false,
  storeRemoved: false,
};

it.runIf(hasOpenssl)(
  "listenerSource follows the listener and its store, and tells of every change to them",
  async () => {
    const source = connected.cloud.listenerSource(ListenerArn);
    let told = 0;
    const stop = source.subscribe(() => {
      told += 1;
    });
    const verify = { Mode: "verify", TrustStoreArn };
    const steps: { name: string; call: () => Promise<unknown>; view: object }[] = [
      {
        name: "attach",
        call: () =>
          connected.elb.send(new ModifyListenerCommand({ ListenerArn, MutualAuthentication: verify })),
        view: { ...off, mode: "verify", anchors: [root.trim()] },
      },
      {
        name: "replace the bundle",
        call: () => connected.elb.send(new ModifyTrustStoreCommand({ TrustStoreArn, ...inBucket("both") })),
        view: { ...off, mode: "verify", anchors: [root.trim(), other.trim()] },
      },
      {
        name: "revoke",
        call: () =>
          connected.elb.send(
            new AddTrustStoreRevocationsCommand({
              TrustStoreArn,
              RevocationContents: [{ S3Bucket: "files", S3Key: "list" }],
            }),
          ),
        view: { mode: "verify", crls: [list] },
      },
      {
        name: "relax",
        call: () =>
          connected.elb.send(
            new ModifyListenerCommand({
              ListenerArn,
              MutualAuthentication: {
                ...verify,
                IgnoreClientCertificateExpiry: true,
                AdvertiseTrustStoreCaNames: "on",
              },
            }),
          ),
        view: { ignoreExpiry: true, advertiseNames: true },
      },
      {
        name: "pass through",
        call: () =>
          connected.elb.send(
            new ModifyListenerCommand({ ListenerArn, MutualAuthentication: { Mode: "passthrough" } }),
          ),
        view: { ...off, mode: "passthrough" },
      },
      {
        name: "delete",
        call: () => connected.elb.send(new DeleteListenerCommand({ ListenerArn })),
        view: off,
      },
    ];
    expect(source.current()).toEqual(off);
    for (const [index, { name, call, view }] of steps.entries()) {
      await call();
      expect(source.current(), name).toMatchObject(view);
      expect(told, name).toBe(index + 1);
    }
    stop();
  },
);

it.runIf(hasOpenssl)(
  "listenerSource is silent about what does not concern the listener, and after it was stopped",
  async () => {
    let told = 0;
    const stop = connected.cloud.listenerSource(ListenerArn).subscribe(() => {
      told += 1;
    });
    await connected.elb.send(new ModifyListenerCommand({ ListenerArn, Port: 444 }));
    await connected.elb.send(new ModifyTrustStoreCommand({ TrustStoreArn, ...inBucket("both") }));
    expect(told).toBe(0);
    stop();
    await connected.elb.send(
      new ModifyListenerCommand({ ListenerArn, MutualAuthentication: { Mode: "passthrough" } }),
    );
    expect(told).toBe(0);
  },
);

it.runIf(hasOpenssl)("listenerSource says when the owner of a shared store took it away", async () => {
  const theirs = connected.cloud.addForeignTrustStore({ name: "theirs", bundle: root });
  await connected.elb.send(
    new ModifyListenerCommand({
      ListenerArn,
      MutualAuthentication: { Mode: "verify", TrustStoreArn: theirs },
    }),
  );
  const source = connected.cloud.listenerSource(ListenerArn);
  expect(source.current()).toMatchObject({ mode: "verify", storeRemoved: false });
  connected.cloud.removeForeignAssociation(theirs, ListenerArn);
  expect(source.current()).toMatchObject({ mode: "verify", storeRemoved: true });
});
