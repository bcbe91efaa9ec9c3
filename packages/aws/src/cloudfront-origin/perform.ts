import {
  HandfastError,
  isHandfastError,
  type Outcome,
  readCertificate,
  type Step,
  sha256,
  type Target,
  toPem,
  type WriteContext,
} from "@handfast/core";
import { acmImport, limitOf } from "@handfast/core/rules";
import type { CertificateRecord, Certificates } from "../acm/port.ts";
import { changeConfig } from "../distribution/change-config.ts";
import type { ConfigDocument } from "../distribution/config-document.ts";
import type { Distributions } from "../distribution/port.ts";
import { orNothing } from "../leave-out-missing.ts";
import type { OneAtATime } from "../one-at-a-time.ts";
import { providerCode, type RetryLimits, retryOn } from "../retry.ts";
import type { OriginAction } from "./actions.ts";
import { bundleIn, contentTag, dissectText, ownerTag } from "./certificates.ts";
import { describe } from "./describe.ts";
import { findExact, type Imported } from "./find-exact.ts";
import type { Imports } from "./imports.ts";
import type { FindOwn } from "./own.ts";
import { madeByOrigin } from "./owned.ts";
import { acmRegion, type Bundle, bundleName, certificateKey, type Showing, shownBundle } from "./state.ts";
import { type OriginTarget, originOf } from "./target.ts";

/** What the writer is given beside the steps. */
export interface OriginWriters {
  readonly distributions: Distributions;
  readonly certificates: Certificates;
  readonly imports: Imports;
  readonly findOwn: FindOwn;
  /** Writes of one distribution follow one another: at once, all but one of them would be in vain. */
  readonly turns: OneAtATime;
}

/** Where a certificate lies, and since when. */
interface Placed {
  readonly arn: string;
  /** Milliseconds since the epoch. */
  readonly importedAt: number;
}

type Of<K extends OriginAction["kind"]> = Extract<OriginAction, { kind: K }>;

/** What was imported is found some seconds later (ACM API `DescribeCertificate`). */
const untilVisible: RetryLimits = { tries: 25, everyMs: 2_000 };
/** A certificate counts as in use for a while after its last user let go; Terraform retries that, too (acm/certificate.go). */
const untilFree: RetryLimits = { tries: 25, everyMs: 5_000 };
/** CloudFront learns of a new certificate within a minute; Terraform waits so long (cloudfront/distribution.go). */
const untilKnown: RetryLimits = { tries: 13, everyMs: 5_000 };
const newForMs = 600_000;
const notKnown = ["InvalidArgument", "InvalidViewerCertificate"];

/** Does the steps one after the other: each is a few small calls, and a throttled account is not helped by more at once. */
export async function performOrigin(
  steps: readonly { readonly target: Target<OriginTarget>; readonly step: Step<OriginAction> }[],
  writers: OriginWriters,
  context: WriteContext,
): Promise<readonly Outcome[]> {
  const writer = new OriginWriter(writers, context);
  const outcomes: Outcome[] = [];
  for (const { target, step } of steps) outcomes.push(await writer.perform(target.target, step.action));
  return outcomes;
}

class OriginWriter {
  readonly #distributions: Distributions;
  readonly #certificates: Certificates;
  readonly #imports: Imports;
  readonly #findOwn: FindOwn;
  readonly #turns: OneAtATime;
  readonly #context: WriteContext;
  /** Marks what this step imports, so that a try whose answer was lost is known again as ours. */
  readonly #token: string;

  constructor(writers: OriginWriters, context: WriteContext) {
    this.#distributions = writers.distributions;
    this.#certificates = writers.certificates;
    this.#imports = writers.imports;
    this.#findOwn = writers.findOwn;
    this.#turns = writers.turns;
    this.#context = context;
    this.#token = sha256(context.idempotencyKey).slice(0, 32);
  }

  perform(target: OriginTarget, action: OriginAction): Promise<Outcome> {
    switch (action.kind) {
      case "import-certificate":
        return this.#import(action, madeByOrigin(target.distribution, action));
      case "set-origin":
        return this.#setOrigin(target, action);
      case "delete-certificate":
        return this.#delete(target, action);
    }
  }

