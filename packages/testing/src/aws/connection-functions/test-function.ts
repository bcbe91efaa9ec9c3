import { z } from "zod";
import { runConnectionFunction } from "../../data-plane/connection-function.ts";
import { checkIfMatch, refuse } from "../cloudfront/refusals.ts";
import { answer } from "../cloudfront/wire.ts";
import type { RestXmlAnswer, RestXmlCall } from "../rest-xml/route.ts";
import { fieldsOf } from "./functions.ts";
import { type FunctionWorld, findFunction, findStage, readStage } from "./world.ts";

const event = z.record(z.string(), z.unknown());

/** TestConnectionFunction: runs one stage, by its ETag, on a connection that the request describes. */
export function testConnectionFunction(world: FunctionWorld, call: RestXmlCall): RestXmlAnswer {
  const body = call.root("TestConnectionFunctionRequest");
  const made = findFunction(world.models.now(), call.label("Id"));
  const stage = readStage(body.text("Stage"));
  const content = findStage(made, stage);
  checkIfMatch(call, content.etag);
  const { keyValueStore } = content;
  const { decision, error, logs, customData } = runConnectionFunction({
    code: new TextDecoder().decode(content.code),
    event: readEvent(body.required("ConnectionObject")),
    keyValues: keyValueStore === undefined ? undefined : world.findStore(keyValueStore, call.now)?.items,
    at: call.now,
  });
  return answer("ConnectionFunctionTestResult", {
    ConnectionFunctionSummary: fieldsOf(world, call, { made, stage, content }),
    ComputeUtilization: "10",
    ConnectionFunctionExecutionLogs: logs.length === 0 ? undefined : { member: logs },
    ConnectionFunctionErrorMessage: error,
    ConnectionFunctionOutput: JSON.stringify({ decision, customData }),
  });
}

/** @throws AwsRefused InvalidArgument */
function readEvent(base64: string): Readonly<Record<string, unknown>> {
  const invalid = refuse("InvalidArgument", "The ConnectionObject is not a JSON object in base64.");
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(base64, "base64").toString("utf8"));
  } catch {
    throw invalid;
  }
  const read = event.safeParse(value);
  if (!read.success) throw invalid;
  return read.data;
}
