import { HandfastError, type Outcome } from "@handfast/core";
import { providerCode, type RetryLimits, retryOn } from "../retry.ts";
import { adopt, markOf } from "./create-list.ts";
import { functionName, functionObject, listName } from "./names.ts";
import type { RevocationContext } from "./operations.ts";
import type { FunctionRecord, FunctionStage, RevocationControl } from "./port.ts";
import type { RevocationPorts } from "./read-revocation.ts";
import { type FunctionOptions, functionRuntime, functionSource } from "./source.ts";

/** What was just made may take a while to be found, and its ETag to be taken. */
const untilVisible: RetryLimits = { tries: 25, everyMs: 5_000 };

/** See `RevocationOperations.createFunction`. */
export async function createFunction(
  ports: RevocationPorts,
  place: string,
  options: FunctionOptions,
  context: RevocationContext,
): Promise<Outcome> {
  const { signal } = context;
  const control = await ports.control();
  const name = functionName(place, options);
  const object = functionObject(name, place);
  const store = await control.findStore(listName(place), signal);
  if (store === undefined) {
    throw new HandfastError(
      "REMOTE_NOT_FOUND",
      `create connection function failed [function=${name}, store=${listName(place)}]: its key value store is not there; plan again`,
      { operation: "CreateConnectionFunction", object },
    );
  }
  const publisher = new Publisher(
    control,
    { name, source: functionSource(options), storeArn: store.arn },
    context,
  );
  const there = await findFunction(control, name, signal);
  if (there !== undefined) return publisher.adopt(there, object);
  const { source, storeArn } = publisher.wanted;
  try {
    const { id } = await control.createFunction(
      { ...markOf(context), name, runtime: functionRuntime, storeArn, source },
      signal,
    );
    await publisher.publish(id);
    return { made: [object] };
  } catch (error) {
    if (providerCode(error) !== "EntityAlreadyExists") throw error;
    const found = await findFunction(control, name, signal);
    if (found === undefined) throw error;
    return publisher.adopt(found, object);
  }
}

/** A function by name, as it is edited. The API takes ids; whether it takes names too is not documented. */
export async function findFunction(
  control: RevocationControl,
  name: string,
  signal: AbortSignal,
): Promise<FunctionRecord | undefined> {
  return (await control.functions("DEVELOPMENT", signal)).find((one) => one.name === name);
}

/** What a function is to be. */
interface Wanted {
  readonly name: string;
  readonly source: string;
  readonly storeArn: string;
}

class Publisher {
  readonly wanted: Wanted;
  readonly #control: RevocationControl;
  readonly #context: RevocationContext;

  constructor(control: RevocationControl, wanted: Wanted, context: RevocationContext) {
    this.wanted = wanted;
    this.#control = control;
    this.#context = context;
  }

  /** One of that name is there: right when what runs is what its name says; published when its maker died before. */
  async adopt(found: FunctionRecord, object: string): Promise<Outcome> {
    const live = await this.#control.findFunction(found.id, "LIVE", this.#context.signal);
    if (live === undefined) await this.publish(found.id);
    else await this.#expect(live, "LIVE");
    return adopt(found, this.#context, object);
  }

  /** Publishes what is edited: the ETag is read before the source, so that nobody's edit comes in between. */
  publish(id: string): Promise<void> {
    const { signal } = this.#context;
    return retryOn(["EntityNotFound", "PreconditionFailed"], untilVisible, this.#context, async () => {
      const edited = await this.#control.findFunction(id, "DEVELOPMENT", signal);
      if (edited === undefined) {
        throw new HandfastError(
          "REMOTE_NOT_FOUND",
          `publish connection function failed [function=${this.wanted.name}]: it is not there any more; plan again`,
          { operation: "PublishConnectionFunction", provider: { code: "EntityNotFound" } },
        );
      }
      await this.#expect(edited, "DEVELOPMENT");
      await this.#control.publishFunction({ id, etag: edited.etag }, signal);
    });
  }

  async #expect({ id, stores }: FunctionRecord, stage: FunctionStage): Promise<void> {
    const { name, source, storeArn } = this.wanted;
    const isRight =
      stores.join() === storeArn &&
      (await this.#control.functionSource(id, stage, this.#context.signal)) === source;
    if (isRight) return;
    throw new HandfastError(
      "REMOTE_CONFLICT",
      `create connection function failed [function=${name}]: one of that name has another source or store in ${stage}; delete it, and find out who edits functions with names of handfast`,
      { operation: "CreateConnectionFunction", facts: { function: name, stage } },
    );
  }
}
