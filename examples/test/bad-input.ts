import { alb } from "@handfast/aws";
import { cloudflareHostname } from "@handfast/cloudflare";
import { createHandfast, fromValue, type MtlsPlan, memoryJournal } from "@handfast/core";
import {
  type Authority,
  createAuthority,
  createCsr,
  encryptKey,
  generateKey,
  type Leaf,
} from "@handfast/pki";
import { makePki, type Stack, startStack } from "../stack.ts";
import { writeSpec } from "./write-spec.ts";

const writing = [
  "SSL and Certificates Write",
  "Zone Settings Write",
  "Zone Read",
  "Config Settings Read",
  "DNS Read",
] as const;
const reading = ["SSL and Certificates Read", "Zone Settings Read", "Zone Read", "DNS Read"] as const;
const day = 86_400_000;

/** A stack with everything beside it that a person may point at by mistake. */
export interface BadInputWorld {
  readonly stack: Stack;
  /** A zone whose SSL mode is flexible, one with a rule that makes `www` so, and a token for all zones. */
  readonly flexibleZone: string;
  readonly ruledZone: string;
  readonly tokens: Readonly<Record<"all" | "readOnly" | "otherZone", string>>;
  readonly httpListener: string;
  /** A bucket that another account owns and lets this one read. */
  readonly foreignBucket: string;
  /** The leaf's key, encrypted. */
  readonly encryptedKey: string;
  /** A CA that is valid, with a leaf of it that is not any more. */
  readonly other: { readonly ca: Authority; readonly expired: Leaf; readonly key: string };
  /** A plan that could be applied. */
  readonly good: MtlsPlan;
  plan(
    changes?: Parameters<typeof writeSpec>[1],
    options?: Parameters<Stack["handfast"]>[0],
  ): Promise<MtlsPlan>;
  /** Plans the rollout with other AWS keys. */
  planWithKeys(keys: { readonly accessKeyId: string; readonly secretAccessKey: string }): Promise<MtlsPlan>;
  /** Successful calls that write, since `from` calls were made. */
  writesSince(from: number): readonly string[];
}

/** Starts it. */
export async function badInputWorld(passphrase: string): Promise<BadInputWorld> {
  const stack = await startStack(await makePki("ec"), { speed: 60 });
  const { cloud, flare, pki, zone, clock, log } = stack;
  const plan: BadInputWorld["plan"] = async (changes, options) => {
    const handfast = stack.handfast(options);
    return await handfast.plan(handfast.parseSpec(writeSpec(stack, changes)));
  };
  const flexibleZone = flare.addZone({ name: "weak.example", sslMode: "flexible" }).id;
  const ruledZone = flare.addZone({ name: "ruled.example", sslMode: "strict" }).id;
  flare.addConfigurationRule(ruledZone, { expression: 'http.host eq "www.ruled.example"', ssl: "flexible" });
  const foreignBucket = "of-others";
  cloud.createBucket(foreignBucket, { owner: "444455556666", readers: [cloud.accountId] });
  const ec = { type: "ec", curve: "P-256" } as const;
  const key = await generateKey(ec);
  const now = Date.now();
  const ca = await createAuthority({
    subject: "CN=Other CA",
    key: await generateKey(ec),
    notBefore: now - 30 * day,
  });
  const request = await createCsr({ subject: "CN=expired", key });
  const expired = await ca.issue(request, { notBefore: now - 20 * day, days: 10 });
  const { algorithm, publicKey, spki, sign } = key;
  const leafKey = { algorithm, publicKey, spki, sign, export: () => pki.leafKey };
  return {
    stack,
    flexibleZone,
    ruledZone,
    tokens: {
      all: flare.addToken({ permissions: writing, zones: "all" }),
      readOnly: flare.addToken({ permissions: [...reading, "Config Settings Read"], zones: [zone] }),
      otherZone: flare.addToken({ permissions: writing, zones: [flexibleZone] }),
    },
    httpListener: cloud.addListener(cloud.addLoadBalancer("plain").arn, { protocol: "HTTP", port: 80 }),
    foreignBucket,
    encryptedKey: await encryptKey(leafKey, { passphrase }),
    other: { ca, expired, key: key.export() },
    good: await plan(),
    plan,
    planWithKeys: async (credentials) => {
      const { elbv2, s3 } = stack.awsClients;
      const handfast = createHandfast({
        adapters: [
          alb({
            region: stack.region,
            bucket: { name: stack.bucket },
            elbv2: { ...elbv2, credentials },
            s3: { ...s3, credentials },
          }),
          cloudflareHostname({ token: stack.token, baseUrl: stack.endpoints.cloudflare }),
        ],
        journal: memoryJournal({ clock }),
        secrets: { "edge-key": fromValue(pki.leafKey) },
        clock,
      });
      return await handfast.plan(handfast.parseSpec(writeSpec(stack)));
    },
    writesSince: (from) =>
      log.calls
        .slice(from)
        .filter(({ operation, status }) => status < 400 && !/^(GET|Get|Head|Describe|List)/.test(operation))
        .map(({ operation }) => operation),
  };
}
