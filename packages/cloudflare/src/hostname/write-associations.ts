import { HandfastError, isHandfastError, type Performed, type WriteContext } from "@handfast/core";
import { lookAgainMs } from "../ensure.ts";
import { refuseUnlessPlain } from "../ssl-mode/perform.ts";
import { refusalOf } from "../translate-error.ts";
import type { AssociationAction, VoidAction } from "./actions.ts";
import { liveIds } from "./find-live.ts";
import type { AssociationRow, HostnameCertificateId, HostnamePort, WantedAssociation } from "./port.ts";
import { bundleName, certificateKey } from "./state.ts";
import { isThere } from "./world.ts";

/** A write of one hostname's association. */
export type AssociationWrite = AssociationAction | VoidAction;

/** What is needed beside the writes. */
export interface AssociationOptions {
  readonly port: HostnamePort;
  readonly adapter: string;
  readonly zone: string;
  /** How long a lock, or an answer that did not come, is waited for. */
  readonly waitMs: number;
}

/**
 * Writes the associations of some hostnames of one zone in one call, and looks at each of them afterwards: Cloudflare
 * does not document whether such a list is taken as a whole. One that is refused is halved until the bad hostname is
 * alone, which alone fails.
 *
 * @returns for each write its outcome, or the error that it ended in
 */
export async function writeAssociations(
  options: AssociationOptions,
  writes: readonly AssociationWrite[],
  context: WriteContext,
): Promise<readonly Performed[]> {
  const writer = new AssociationWriter(options, context);
  return await writer.write(writes);
}

type Rows = ReadonlyMap<string, AssociationRow>;

class AssociationWriter {
  readonly #options: AssociationOptions;
  readonly #context: WriteContext;
  readonly #until: number;
  readonly #answers = new Map<AssociationWrite, Performed>();
  /** Ids of the store's certificates, by the names of their bundles. */
  #ids: ReadonlyMap<string, HostnameCertificateId> = new Map();

  constructor(options: AssociationOptions, context: WriteContext) {
    this.#options = options;
    this.#context = context;
    this.#until = context.clock.now() + options.waitMs;
  }

  async write(writes: readonly AssociationWrite[]): Promise<readonly Performed[]> {
    const { port, zone } = this.#options;
    const isPlain = ({ plain }: AssociationWrite): boolean => plain === true;
    const isDue = (write: AssociationWrite): boolean => !this.#answers.has(write);
    // a hostname is voided by the certificate that it has; and what is done already needs no time without TLS
    const rows = writes.some((write) => isVoid(write) || isPlain(write)) ? await this.#look() : undefined;
    if (!writes.every(isVoid)) this.#ids = liveIds(await port.listCertificates(zone, this.#context));
    for (const write of writes.filter(isPlain))
      if (this.#isDone(write, rows?.get(write.hostname))) this.#answers.set(write, { adopted: true });
    await this.#refuseUnlessPlain(writes.filter((write) => isPlain(write) && isDue(write)));
    await this.#writeSome(writes.filter(isDue), rows, false);
    return writes.map((write) => this.#answers.get(write) ?? {});
  }

  /** Writes these, or finds out what stands in the way. `isSecond`: they may have been written already. */
  async #writeSome(
    writes: readonly AssociationWrite[],
    seen: Rows | undefined,
    isSecond: boolean,
  ): Promise<void> {
    let rows = seen;
    let again = isSecond;
    for (;;) {
      const left = writes.filter((write) => !this.#answers.has(write) && !this.#isOver(write, rows, again));
      if (left.length === 0) return;
      try {
        await this.#put(left, rows);
        return;
      } catch (error) {
        if (!isHandfastError(error)) throw error;
        const isLost = error.details.outcomeUnknown === true && error.code === "REMOTE_UNAVAILABLE";
        if (!isLost && isRefused(error)) {
          await this.#halve(left, error);
          return;
        }
        if (!(isLost || passes(error)) || this.#context.clock.now() + lookAgainMs > this.#until) {
          this.#fail(left, error);
          return;
        }
        again ||= isLost;
      }
      await this.#context.clock.sleep(lookAgainMs, this.#context.signal);
      rows = await this.#look();
    }
  }

  /** One call, and a look at what came of it. */
  async #put(writes: readonly AssociationWrite[], rows: Rows | undefined): Promise<void> {
    const { port, zone, adapter } = this.#options;
    const wanted = writes.map((write) => this.#toWanted(write, rows));
    await port.putAssociations(zone, wanted, this.#context);
    const after = await this.#look();
    for (const write of writes) {
      const isDone = this.#isDone(write, after.get(write.hostname));
      this.#answers.set(write, isDone ? {} : unexpected(adapter, write));
    }
  }

  /** Of a list that was refused, what stood before the bad one may have happened: each is looked at. */
  async #halve(writes: readonly AssociationWrite[], error: HandfastError): Promise<void> {
    const rows = await this.#look();
    const left = writes.filter((write) => !this.#isOver(write, rows, true));
    const [first] = left;
    if (first === undefined) return;
    // what was said of many tells nobody which one it is about
    if (writes.length === 1) {
      const isStuck = isVoid(first) && refusalOf(error) === "wrong-id";
      this.#answers.set(first, isStuck ? stuck(this.#options.adapter, first) : error);
      return;
    }
    const middle = Math.ceil(left.length / 2);
    await this.#writeSome(left.slice(0, middle), rows, true);
    await this.#writeSome(left.slice(middle), rows, true);
  }

  async #look(): Promise<Rows> {
    const { port, zone } = this.#options;
    const rows = await port.listAssociations(zone, this.#context);
    return new Map(rows.map((row) => [row.hostname, row]));
  }

  /** Whether nothing (more) is to be written, which is then answered. */
  #isOver(write: AssociationWrite, rows: Rows | undefined, isSecond: boolean): boolean {
    const answer = this.#answerFor(write, rows, isSecond);
    if (answer !== undefined) this.#answers.set(write, answer);
    return answer !== undefined;
  }

  #answerFor(write: AssociationWrite, rows: Rows | undefined, isSecond: boolean): Performed | undefined {
    const { adapter } = this.#options;
    const row = rows?.get(write.hostname);
    if (isVoid(write)) {
      if (this.#isDone(write, row)) return isSecond ? {} : { adopted: true };
      return row?.certificateId === undefined ? stuck(adapter, write) : undefined;
    }
    if (this.#idOf(write) === undefined) return certificateGone(adapter, write);
    return isSecond && this.#isDone(write, row) ? {} : undefined;
  }

  #isDone(write: AssociationWrite, row: AssociationRow | undefined): boolean {
    if (isVoid(write)) return row === undefined || !isThere(row);
    return (
      row !== undefined &&
      isThere(row) &&
      row.progress !== "failed" &&
      row.enabled === write.to.enabled &&
      row.certificateId === this.#idOf(write)
    );
  }

  #toWanted(write: AssociationWrite, rows: Rows | undefined): WantedAssociation {
    const { hostname } = write;
    const certificateId = isVoid(write) ? rows?.get(hostname)?.certificateId : this.#idOf(write);
    if (certificateId === undefined) throw new TypeError(`no certificate is known for ${hostname}`);
    return { hostname, certificateId, enabled: isVoid(write) ? null : write.to.enabled };
  }

  #idOf({ to: { certificate } }: AssociationAction): HostnameCertificateId | undefined {
    return "unknown" in certificate ? certificate.unknown : this.#ids.get(bundleName(certificate));
  }

