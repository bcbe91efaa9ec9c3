import { checkIfMatch, refuse } from "../cloudfront/refusals.ts";
import { arnOf } from "../cloudfront/rights.ts";
import { readTags } from "../cloudfront/tags.ts";
import { answer, host, pageOf, time, version } from "../cloudfront/wire.ts";
import type { RestXmlAnswer, RestXmlCall } from "../rest-xml/route.ts";
import { withEntry, withoutEntry } from "../state.ts";
import type { ConnectionFunction, Stage, StageContent } from "./models.ts";
import { readFunction } from "./read-function.ts";
import { type FunctionWorld, findFunction, findStage, readStage, viewOf } from "./world.ts";

/** CreateConnectionFunction: the stage DEVELOPMENT of a new one. */
export function createConnectionFunction(world: FunctionWorld, call: RestXmlCall): RestXmlAnswer {
  const { models, settings } = world;
  const body = call.root("CreateConnectionFunctionRequest");
  const name = body.required("Name");
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw refuse("InvalidArgument", `The name '${name}' of the connection function is not valid.`);
  }
  const tags = readTags(body.child("Tags"), settings.quotas.tags);
  const sent = readFunction(world, body, { own: undefined, now: call.now });
  const { functions } = models.now();
  if ([...functions.values()].some((other) => other.name === name)) {
    throw refuse("EntityAlreadyExists", `A connection function with the name '${name}' already exists.`);
  }
  if (functions.size >= settings.quotas.functions) {
    throw refuse("EntityLimitExceeded", "The maximum number of connection functions has been reached.");
  }
  const id = `cf_${models.nextToken()}`;
  const made: ConnectionFunction = {
    id,
    arn: arnOf(settings, `connection-function/${id}`),
    name,
    development: { ...sent, etag: models.nextToken(), createdAt: call.now, modifiedAt: call.now },
    live: undefined,
    tags,
  };
  models.write({ functions: withEntry(functions, id, made) });
  const headers = {
    etag: made.development.etag,
    location: `https://${host}${version}/connection-function/${id}`,
  };
  return summary(world, call, { made, stage: "DEVELOPMENT", rest: { status: 201, headers } });
}

/** DescribeConnectionFunction: one stage, with its own ETag. */
export function describeConnectionFunction(world: FunctionWorld, call: RestXmlCall): RestXmlAnswer {
  const made = findFunction(viewOf(world, call), call.label("Identifier"));
  const stage = readStage(call.query.get("Stage") ?? undefined);
  const { etag } = findStage(made, stage);
  return summary(world, call, { made, stage, rest: { headers: { etag } } });
}

/** GetConnectionFunction: the code of one stage, as bytes. */
export function getConnectionFunction(world: FunctionWorld, call: RestXmlCall): RestXmlAnswer {
  const made = findFunction(viewOf(world, call), call.label("Identifier"));
  const { etag, code } = findStage(made, readStage(call.query.get("Stage") ?? undefined));
  return { headers: { etag }, body: { bytes: code, contentType: "application/octet-stream" } };
}

/** UpdateConnectionFunction: other code and configuration in DEVELOPMENT, whole. */
export function updateConnectionFunction(world: FunctionWorld, call: RestXmlCall): RestXmlAnswer {
  const { models } = world;
  const found = findForWrite(world, call);
  const body = call.root("UpdateConnectionFunctionRequest");
  const sent = readFunction(world, body, { own: found.id, now: call.now });
  const etag = models.nextToken();
  const made = { ...found, development: { ...found.development, ...sent, etag, modifiedAt: call.now } };
  models.write({ functions: withEntry(models.now().functions, made.id, made) });
  return summary(world, call, { made, stage: "DEVELOPMENT", rest: { headers: { etag } } });
}

/**
 * PublishConnectionFunction: what is in DEVELOPMENT runs from now on. Both stages get another ETag, of which the answer
 * tells none.
 */
