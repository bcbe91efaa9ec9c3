/** A process that does what it is told by its parent, on a journal on the disk, until it is killed. */
import { alb } from "@handfast/aws";
import { cloudflareHostname } from "@handfast/cloudflare";
import { createHandfast, fileJournal, fromValue, isHandfastError, type MtlsPlan } from "@handfast/core";
import { epochClock } from "./scaled-epoch.ts";

/** Where the providers are, and what is known to whoever works there. */
export interface Place {
  readonly epoch: number;
  readonly factor: number;
  readonly settleMs: number;
  readonly region: string;
  readonly bucket: string;
  readonly accountId: string;
  readonly token: string;
  readonly endpoints: { readonly s3: string; readonly elbv2: string; readonly cloudflare: string };
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly keys: Readonly<Record<string, string>>;
}

/** One thing to do. */
export type Job = { readonly id: number; readonly place: Place; readonly folder: string } & (
  | { readonly call: "apply"; readonly plan: MtlsPlan }
  | { readonly call: "rollback" | "resume" | "retire"; readonly runId: string }
  | { readonly call: "runs" }
);

/** What came of it. */
export type JobEnd = { readonly id: number } & (
  | { readonly result: unknown }
  | { readonly error: { readonly code?: string | undefined; readonly message: string } }
);

const say = (message: JobEnd | "ready"): void => void process.send?.(message);

process.on("message", (job: Job) => {
  work(job).then(
    (result) => say({ id: job.id, result }),
    (error: unknown) => {
      const code = isHandfastError(error) ? error.code : undefined;
      say({ id: job.id, error: { code, message: error instanceof Error ? error.message : String(error) } });
    },
  );
});
process.once("disconnect", () => process.exit());
say("ready");

async function work(job: Job): Promise<unknown> {
  const { region, bucket, accountId, token, endpoints, credentials, keys, ...time } = job.place;
  const clock = epochClock(time.epoch, time.factor);
  const handfast = createHandfast({
    adapters: [
      alb({
        region,
        bucket: { name: bucket, expectedOwner: accountId },
        elbv2: { endpoint: endpoints.elbv2, credentials },
        s3: { endpoint: endpoints.s3, credentials, forcePathStyle: true },
        settleMs: time.settleMs,
      }),
      cloudflareHostname({ token, baseUrl: endpoints.cloudflare }),
    ],
    // a busy machine is no sign of death: so long in real time as it usually is
    journal: fileJournal(job.folder, { clock, leaseMs: 30_000 * time.factor }),
    secrets: Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, fromValue(key)])),
    clock,
  });
  if (job.call === "apply") return await handfast.apply(job.plan);
  if (job.call === "runs") return await handfast.runs();
  if (job.call === "rollback") return await handfast.rollback(job.runId, { mayUnrevoke: true });
  return await handfast[job.call](job.runId);
}