  async #import({ bundle, secret }: Of<"import-certificate">, made: readonly string[]): Promise<Outcome> {
    const text = await this.#readText(bundle);
    const there = await this.#find(bundle);
    if (there.length > 0) return this.#adopt(there, made);
    const { signal } = this.#context;
    const tags = { [ownerTag]: this.#token, [contentTag]: bundleName(bundle) };
    try {
      const privateKey = await this.#readKey(bundle, secret);
      await this.#certificates.import({ ...text, privateKey, tags }, signal);
    } catch (error) {
      if (!isHandfastError(error) || error.details.outcomeUnknown !== true || signal.aborted) throw error;
      // It may be there all the same, and is not found at once: imported again, it would be there twice.
      const landed = await this.#untilFound(bundle);
      if (landed.length === 0) throw error;
      return this.#adopt(landed, made);
    }
    const found = await this.#untilFound(bundle);
    if (found.length > 0) return { made };
    throw new HandfastError(
      "REMOTE_UNAVAILABLE",
      `import certificate failed [certificate=${nameOf(bundle)}]: ACM took it, and does not find it after ${(untilVisible.tries * untilVisible.everyMs) / 1_000} s; wait, then try again`,
      { operation: "ListCertificates", outcomeUnknown: true, facts: { certificate: bundle.certificate } },
    );
  }

  /** One that is there already is ours when this step's mark is on it. */
  #adopt(there: readonly Imported[], made: readonly string[]): Outcome {
    const isMine = there.some(({ tags }) => tags[ownerTag] === this.#token);
    return isMine ? { adopted: true, made } : { adopted: true };
  }

  async #setOrigin(target: OriginTarget, { from, to }: Of<"set-origin">): Promise<Outcome> {
    const { clock } = this.#context;
    const set = (wanted: readonly Placed[]): Promise<Outcome> => this.#write(target, from, wanted);
    const seen = await this.#recall(to);
    let refusal: unknown;
    if (seen.length > 0) {
      try {
        return await set(seen);
      } catch (error) {
        // Gone since it was seen, or too new.
        if (!notKnown.includes(providerCode(error) ?? "")) throw error;
        refusal = error;
      }
    }
    const wanted = await this.#arnsOf(to);
    const isNew = wanted.some(({ importedAt }) => clock.now() - importedAt < newForMs);
    if (refusal !== undefined && !isNew && wanted[0]?.arn === seen[0]?.arn) throw refusal;
    return retryOn(isNew ? notKnown : [], untilKnown, this.#context, () => set(wanted));
  }