export function publishConnectionFunction(world: FunctionWorld, call: RestXmlCall): RestXmlAnswer {
  const { models } = world;
  const found = findForWrite(world, call);
  const createdAt = found.live?.createdAt ?? call.now;
  const made = {
    ...found,
    development: { ...found.development, etag: models.nextToken() },
    live: { ...found.development, etag: models.nextToken(), createdAt, modifiedAt: call.now },
  };
  models.write({ functions: withEntry(models.now().functions, made.id, made) });
  return summary(world, call, { made, stage: "LIVE", rest: {} });
}

/** DeleteConnectionFunction: all of it, by the ETag of DEVELOPMENT. */
export function deleteConnectionFunction(world: FunctionWorld, call: RestXmlCall): RestXmlAnswer {
  const { models } = world;
  const { id } = findForWrite(world, call);
  if (world.distributionsUsing(id, call.now).length > 0) {
    throw refuse(
      "CannotDeleteEntityWhileInUse",
      `The connection function ${id} is in use by a distribution.`,
    );
  }
  models.write({ functions: withoutEntry(models.now().functions, id) });
  return { status: 204 };
}

/** ListConnectionFunctions: those that have a stage; without one, each stage that there is for itself. */
export function listConnectionFunctions(world: FunctionWorld, call: RestXmlCall): RestXmlAnswer {
  const body = call.hasBody ? call.root("ListConnectionFunctionsRequest") : undefined;
  const sent = body?.text("Stage");
  const stages: readonly Stage[] = sent === undefined ? ["DEVELOPMENT", "LIVE"] : [readStage(sent)];
  const entries = [...viewOf(world, call).functions.values()].flatMap((made) =>
    stages.flatMap((stage) => {
      const content = stage === "LIVE" ? made.live : made.development;
      return content === undefined ? [] : [{ made, stage, content }];
    }),
  );
  const asked = { marker: body?.text("Marker"), maxItems: body?.text("MaxItems") };
  const { items, next } = pageOf(asked, entries, ({ made, stage }) => `${made.id} ${stage}`);
  const summaries = items.map(({ made, stage, content }) => fieldsOf(world, call, { made, stage, content }));
  return answer("ListConnectionFunctionsResult", {
    NextMarker: next,
    ConnectionFunctions: summaries.length === 0 ? undefined : { ConnectionFunctionSummary: summaries },
  });
}

/** @throws AwsRefused EntityNotFound, InvalidIfMatchVersion, PreconditionFailed */
function findForWrite(world: FunctionWorld, call: RestXmlCall): ConnectionFunction {
  const found = findFunction(world.models.now(), call.label("Id"));
  checkIfMatch(call, found.development.etag);
  return found;
}

interface Summarised {
  readonly made: ConnectionFunction;
  readonly stage: Stage;
}

function summary(
  world: FunctionWorld,
  call: RestXmlCall,
  { made, stage, rest }: Summarised & { readonly rest: Pick<RestXmlAnswer, "status" | "headers"> },
): RestXmlAnswer {
  const content = findStage(made, stage);
  return answer("ConnectionFunctionSummary", fieldsOf(world, call, { made, stage, content }), rest);
}

/** One stage as ConnectionFunctionSummary has it. */
export function fieldsOf(
  world: FunctionWorld,
  { now }: RestXmlCall,
  { made, stage, content }: Summarised & { readonly content: StageContent },
) {
  const { keyValueStore } = content;
  const isUsed = world.distributionsUsing(made.id, now).length > 0;
  return {
    Name: made.name,
    Id: made.id,
    ConnectionFunctionConfig: {
      Comment: content.comment,
      Runtime: content.runtime,
      KeyValueStoreAssociations: {
        Quantity: keyValueStore === undefined ? 0 : 1,
        Items:
          keyValueStore === undefined
            ? undefined
            : { KeyValueStoreAssociation: [{ KeyValueStoreARN: keyValueStore }] },
      },
    },
    ConnectionFunctionArn: made.arn,
    Status: stage === "DEVELOPMENT" ? "UNPUBLISHED" : isUsed ? "DEPLOYED" : "UNASSOCIATED",
    Stage: stage,
    CreatedTime: time(content.createdAt),
    LastModifiedTime: time(content.modifiedAt),
  };
}
