import { InvokeCommand, type InvokeCommandInput, LambdaClient } from "@aws-sdk/client-lambda";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FunctionCode, FunctionFailure, type FunctionOptions, simulate } from "../../src/index.ts";
import { connectedCloud, refusal } from "./cloud.ts";

describe("lambda", () => {
  let world: Awaited<ReturnType<typeof connect>>;
  const connect = async () => {
    const connected = await connectedCloud("on loopback");
    const { cloud, clock } = connected;
    const listening = await simulate({ services: [cloud.lambda], clock }).listen();
    const { region, credentials } = cloud;
    const settings = { region, maxAttempts: 1, endpoint: listening.origins.lambda ?? "" };
    return {
      ...connected,
      client: new LambdaClient({ ...settings, credentials }),
      clientOf: (other: typeof credentials) => new LambdaClient({ ...settings, credentials: other }),
      close: async () => {
        await listening.close();
        await connected.close();
      },
    };
  };
  beforeEach(async () => {
    world = await connect();
  });
  afterEach(() => world.close());

  const add = (code: FunctionCode, options?: FunctionOptions) =>
    world.cloud.addFunction("echo", code, options);
  const invoke = async (input: Partial<InvokeCommandInput> = {}, client = world.client) => {
    const { Payload, $metadata, ...rest } = await client.send(
      new InvokeCommand({ FunctionName: "echo", ...input }),
    );
    const text = Payload?.transformToString() ?? "";
    return {
      ...rest,
      status: $metadata.httpStatusCode,
      payload: text === "" ? undefined : JSON.parse(text),
    };
  };

  it.each([
    ["its name", "echo"],
    ["its name and $LATEST", "echo:$LATEST"],
    ["a part of its ARN", "111122223333:function:echo"],
    ["its ARN", "arn:aws:lambda:eu-west-1:111122223333:function:echo"],
  ])("answers with what the function answers, called by %s", async (_, FunctionName) => {
    add((event) => ({ heard: event }));
    expect(await invoke({ FunctionName, Payload: '{"a":[1,"ü"]}' })).toMatchObject({
      status: 200,
      ExecutedVersion: "$LATEST",
      payload: { heard: { a: [1, "ü"] } },
    });
  });

  it("answers with status 200 when the function throws, and gives the end of its log when asked", async () => {
    add((_, { log }) => {
      log("x".repeat(5_000));
      throw new FunctionFailure("KeyError", "'common_name'");
    });
    const answer = await invoke({ LogType: "Tail" });
    expect(answer).toMatchObject({
      status: 200,
      FunctionError: "Unhandled",
      payload: { errorType: "KeyError", errorMessage: "'common_name'", stackTrace: [] },
    });
    const log = Buffer.from(answer.LogResult ?? "", "base64").toString();
    expect([log.length, log.includes("END RequestId")]).toEqual([4_096, true]);
    expect((await invoke()).LogResult).toBeUndefined();
  });

  it("ends an invocation whose time is up", async () => {
    add(async (_, { clock }) => clock.sleep(10_000), { timeout: 5 });
    const before = world.clock.now();
    using _ = world.clock.autoAdvance();
    expect(await invoke()).toMatchObject({
      FunctionError: "Unhandled",
      payload: {
        errorType: "Sandbox.Timedout",
        errorMessage: expect.stringContaining("timed out after 5.00"),
      },
    });
    expect(world.clock.now() - before).toBe(5_000);
  });

  it("gives out no answer of more than 6 MB", async () => {
    add(() => "x".repeat(6_291_555));
    expect((await invoke()).payload).toMatchObject({ errorType: "Function.ResponseSizeTooLarge" });
  });

  it("runs without an answer for an event, and not at all for a trial", async () => {
    let runs = 0;
    add(() => {
      runs += 1;
    });
    expect((await invoke({ InvocationType: "DryRun" })).status).toBe(204);
    expect(runs).toBe(0);
    expect((await invoke({ InvocationType: "Event" })).status).toBe(202);
    expect(runs).toBe(1);
  });

  it.each<[string, Partial<InvokeCommandInput>, string, number]>([
    ["a function that is not there", { FunctionName: "other" }, "ResourceNotFoundException", 404],
    ["a version that is not there", { Qualifier: "prod" }, "ResourceNotFoundException", 404],
    ["what is not JSON", { Payload: "{" }, "InvalidRequestContentException", 400],
    ["more than 6 MB", { Payload: `"${"x".repeat(6_291_455)}"` }, "RequestTooLargeException", 413],
  ])("refuses %s", async (_, input, name, status) => {
    add(() => null);
    expect(await refusal(invoke(input))).toMatchObject({ name, status });
  });

  it("refuses callers without the right, and another account unless it is an invoker", async () => {
    add(() => "done", { invokers: ["444455556666"] });
    const bare = world.clientOf(world.cloud.addCredentials({ kind: "user", name: "bare" }));
    expect(await refusal(invoke({}, bare))).toMatchObject({
      name: "AccessDeniedException",
      status: 403,
      message: expect.stringContaining("lambda:InvokeFunction"),
    });
    const FunctionName = "arn:aws:lambda:eu-west-1:111122223333:function:echo";
    const stranger = world.clientOf(world.cloud.credentialsOf("999900001111"));
    expect((await refusal(invoke({ FunctionName }, stranger))).name).toBe("AccessDeniedException");
    const friend = world.clientOf(world.cloud.credentialsOf("444455556666"));
    expect((await invoke({ FunctionName }, friend)).payload).toBe("done");
  });

  it("throttles in Lambda's own words", async () => {
    add(() => null);
    world.storm.add({ service: "lambda", fault: { kind: "throttle", retryAfterSeconds: 7 } });
    const thrown = await invoke().catch((error: unknown) => error);
    expect(thrown).toMatchObject({
      name: "TooManyRequestsException",
      retryAfterSeconds: "7",
      Reason: "CallerRateLimitExceeded",
      $metadata: { httpStatusCode: 429 },
    });
  });

  it("is put back by a snapshot", async () => {
    const back = world.cloud.snapshot();
    add(() => 1);
    back();
    expect((await refusal(invoke())).name).toBe("ResourceNotFoundException");
  });

  it.each([["with a space", 3] as const, ["fine", 901] as const])(
    "addFunction refuses %s and a timeout of %i s",
    (name, timeout) => {
      expect(() => world.cloud.addFunction(name, () => null, { timeout })).toThrow(TypeError);
    },
  );
});
