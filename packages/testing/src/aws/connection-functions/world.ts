import { refuse } from "../cloudfront/refusals.ts";
import type { RestXmlCall } from "../rest-xml/route.ts";
import type { ConnectionFunction, FunctionModels, FunctionState, Stage, StageContent } from "./models.ts";
import type { FunctionSettings } from "./settings.ts";

/** What the operations on connection functions work on. */
export interface FunctionWorld {
  readonly models: FunctionModels;
  readonly settings: FunctionSettings;
  /** A key value store of the account, by ARN. */
  findStore(arn: string, now: number): FunctionStore | undefined;
  /** ARNs of the distributions that use a function. */
  distributionsUsing(id: string, now: number): readonly string[];
}

/** A key value store as a function has to do with it. */
export interface FunctionStore {
  readonly isReady: boolean;
  readonly items: ReadonlyMap<string, string>;
  /** Functions that may refer to it. */
  readonly most: number;
}

/** @throws AwsRefused EntityNotFound */
export function findFunction({ functions }: FunctionState, id: string): ConnectionFunction {
  const found = functions.get(id);
  if (found === undefined) throw refuse("EntityNotFound", `The connection function ${id} does not exist.`);
  return found;
}

/** @throws AwsRefused EntityNotFound when the stage was never published */
export function findStage(found: ConnectionFunction, stage: Stage): StageContent {
  const content = stage === "LIVE" ? found.live : found.development;
  if (content === undefined) {
    throw refuse("EntityNotFound", `The connection function ${found.id} has no stage ${stage}.`);
  }
  return content;
}

/** @throws AwsRefused InvalidArgument */
export function readStage(text: string | undefined): Stage {
  if (text === undefined || text === "DEVELOPMENT") return "DEVELOPMENT";
  if (text === "LIVE") return "LIVE";
  throw refuse("InvalidArgument", `The stage '${text}' is not valid.`);
}

/** What a read sees: as a rule the state now, under a fault an older one. */
export function viewOf({ models }: FunctionWorld, { stale }: RestXmlCall): FunctionState {
  return stale ? models.before() : models.now();
}
