import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { type HandfastError, isHandfastError } from "@handfast/core";
import { createCsr, generateKey, type KeyHandle } from "@handfast/pki";
import { type ServerlessCaOptions, serverlessCa } from "@handfast/pki/serverless-ca";
import {
  aws,
  faults,
  type ServerlessCaOptions as SimulatedCa,
  simulate,
  turnableClock,
} from "@handfast/testing";

/** 2026-11-20T00:00:00Z. */
export const start = Date.UTC(2026, 10, 20);
export const day = 86_400_000;

/** A simulated account with a serverless CA, and the real SDK in front of it. */
export function caWorld(simulated: SimulatedCa = {}) {
  const clock = turnableClock(start);
  const stop = clock.autoAdvance();
  const storm = faults();
  const cloud = aws({ region: "eu-west-2", clock, faults: storm });
  const ca = cloud.addServerlessCa(simulated);
  const simulation = simulate({ services: [cloud.lambda, cloud.s3], clock });
  simulation.start();
  const { region, credentials } = cloud;
  const connect = (options: Partial<ServerlessCaOptions> = {}) =>
    serverlessCa({
      region,
      bucket: ca.bucket,
      environment: simulated.environment ?? "dev",
      lambda: { credentials },
      s3: { credentials },
      clock,
      ...options,
    });
  return {
    clock,
    storm,
    cloud,
    ca,
    connect,
    issuer: connect(),
    /** How often the function was invoked. */
    invocations: () => simulation.log.calls.filter(({ operation }) => operation === "Invoke").length,
    /** Asks the function itself, as anybody may who has the right. */
    ask: async (csr: string, event: Readonly<Record<string, unknown>> = {}): Promise<unknown> => {
      const asked = {
        common_name: "edge.example.com",
        base64_csr_data: Buffer.from(csr).toString("base64"),
        cert_bundle: true,
        ...event,
      };
      const command = new InvokeCommand({ FunctionName: ca.functionName, Payload: JSON.stringify(asked) });
      const { Payload } = await new LambdaClient({ region, credentials }).send(command);
      return JSON.parse(Payload?.transformToString() ?? "");
    },
    /** From now on the function answers with this, whatever it is asked. */
    answerWith: (answer: unknown): void => {
      cloud.addFunction(ca.functionName, () => answer, { timeout: 180 });
    },
    /** Writes into the CA's bucket. */
    put: async (Key: string, Body: string | Uint8Array): Promise<void> => {
      const command = new PutObjectCommand({ Bucket: ca.bucket, Key, Body });
      await new S3Client({ region, credentials }).send(command);
    },
    close: () => {
      simulation.stop();
      stop();
    },
  };
}

/** A request with a new key. */
export async function newRequest(
  subject = "CN=edge.example.com,O=Example",
  more: Partial<Parameters<typeof createCsr>[0]> = {},
): Promise<{ readonly csr: string; readonly key: KeyHandle }> {
  const key = await generateKey({ type: "ec", curve: "P-256" });
  return { csr: await createCsr({ subject, key, ...more }), key };
}

/** The coded error that something ends in. */
export async function errorOf(work: Promise<unknown>): Promise<HandfastError> {
  try {
    await work;
  } catch (error) {
    if (isHandfastError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
