import type { ConnectionFunctions, TaggedResources } from "../cloudfront/relied-on.ts";
import { arnOf } from "../cloudfront/rights.ts";
import { version } from "../cloudfront/wire.ts";
import type { RestXmlAnswer, RestXmlCall, RestXmlRoute } from "../rest-xml/route.ts";
import { withEntry } from "../state.ts";
import {
  createConnectionFunction,
  deleteConnectionFunction,
  describeConnectionFunction,
  getConnectionFunction,
  listConnectionFunctions,
  publishConnectionFunction,
  updateConnectionFunction,
} from "./functions.ts";
import type { FunctionModels, FunctionState } from "./models.ts";
import { testConnectionFunction } from "./test-function.ts";
import type { FunctionWorld } from "./world.ts";

/** The operations on connection functions, as routes of CloudFront's API. */
export function connectionFunctionRoutes(world: FunctionWorld): readonly RestXmlRoute[] {
  const right = (operation: string, resource: string) => ({ action: `cloudfront:${operation}`, resource });
  const any = arnOf(world.settings, "connection-function/*");
  const route = (
    at: `${RestXmlRoute["method"]} ${string}`,
    operation: string,
    handle: (world: FunctionWorld, call: RestXmlCall) => RestXmlAnswer,
    rights?: RestXmlRoute["rights"],
  ): RestXmlRoute => {
    const [method, path = ""] = at.split(" ") as [RestXmlRoute["method"], string];
    return {
      method,
      path: `${version}/${path}`,
      operation,
      rights:
        rights ??
        ((call) => {
          const id = call.label(path.includes("{Id}") ? "Id" : "Identifier");
          return [right(operation, arnOf(world.settings, `connection-function/${id}`))];
        }),
      handle: (call) => handle(world, call),
    };
  };
  return [
    route("POST connection-function", "CreateConnectionFunction", createConnectionFunction, (call) => [
      right("CreateConnectionFunction", "*"),
      ...(call.root("CreateConnectionFunctionRequest").child("Tags/Items/Tag") === undefined
        ? []
        : [right("TagResource", any)]),
    ]),
    route("POST connection-functions", "ListConnectionFunctions", listConnectionFunctions, () => [
      right("ListConnectionFunctions", "*"),
    ]),
    route(
      "GET connection-function/{Identifier}/describe",
      "DescribeConnectionFunction",
      describeConnectionFunction,
    ),
    route("GET connection-function/{Identifier}", "GetConnectionFunction", getConnectionFunction),
    route("PUT connection-function/{Id}", "UpdateConnectionFunction", updateConnectionFunction),
    route("POST connection-function/{Id}/publish", "PublishConnectionFunction", publishConnectionFunction),
    route("POST connection-function/{Id}/test", "TestConnectionFunction", testConnectionFunction),
    route("DELETE connection-function/{Id}", "DeleteConnectionFunction", deleteConnectionFunction),
  ];
}

/** The functions as distributions use them. */
export function associatedFunctions(models: FunctionModels): ConnectionFunctions {
  return {
    find: (id) => {
      const found = models.now().functions.get(id);
      if (found === undefined) return undefined;
      const { name, live } = found;
      if (live === undefined) return { name, live };
      return { name, live: { code: new TextDecoder().decode(live.code), keyValueStore: live.keyValueStore } };
    },
    subscribe: (changed) => models.subscribe(() => changed()),
  };
}

/** The tags of functions, for the tagging operations of CloudFront. */
export function taggedFunctions(models: FunctionModels): TaggedResources {
  const find = ({ functions }: FunctionState, arn: string) =>
    [...functions.values()].find((each) => each.arn === arn);
  return {
    find: (arn, stale) => find(stale ? models.before() : models.now(), arn)?.tags,
    write: (arn, tags) => {
      const found = find(models.now(), arn);
      if (found === undefined) return;
      models.write({ functions: withEntry(models.now().functions, found.id, { ...found, tags }) });
    },
  };
}