  async #write(target: OriginTarget, from: Showing, wanted: readonly Placed[]): Promise<Outcome> {
    const [first] = wanted;
    const edit = async (config: ConfigDocument): Promise<"changed" | "as-wanted"> => {
      const origin = originOf(target);
      const now = config.hasOrigin(origin) ? config.certificateAt(origin) : undefined;
      if (first === undefined ? now === undefined : wanted.some(({ arn }) => arn === now)) return "as-wanted";
      await this.#expect(target, now, from);
      config.setCertificate(origin, first?.arn);
      return "changed";
    };
    const { distribution: arn } = target;
    const done = await this.#turns.run(arn, () =>
      changeConfig(this.#distributions, { arn, edit }, this.#context),
    );
    return done === "as-wanted" ? { adopted: true } : {};
  }

  /** The origin must still be shown what the plan was made for: what somebody else set stays. */
  async #expect(target: OriginTarget, now: string | undefined, from: Showing): Promise<void> {
    if (from === "nothing" ? now === undefined : now !== undefined && (await this.#isShownAt(now, from)))
      return;
    throw new HandfastError(
      "STEP_MOVED",
      `set origin failed [distribution=${target.distribution}, origin=${originOf(target)}]: it is shown ${now ?? "nothing"}, and was shown ${describe(from)} when it was planned; find out who changed it, then plan again or roll back`,
      { operation: "GetDistributionConfig", object: target.distribution },
    );
  }

  async #isShownAt(arn: string, shows: Exclude<Showing, "nothing">): Promise<boolean> {
    if (shows.arn !== undefined) return shows.arn === arn;
    const text = await orNothing(this.#certificates.read(arn, this.#context.signal));
    const bundle = shownBundle(shows);
    if (text === undefined || bundle === undefined) return false;
    return bundleName(bundleIn(dissectText(text, arn))) === bundleName(bundle);
  }

  /** What handfast imported, as the look right before this step has most likely seen it; else none. */
  async #recall(to: Showing): Promise<readonly Placed[]> {
    const bundle = to === "nothing" || to.arn !== undefined ? undefined : shownBundle(to);
    return bundle === undefined ? [] : this.#among(bundle, this.#imports.recent(this.#context.clock));
  }

  /** ARNs under which what is to be shown lies in ACM; none for nothing. */
  async #arnsOf(to: Showing): Promise<readonly Placed[]> {
    if (to === "nothing") return [];
    const bundle = shownBundle(to);
    if (to.arn !== undefined) {
      if (bundle !== undefined) await this.#expectContent(to.arn, bundle);
      return [{ arn: to.arn, importedAt: 0 }];
    }
    const found = bundle === undefined ? [] : await this.#untilFound(bundle);
    if (bundle === undefined || found.length > 0) return found;
    throw new HandfastError(
      "REMOTE_NOT_FOUND",
      `find certificate failed [certificate=${nameOf(bundle)}, region=${acmRegion}]: ACM has none with this content (any more); plan again`,
      { operation: "ListCertificates", facts: { certificate: bundle.certificate } },
    );
  }

  /** A certificate of somebody else's must still be the one that made it the right one. */
  async #expectContent(arn: string, bundle: Bundle): Promise<void> {
    const held = bundleIn(dissectText(await this.#certificates.read(arn, this.#context.signal), arn));
    if (bundleName(held) === bundleName(bundle)) return;
    throw new HandfastError(
      "PRECONDITION_FAILED",
      `set origin failed [certificate=${arn}]: another certificate was imported into it since; have its owner undo that, or show the wanted one by an identity`,
      { operation: "GetCertificate", facts: { certificate: arn } },
    );
  }

  async #delete({ distribution }: OriginTarget, { bundle }: Of<"delete-certificate">): Promise<Outcome> {
    const { signal } = this.#context;
    const removed = [certificateKey(distribution, bundle)];
    const all = await this.#findOwn(this.#certificates, this.#context);
    const own = all.filter(({ name }) => name === bundleName(bundle));
    for (const { arn } of own) {
      await this.#untilUnused(arn);
      await retryOn(["ResourceInUse"], untilFree, this.#context, () =>
        orNothing(this.#certificates.delete(arn, signal)),
      );
    }
    return own.length === 0 ? { removed, adopted: true } : { removed };
  }

  /** ACM does not say whether it counts origins among the users of a certificate, so CloudFront is asked as well. */
  async #untilUnused(arn: string): Promise<void> {
    const { clock, signal } = this.#context;
    for (let left = untilFree.tries; ; left -= 1) {
      const described = await orNothing(this.#certificates.describe(arn, signal));
      const users = described?.users.length
        ? described.users
        : await this.#distributions.showing(arn, signal);
      if (users.length === 0) return;
      if (left === 0) {
        throw new HandfastError(
          "PRECONDITION_FAILED",
          `delete certificate failed [certificate=${arn}]: ${users.join(", ")} still refers to it; show that origin another first, or leave this one out`,
          { operation: "DeleteCertificate", facts: { users: users.length } },
        );
      }
      await clock.sleep(untilFree.everyMs, signal);
    }
  }

  async #find(bundle: Bundle): Promise<readonly Imported[]> {
    return this.#among(bundle, await this.#imports.list(this.#certificates, this.#context));
  }

  #among(bundle: Bundle, records: readonly CertificateRecord[]): Promise<readonly Imported[]> {
    const [certificates, imports] = [this.#certificates, this.#imports];
    return findExact(bundle, records, { certificates, imports }, this.#context);
  }

  /** What was just imported may take a while to be found; none when it takes too long. */
  async #untilFound(bundle: Bundle): Promise<readonly Imported[]> {
    for (let left = untilVisible.tries - 1; ; left -= 1) {
      const found = await this.#find(bundle);
      if (found.length > 0 || left <= 0) return found;
      await this.#context.clock.sleep(untilVisible.everyMs, this.#context.signal);
    }
  }

  /** What is to be imported, all of it valid now: ACM takes no other (ACM User Guide, prerequisites for imports). */
  async #readText({ certificate, chain }: Bundle): Promise<{ certificate: string; chain: string }> {
    const ders = await Promise.all([certificate, ...chain].map((digest) => this.#context.bytes(digest)));
    const now = this.#context.clock.now();
    for (const { subject, notBefore, notAfter } of ders.map(readCertificate)) {
      if (now >= notBefore && now <= notAfter) continue;
      const when = now < notBefore ? "is not valid yet" : "has expired";
      throw new HandfastError(
        "CERTIFICATE_UNSUITABLE",
        `import certificate failed [certificate=${certificate.slice(0, 12)}]: ${subject} ${when}; issue a new identity and plan again`,
        { operation: "ImportCertificate", facts: { certificate, subject } },
      );
    }
    const [leaf = "", ...rest] = ders.map((der) => toPem(der, "CERTIFICATE"));
    return { certificate: leaf, chain: rest.join("") };
  }

  /** The key is asked for at the moment of the call, and never kept. */
  async #readKey(bundle: Bundle, secret: Of<"import-certificate">["secret"]): Promise<string> {
    const pem = `${(await this.#context.secret(secret)).replaceAll("\r", "").trim()}\n`;
    const most = limitOf(acmImport, "key-too-large");
    if (pem.length <= most) return pem;
    throw new HandfastError(
      "CERTIFICATE_UNSUITABLE",
      `import certificate failed [certificate=${nameOf(bundle)}]: its key takes ${pem.length} bytes as PEM, and ACM takes ${most}; issue an identity for a smaller key`,
      { operation: "ImportCertificate", facts: { bytes: pem.length } },
    );
  }
}

function nameOf({ certificate }: Bundle): string {
  return certificate.slice(0, 12);
}
