import { serveOnLoopback } from "@handfast/testing";
import { connectDistributions } from "../../src/distribution/sdk-client.ts";

/** A request as it came in. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

/** What is answered: status, headers, body. */
export interface Answer {
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
}

/** The port on the real SDK, over HTTP, with answers of the test's own: what the simulation would never say. */
export async function makeService(answer: (sent: Sent, index: number) => Answer, maxAttempts = 1) {
  const sent: Sent[] = [];
  const { origin, close } = await serveOnLoopback(async (request) => {
    const { pathname, search } = new URL(request.url);
    const one = {
      method: request.method,
      path: pathname + search,
      headers: request.headers,
      body: await request.text(),
    };
    sent.push(one);
    const { status = 200, headers = {}, body = "" } = answer(one, sent.length - 1);
    return new Response(status === 204 ? null : body, { status, headers });
  });
  const distributions = await connectDistributions({
    timeoutMs: 5_000,
    source: {
      endpoint: origin,
      credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "c2VjcmV0" },
      maxAttempts,
    },
  });
  return { distributions, sent, [Symbol.asyncDispose]: close };
}

/** An error as CloudFront words it. */
export function refusal(status: number, code: string): Answer {
  return {
    status,
    body: `<ErrorResponse xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`,
  };
}