  /** What is planned for a time without TLS is refused at any other. The modes are read once for all of them. */
  async #refuseUnlessPlain(writes: readonly AssociationWrite[]): Promise<void> {
    const { port, adapter, waitMs } = this.#options;
    const readSslMode = once<typeof port.readSslMode>((...given) => port.readSslMode(...given));
    const listSslRules = once<typeof port.listSslRules>((...given) => port.listSslRules(...given));
    const options = { port: { ...port, readSslMode, listSslRules }, adapter, waitMs };
    for (const write of writes) {
      try {
        await refuseUnlessPlain(options, write, this.#context);
      } catch (error) {
        if (!isHandfastError(error)) throw error;
        this.#fail([write], error);
      }
    }
  }

  #fail(writes: readonly AssociationWrite[], error: HandfastError): void {
    for (const write of writes) this.#answers.set(write, error);
  }
}

function isVoid(write: AssociationWrite): write is VoidAction {
  return write.kind === "void";
}

/** A refusal of what is in the list. Rights, rates and locks are of the call. */
function isRefused(error: HandfastError): boolean {
  if (passes(error)) return false;
  return ["REMOTE_REJECTED", "REMOTE_NOT_FOUND", "REMOTE_CONFLICT"].includes(error.code);
}

function passes(error: HandfastError): boolean {
  return refusalOf(error) === "busy";
}

/** Reads the first time, and answers the same from then on. */
function once<F extends (...given: never[]) => unknown>(read: F): F {
  let answer: { readonly value: unknown } | undefined;
  return ((...given: Parameters<F>) => {
    answer ??= { value: read(...given) };
    return answer.value;
  }) as F;
}

function unexpected(adapter: string, { zone, hostname }: AssociationWrite): HandfastError {
  return new HandfastError(
    "REMOTE_UNEXPECTED",
    `write hostname association failed [zone=${zone}, hostname=${hostname}]: Cloudflare accepted it, and reads back another; look at the hostname and plan again`,
    { adapter, object: `${zone}/${hostname}`, outcomeUnknown: true },
  );
}

function certificateGone(adapter: string, { zone, to: { certificate } }: AssociationAction): HandfastError {
  const name = "unknown" in certificate ? certificate.unknown : certificate.certificate;
  const object = "unknown" in certificate ? `${zone}/${name}` : certificateKey(zone, certificate);
  return new HandfastError(
    "REMOTE_NOT_FOUND",
    `find hostname certificate failed [zone=${zone}, certificate=${name.slice(0, 12)}]: it is not in the zone's hostname store (any more); plan again`,
    { adapter, object },
  );
}

function stuck(adapter: string, { zone, hostname }: AssociationWrite): HandfastError {
  return new HandfastError(
    "REMOTE_REJECTED",
    `void hostname association failed [zone=${zone}, hostname=${hostname}]: its certificate is deleted, and Cloudflare voids an association by its certificate only; let the hostname show an identity first, then nothing of its own ("inherited")`,
    { adapter, object: `${zone}/${hostname}` },
  );
}
