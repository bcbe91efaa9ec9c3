import type { Clock } from "@handfast/core";
import type { Source } from "../../data-plane/sources.ts";
import type { Faults } from "../../faults.ts";
import type { SimulatedService } from "../../service.ts";
import type { Access } from "../access.ts";
import type { ConnectionFunctions, TaggedResources } from "../cloudfront/relied-on.ts";
import type { Authorise } from "../iam/authorise.ts";
import { statusOf } from "../key-value-store/call.ts";
import { keyValueStoreRoutes, taggedStores } from "../key-value-store/control-routes.ts";
import { keyValueService } from "../key-value-store/data-service.ts";
import { keyValueSource } from "../key-value-store/key-value-source.ts";
import { keyValueModels } from "../key-value-store/models.ts";
import { type KeyValueOptions, keyValueSettings } from "../key-value-store/settings.ts";
import type { RestXmlRoute } from "../rest-xml/route.ts";
import type { ReadObject } from "../s3/read-object.ts";
import { functionModels, functionsUsing, type StageContent } from "./models.ts";
import { associatedFunctions, connectionFunctionRoutes, taggedFunctions } from "./routes.ts";
import { type ConnectionFunctionOptions, functionSettings } from "./settings.ts";

/** Key value stores and connection functions, for a test to compare: content and names, no ids and no dates. */
export interface EdgeFunctionInventory {
  /** In the order in which they were made. */
  readonly keyValueStores: readonly {
    readonly name: string;
    readonly items: Readonly<Record<string, string>>;
  }[];
  /** In the order in which they were made. */
  readonly connectionFunctions: readonly {
    readonly name: string;
    readonly development: InventoriedStage;
    /** Undefined while it was never published. */
    readonly live: InventoriedStage | undefined;
  }[];
}

/** A stage of a connection function, for a test to compare. */
export interface InventoriedStage {
  readonly code: string;
  /** The store's name. */
  readonly keyValueStore: string | undefined;
}

/** What runs at the edges, and what it reads there, as the rest of the account has to do with it. */
export interface EdgeFunctions {
  /** The data plane of the stores. */
  readonly service: SimulatedService;
  /** The control plane of stores and functions: operations of CloudFront. */
  readonly routes: readonly RestXmlRoute[];
  readonly tagged: readonly TaggedResources[];
  readonly functions: ConnectionFunctions;
  source(storeArn: string): Source<ReadonlyMap<string, string>>;
  inventory(): EdgeFunctionInventory;
  /** Remembers what is there now. Calling the answer puts it back, as often as it is called. */
  keep(): () => void;
}

/** Key value stores and connection functions of one account. */
export function edgeFunctions(options: {
  readonly accountId: string;
  readonly access: Access;
  readonly authorise: Authorise;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly readObject: ReadObject;
  readonly keyValueStore: KeyValueOptions | undefined;
  readonly connectionFunctions: ConnectionFunctionOptions | undefined;
  /** ARNs of the distributions that use a function. */
  distributionsUsing(functionId: string, now: number): readonly string[];
}): EdgeFunctions {
  const { accountId, readObject, distributionsUsing } = options;
  const stores = keyValueModels();
  const functions = functionModels();
  const settings = keyValueSettings(accountId, options.keyValueStore);
  const stageOf = ({ code, keyValueStore }: StageContent): InventoriedStage => ({
    code: new TextDecoder().decode(code),
    keyValueStore: keyValueStore === undefined ? undefined : stores.now().stores.get(keyValueStore)?.name,
  });
  return {
    service: keyValueService({ ...options, models: stores, settings }),
    routes: [
      ...keyValueStoreRoutes({
        models: stores,
        settings,
        readObject,
        functionsUsing: (arn) => functionsUsing(functions.now(), arn).map(({ name }) => name),
      }),
      ...connectionFunctionRoutes({
        models: functions,
        settings: functionSettings(accountId, options.connectionFunctions),
        findStore: (arn, now) => {
          const store = stores.now().stores.get(arn);
          if (store === undefined) return undefined;
          const isReady = statusOf(store, now) === "READY";
          return { isReady, items: store.content.items, most: settings.quotas.functionsPerStore };
        },
        distributionsUsing,
      }),
    ],
    tagged: [taggedStores(stores), taggedFunctions(functions)],
    functions: associatedFunctions(functions),
    source: (arn) => keyValueSource(stores, arn),
    inventory: () => ({
      keyValueStores: [...stores.now().stores.values()].map(({ name, content }) => ({
        name,
        items: Object.fromEntries(content.items),
      })),
      connectionFunctions: [...functions.now().functions.values()].map(({ name, development, live }) => ({
        name,
        development: stageOf(development),
        live: live === undefined ? undefined : stageOf(live),
      })),
    }),
    keep: () => {
      const held = { stores: stores.now(), functions: functions.now() };
      return () => {
        stores.write(held.stores);
        functions.write(held.functions);
      };
    },
  };
}
